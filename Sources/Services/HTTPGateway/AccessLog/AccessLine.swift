import Leaderboards

/// A line of the access log in the making: a JSON object in ASCII.
///
/// Clients choose what stands in some fields. Whatever is no printable ASCII is escaped, so that nobody can end a line, begin
/// another, or send his own commands to the terminal on which it is read.
struct AccessLine {
    private(set) var bytes: [UInt8] = []

    init(at time: Timestamp) {
        bytes.reserveCapacity(320)
        bytes += "{\"time\":\"".utf8
        withUnsafeTemporaryAllocation(byteCount: CivilTime.iso8601ByteCountMax, alignment: 1) { buffer in
            let count = time.writeISO8601(into: buffer)
            bytes += buffer[..<count]
        }
        bytes.append(UInt8(ascii: "\""))
    }

    /// What is told in place of lines that had to be dropped.
    static func dropped(_ count: Int, at time: Timestamp) -> AccessLine {
        var line = AccessLine(at: time)
        line.member("dropped", count)
        line.end()
        return line
    }

    mutating func member(_ name: StaticString, _ number: Int) {
        begin(name)
        bytes += String(number).utf8
    }

    /// - Parameter countMax: characters beyond are left out
    mutating func member(_ name: StaticString, _ text: String?, countMax: Int = 256) {
        begin(name)
        guard let text else {
            bytes += "null".utf8
            return
        }
        bytes.append(UInt8(ascii: "\""))
        for scalar in text.unicodeScalars.prefix(countMax) { append(scalar) }
        bytes.append(UInt8(ascii: "\""))
    }

    mutating func end() { bytes.append(UInt8(ascii: "}")) }

    private mutating func begin(_ name: StaticString) {
        bytes += ",\"".utf8
        name.withUTF8Buffer { bytes += $0 }
        bytes += "\":".utf8
    }

    private mutating func append(_ scalar: Unicode.Scalar) {
        switch scalar {
        case "\"", "\\":
            bytes.append(UInt8(ascii: "\\"))
            bytes.append(UInt8(scalar.value))
        case " "..."~": bytes.append(UInt8(scalar.value))
        default:
            for unit in String(scalar).utf16 {
                bytes += "\\u".utf8
                for shift in [12, 8, 4, 0] as [UInt16] { bytes.append(hexadecimalLetter(UInt8(unit >> shift & 0xF))) }
            }
        }
    }
}
