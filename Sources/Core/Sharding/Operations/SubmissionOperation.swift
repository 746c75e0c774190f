import Leaderboards

// Operation 5, a submission:
//
//   varint  leaderboard number
//   varint  definition version it was resolved with
//   i64     time of the score, milliseconds since 1970
//   u8      flags: 1 metadata, 2 attributes, 4 request key
//   run     user
//   u8      columns, then 8 bytes each: the submitted value in the column's type
//   run     metadata, if flagged
//   run     attributes, if flagged: pairs of name and value, each with a length byte ahead
//   run     request key, if flagged, then u64 fingerprint of the submission
//   then    the outcome (SubmissionOutcome+Codec)
//
/// A submission with everything uncertain resolved. The texts belong to the batch or record it came from.
struct SubmissionOperation {
    var leaderboard: UInt32
    var version: UInt32
    var at: Timestamp
    var user: UnsafeRawBufferPointer
    var score: Score
    var metadata = UnsafeRawBufferPointer(start: nil, count: 0)
    var attributes = UnsafeRawBufferPointer(start: nil, count: 0)
    var requestKey = UnsafeRawBufferPointer(start: nil, count: 0)
    var fingerprint: UInt64 = 0

    func write(to writer: inout ByteWriter) {
        writer.writeVarint(UInt64(leaderboard))
        writer.writeVarint(UInt64(version))
        writer.write(at.milliseconds)
        let flags: UInt8 =
            (metadata.isEmpty ? 0 : 1) | (attributes.isEmpty ? 0 : 2) | (requestKey.isEmpty ? 0 : 4)
        writer.write(flags)
        writer.writeRun(user)
        writer.write(UInt8(score.count))
        for index in 0..<score.count { writer.write(score[index]) }
        if !metadata.isEmpty { writer.writeRun(metadata) }
        if !attributes.isEmpty { writer.writeRun(attributes) }
        if !requestKey.isEmpty {
            writer.writeRun(requestKey)
            writer.write(fingerprint)
        }
    }

    init(
        leaderboard: UInt32, version: UInt32, at: Timestamp, user: UnsafeRawBufferPointer, score: Score
    ) {
        self.leaderboard = leaderboard
        self.version = version
        self.at = at
        self.user = user
        self.score = score
    }

    /// `types` answers the column types of a leaderboard.
    init(
        from reader: inout ByteReader, types: (UInt32) throws(ReplayError) -> [Column.ValueType]
    ) throws(ReplayError) {
        do {
            let number = try reader.readVarint()
            leaderboard = UInt32(truncatingIfNeeded: number)
            version = UInt32(truncatingIfNeeded: try reader.readVarint())
            at = Timestamp(milliseconds: try reader.read())
            let flags: UInt8 = try reader.read()
            user = try reader.readRun()
            guard 1...LeaderboardDefinition.userByteCountMax ~= user.count else {
                throw ByteReader.Problem.invalid("user of \(user.count) bytes")
            }
            let count: UInt8 = try reader.read()
            let columnTypes = try types(leaderboard)
            guard Int(count) == columnTypes.count else { throw ByteReader.Problem.invalid("column count \(count)") }
            score = Score()
            for type in columnTypes { score.append(bits: try reader.read(), type: type) }
            if flags & 1 != 0 { metadata = try reader.readRun() }
            if flags & 2 != 0 { attributes = try reader.readRun() }
            if flags & 4 != 0 {
                requestKey = try reader.readRun()
                fingerprint = try reader.read()
            }
        } catch let problem as ByteReader.Problem {
            throw .malformed(problem)
        } catch let error as ReplayError {
            throw error
        } catch {
            throw .malformed(.invalid("\(error)"))
        }
    }
}

/// Reads the pairs of a submission's attributes; false if they are not well formed.
func forEachAttribute(
    in bytes: UnsafeRawBufferPointer,
    _ body: (_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) -> Void
) -> Bool {
    var reader = ByteReader(bytes)
    while !reader.isAtEnd {
        guard let nameCount = try? reader.read(UInt8.self), let name = try? reader.readBytes(Int(nameCount)),
            let valueCount = try? reader.read(UInt8.self), let value = try? reader.readBytes(Int(valueCount))
        else { return false }
        body(name, value)
    }
    return true
}
