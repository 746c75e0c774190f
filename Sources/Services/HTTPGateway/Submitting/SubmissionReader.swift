import Leaderboards
import Sharding

/// Reads submissions into a batch: each field once, straight from the body's bytes, nothing allocated but the batch.
///
/// A submission that is wrong leaves the batch as it was.
struct SubmissionReader {
    /// Where the leaderboard's id of the last submission stands: the next one mostly has the same.
    private var leaderboard = Submission.Slice.absent

    /// Reads the object at the cursor.
    mutating func read(_ scanner: inout JSONScanner, into batch: inout SubmissionBatch) throws(BadInput) -> Submission {
        let byteCount = batch.bytes.count
        do {
            let submission = try fields(&scanner, &batch)
            leaderboard = submission.leaderboard
            return submission
        } catch {
            batch.bytes.removeLast(batch.bytes.count - byteCount)
            throw error
        }
    }

    private enum Field: UInt8 {
        case leaderboard, user, score, scores, at, metadata, dimensions

        @inline(__always)
        init?(_ name: JSONString) {
            switch name.raw.count {
            case 2 where name.equals("at"): self = .at
            case 4 where name.equals("user"): self = .user
            case 5 where name.equals("score"): self = .score
            case 6 where name.equals("scores"): self = .scores
            case 8 where name.equals("metadata"): self = .metadata
            case 10 where name.equals("dimensions"): self = .dimensions
            case 11 where name.equals("leaderboard"): self = .leaderboard
            default:
                guard name.hasEscapes else { return nil }
                self.init(plain: name.decoded())
            }
        }

        /// A name that was written with escapes, once they are resolved.
        private init?(plain bytes: [UInt8]) {
            let field = bytes.withUnsafeBytes { Field(JSONString($0)) }
            guard let field else { return nil }
            self = field
        }

        var name: String { "\(self)" }
        var bit: UInt8 { 1 << rawValue }
    }

    private mutating func fields(
        _ scanner: inout JSONScanner, _ batch: inout SubmissionBatch
    ) throws(BadInput) -> Submission {
        var submission = Submission()
        var seen: UInt8 = 0
        var isFirst = true
        try scanner.beginObject()
        while let name = try scanner.nextName(&isFirst) {
            guard let field = Field(name) else {
                throw BadInput(.unknownField, at: name.string, "A score has no field of this name.")
            }
            guard seen & field.bit == 0 else {
                throw BadInput(.duplicateField, at: field.name, "The field occurs twice.")
            }
            seen |= field.bit
            do {
                try value(of: field, &scanner, &submission, &batch)
            } catch {
                throw error.isUnreadable ? error : error.within(field.name)
            }
        }
        try require(.leaderboard, seen)
        try require(.user, seen)
        switch seen & (Field.score.bit | Field.scores.bit) {
        case 0: throw BadInput(.missingField, at: "score", "Give score, or scores if there are several columns.")
        case Field.score.bit | Field.scores.bit:
            throw BadInput(.invalidValue, at: "scores", "Give either score or scores.")
        default: return submission
        }
    }

    @inline(__always)
    private func require(_ field: Field, _ seen: UInt8) throws(BadInput) {
        guard seen & field.bit != 0 else { throw BadInput(.missingField, at: field.name, "The field is required.") }
    }

    @inline(__always)
    private mutating func value(
        of field: Field, _ scanner: inout JSONScanner, _ submission: inout Submission, _ batch: inout SubmissionBatch
    ) throws(BadInput) {
        switch field {
        case .leaderboard: submission.leaderboard = try leaderboard(scanner.string(), &batch)
        case .user: submission.user = try user(scanner.string(), &batch)
        case .score: submission.score.append(try score(&scanner))
        case .scores: try scores(&scanner, &submission)
        case .at: submission.at = try time(scanner.string())
        case .metadata: submission.metadata = try metadata(&scanner, &batch)
        case .dimensions: submission.attributes = try dimensions(&scanner, &batch)
        }
    }
}

extension SubmissionReader {
    @inline(__always)
    private mutating func leaderboard(
        _ text: JSONString, _ batch: inout SubmissionBatch
    ) throws(BadInput) -> Submission.Slice {
        if !leaderboard.isEmpty, !text.hasEscapes, batch.isEqual(leaderboard, text.raw) { return leaderboard }
        let start = batch.bytes.count
        let count = text.append(to: &batch.bytes)
        guard (1...LeaderboardDefinition.idByteCountMax).contains(count), batch.bytes[start...].allSatisfy(isIDByte)
        else {
            throw BadInput(.invalidName, "A leaderboard's id is 1 to 128 of the characters A-Z a-z 0-9 _ - . :")
        }
        return Submission.Slice(offset: start, count: count)
    }

    @inline(__always)
    private func user(_ text: JSONString, _ batch: inout SubmissionBatch) throws(BadInput) -> Submission.Slice {
        let start = batch.bytes.count
        // Escapes at most shorten a text to a sixth.
        guard text.raw.count <= LeaderboardDefinition.userByteCountMax * 6 else { throw UserName.problem }
        let count = text.append(to: &batch.bytes)
        guard batch.bytes.withUnsafeBytes({ UserName.isValid(UnsafeRawBufferPointer(rebasing: $0[start...])) }) else {
            throw UserName.problem
        }
        return Submission.Slice(offset: start, count: count)
    }

    private func scores(_ scanner: inout JSONScanner, _ submission: inout Submission) throws(BadInput) {
        try scanner.beginArray()
        var isFirst = true
        while try scanner.nextElement(&isFirst) {
            guard submission.score.count < Score.columnCountMax else {
                throw BadInput(.tooMany, "A leaderboard has at most \(Score.columnCountMax) columns.")
            }
            do {
                submission.score.append(try score(&scanner))
            } catch {
                throw error.isUnreadable ? error : error.within("[\(submission.score.count)]")
            }
        }
        if submission.score.count == 0 { throw BadInput(.invalidValue, "Give a value for each column.") }
    }

    /// A number, or a string that holds an integer.
    @inline(__always)
    private func score(_ scanner: inout JSONScanner) throws(BadInput) -> Column.Value {
        scanner.skipSpace()
        guard scanner.offset < scanner.bytes.count, scanner.bytes[scanner.offset] == UInt8(ascii: "\"") else {
            return try scanner.number()
        }
        return try quotedInteger(scanner.string())
    }

    private func quotedInteger(_ text: JSONString) throws(BadInput) -> Column.Value {
        var digits = JSONScanner(text.raw)
        guard !text.raw.isEmpty, text.raw.allSatisfy({ $0 == UInt8(ascii: "-") || $0 &- UInt8(ascii: "0") <= 9 }) else {
            throw BadInput(.wrongType, "A score is a number, or a string that holds an integer.")
        }
        do {
            let value = try digits.number()
            try digits.finish()
            return value
        } catch {
            if error.code == .numberOutOfRange { throw error }
            throw BadInput(.wrongType, "A score is a number, or a string that holds an integer.")
        }
    }

    private func time(_ text: JSONString) throws(BadInput) -> Timestamp {
        guard !text.hasEscapes, let time = Timestamp(rfc3339: text.raw) else {
            throw BadInput(.invalidTime, "A time is written as in RFC 3339: 2026-11-23T19:59:34Z.")
        }
        return time
    }

    private func metadata(
        _ scanner: inout JSONScanner, _ batch: inout SubmissionBatch
    ) throws(BadInput) -> Submission.Slice {
        guard try scanner.kind() == .object else { throw scanner.wrongKind("an object") }
        let start = batch.bytes.count
        try scanner.copyValue(to: &batch.bytes, countMax: LeaderboardDefinition.metadataByteCountMax)
        return Submission.Slice(offset: start, count: batch.bytes.count - start)
    }

    /// Pairs of name and value, each with a length byte ahead.
    private func dimensions(
        _ scanner: inout JSONScanner, _ batch: inout SubmissionBatch
    ) throws(BadInput) -> Submission.Slice {
        let start = batch.bytes.count
        var count = 0
        var isFirst = true
        try scanner.beginObject()
        while let name = try scanner.nextName(&isFirst) {
            count += 1
            guard count <= LeaderboardDefinition.dimensionCountMax else {
                throw BadInput(.tooMany, "There are at most \(LeaderboardDefinition.dimensionCountMax) dimensions.")
            }
            let nameStart = batch.bytes.count
            do throws(BadInput) {
                try attribute(name, LeaderboardDefinition.nameByteCountMax, &batch)
                if batch.hasAttribute(nameStart, from: start) {
                    throw BadInput(.duplicateField, "The dimension occurs twice.")
                }
                try attribute(scanner.string(), LeaderboardDefinition.dimensionValueByteCountMax, &batch)
            } catch {
                throw error.isUnreadable ? error : error.within(name.string)
            }
        }
        return Submission.Slice(offset: start, count: batch.bytes.count - start)
    }

    private func attribute(
        _ text: JSONString, _ countMax: Int, _ batch: inout SubmissionBatch
    ) throws(BadInput) {
        let start = batch.bytes.count
        batch.bytes.append(0)
        let count = text.append(to: &batch.bytes)
        let isValid = batch.bytes.withUnsafeBytes {
            !containsControl(UnsafeRawBufferPointer(rebasing: $0[(start + 1)...]))
        }
        guard (1...countMax).contains(count), isValid else {
            throw BadInput(.invalidName, "A name or value is 1 to \(countMax) bytes without control characters.")
        }
        batch.bytes[start] = UInt8(count)
    }
}

/// A member's name: 1 to 255 bytes of UTF-8 without control characters.
enum UserName {
    @inline(__always)
    static func isValid(_ bytes: UnsafeRawBufferPointer) -> Bool {
        (1...LeaderboardDefinition.userByteCountMax).contains(bytes.count) && !containsControl(bytes)
    }

    static var problem: BadInput {
        BadInput(
            .invalidName,
            "A user's name is 1 to \(LeaderboardDefinition.userByteCountMax) bytes without control characters.")
    }
}

/// As `LeaderboardDefinition.isID`, for one byte: here it is inlined.
@inline(__always)
func isIDByte(_ byte: UInt8) -> Bool {
    let lowercase = byte | 0x20
    return lowercase &- UInt8(ascii: "a") < 26 || byte &- UInt8(ascii: "0") <= 10 || byte == UInt8(ascii: "_")
        || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".")
}

extension SubmissionBatch {
    @inline(__always)
    fileprivate func isEqual(_ slice: Submission.Slice, _ text: UnsafeRawBufferPointer) -> Bool {
        guard text.count == slice.count else { return false }
        let offset = Int(slice.offset)
        for index in 0..<text.count where bytes[offset + index] != text[index] { return false }
        return true
    }

    /// Whether the text with a length byte at `place` is already among the names that begin at `start`.
    fileprivate func hasAttribute(_ place: Int, from start: Int) -> Bool {
        let name = bytes[place...]
        var offset = start
        while offset < place {
            let value = offset + 1 + Int(bytes[offset])
            if bytes[offset..<value].elementsEqual(name) { return true }
            offset = value + 1 + Int(bytes[value])
        }
        return false
    }
}
