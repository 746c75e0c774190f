/// Why bytes are not taken as JSON.
package enum JSONProblem: Error, Hashable, Sendable {
    /// They are none as RFC 8259 defines it, or not in UTF-8.
    case malformed
    /// Members of these paths occur more than once: which of them is meant, everybody decides differently.
    case duplicates([String])
}

extension JSON {
    /// Deeper ones are malformed: nothing that is taken here comes near.
    package static let depthMax = 64

    /// Reads a whole body.
    package init(reading bytes: [UInt8]) throws(JSONProblem) {
        guard String(validating: bytes, as: UTF8.self) != nil else { throw .malformed }
        var reader = JSONReader(bytes)
        let value = try reader.value(depth: 0)
        reader.skipSpace()
        guard reader.isAtEnd else { throw .malformed }
        guard reader.duplicates.isEmpty else { throw .duplicates(reader.duplicates) }
        self = value
    }

    /// Nil if the bytes are not taken, for whatever reason.
    package init?(_ bytes: [UInt8]) {
        do { try self.init(reading: bytes) } catch { return nil }
    }
}

/// Goes through bytes that are UTF-8 once, from left to right.
private struct JSONReader {
    private let bytes: [UInt8]
    private var place = 0
    /// The first of them: each may have a path as long as the body.
    private(set) var duplicates: [String] = []
    private static let duplicateCountMax = 100
    /// Where the value stands that is being read, put together only if it must be told.
    private var path: [PathPart] = []

    private enum PathPart {
        case name(String)
        case index(Int)
    }

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    var isAtEnd: Bool { place == bytes.count }

    mutating func skipSpace() {
        while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { place += 1 }
    }

    mutating func value(depth: Int) throws(JSONProblem) -> JSON {
        guard depth <= JSON.depthMax else { throw .malformed }
        skipSpace()
        switch next {
        case UInt8(ascii: "{"): return try object(depth: depth)
        case UInt8(ascii: "["): return try array(depth: depth)
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .boolean(true))
        case UInt8(ascii: "f"): return try word("false", .boolean(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        default: return try number()
        }
    }

    private var next: UInt8? { place < bytes.count ? bytes[place] : nil }

    /// Takes the byte if it is the next one.
    private mutating func takes(_ letter: Unicode.Scalar) -> Bool {
        guard next == UInt8(ascii: letter) else { return false }
        place += 1
        return true
    }

    private mutating func word(_ word: StaticString, _ value: JSON) throws(JSONProblem) -> JSON {
        let letters = Array("\(word)".utf8)
        guard bytes[place...].starts(with: letters) else { throw .malformed }
        place += letters.count
        return value
    }

    private mutating func array(depth: Int) throws(JSONProblem) -> JSON {
        place += 1
        var elements: [JSON] = []
        skipSpace()
        if takes("]") { return .array([]) }
        while true {
            elements.append(try value(as: .index(elements.count), depth: depth + 1))
            skipSpace()
            if takes("]") { return .array(elements) }
            guard takes(",") else { throw .malformed }
        }
    }

    private mutating func object(depth: Int) throws(JSONProblem) -> JSON {
        place += 1
        var members: [JSON.Member] = []
        skipSpace()
        if takes("}") { return .object([]) }
        while true {
            skipSpace()
            guard next == UInt8(ascii: "\"") else { throw .malformed }
            let name = try string()
            skipSpace()
            guard takes(":") else { throw .malformed }
            members.append(JSON.Member(name, try value(as: .name(name), depth: depth + 1)))
            skipSpace()
            if takes("}") { break }
            guard takes(",") else { throw .malformed }
        }
        members.sort { $0.name < $1.name }
        var last: String?
        for (index, member) in members.enumerated().dropFirst() where member.name == members[index - 1].name {
            guard last != member.name, duplicates.count < Self.duplicateCountMax else { continue }
            last = member.name
            duplicates.append(text(of: path + [.name(member.name)]))
        }
        return .object(members)
    }

    /// A part of the value that is being read.
    private mutating func value(as part: PathPart, depth: Int) throws(JSONProblem) -> JSON {
        path.append(part)
        defer { path.removeLast() }
        return try value(depth: depth)
    }

    /// As errors name it: `player_tokens.keys[0].id`.
    private func text(of path: [PathPart]) -> String {
        var text = ""
        for (index, part) in path.enumerated() {
            switch part {
            case .name(let name): text += index == 0 ? name : ".\(name)"
            case .index(let number): text += "[\(number)]"
            }
        }
        return text
    }
}

// MARK: - Strings and numbers

extension JSONReader {
    private mutating func string() throws(JSONProblem) -> String {
        place += 1
        var text: [UInt8] = []
        while let byte = next {
            place += 1
            switch byte {
            case UInt8(ascii: "\""): return String(decoding: text, as: UTF8.self)
            case UInt8(ascii: "\\"): text += try escaped()
            case 0..<0x20: throw .malformed
            default: text.append(byte)
            }
        }
        throw .malformed
    }

    /// What stands behind a backslash, in UTF-8.
    private mutating func escaped() throws(JSONProblem) -> [UInt8] {
        guard let letter = next else { throw .malformed }
        place += 1
        switch letter {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [letter]
        case UInt8(ascii: "b"): return [0x08]
        case UInt8(ascii: "f"): return [0x0C]
        case UInt8(ascii: "n"): return [0x0A]
        case UInt8(ascii: "r"): return [0x0D]
        case UInt8(ascii: "t"): return [0x09]
        case UInt8(ascii: "u"):
            var units = [try hexadecimal()]
            if UTF16.isLeadSurrogate(units[0]) {
                guard takes("\\"), takes("u") else { throw .malformed }
                units.append(try hexadecimal())
            }
            // Half of a pair is no character.
            guard let text = String(validating: units, as: UTF16.self) else { throw .malformed }
            return Array(text.utf8)
        default: throw .malformed
        }
    }

    private mutating func hexadecimal() throws(JSONProblem) -> UInt16 {
        guard place + 4 <= bytes.count else { throw .malformed }
        var number: UInt16 = 0
        for byte in bytes[place..<place + 4] {
            guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue else { throw .malformed }
            number = number << 4 | UInt16(digit)
        }
        place += 4
        return number
    }

    /// An integer if it is one that fits, however it is written: `10`, `10.0`, `1e1`.
    private mutating func number() throws(JSONProblem) -> JSON {
        let start = place
        _ = takes("-")
        guard let first = next, isDigit(first) else { throw .malformed }
        if first == UInt8(ascii: "0") { place += 1 } else { skipDigits() }
        var isWhole = true
        if takes(".") {
            isWhole = false
            guard skipDigits() else { throw .malformed }
        }
        if takes("e") || takes("E") {
            isWhole = false
            if !takes("+") { _ = takes("-") }
            guard skipDigits() else { throw .malformed }
        }
        let text = String(decoding: bytes[start..<place], as: UTF8.self)
        if isWhole, let integer = Int64(text) { return .integer(integer) }
        guard let decimal = Double(text), decimal.isFinite else { throw .malformed }
        return Int64(exactly: decimal).map(JSON.integer) ?? .decimal(decimal)
    }

    private func isDigit(_ byte: UInt8) -> Bool { UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte }

    /// Answers whether there was one.
    @discardableResult
    private mutating func skipDigits() -> Bool {
        let start = place
        while let byte = next, isDigit(byte) { place += 1 }
        return place > start
    }
}
