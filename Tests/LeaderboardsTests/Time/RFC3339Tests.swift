import Leaderboards
import Testing

@Suite struct RFC3339Tests {
    @Test(arguments: [
        ("2026-11-23T19:59:34Z", "2026-11-23T19:59:34Z"),
        ("2026-11-23t19:59:34z", "2026-11-23T19:59:34Z"),
        ("2026-11-23T20:59:34+01:00", "2026-11-23T19:59:34Z"),
        ("2026-11-23T14:29:34-05:30", "2026-11-23T19:59:34Z"),
        ("2026-11-23T19:59:34-00:00", "2026-11-23T19:59:34Z"),
        ("2026-11-24T19:58:34+23:59", "2026-11-23T19:59:34Z"),
        ("2026-11-23T19:59:34.5Z", "2026-11-23T19:59:34.500Z"),
        ("2026-11-23T19:59:34.05Z", "2026-11-23T19:59:34.050Z"),
        ("2026-11-23T19:59:34.123999999Z", "2026-11-23T19:59:34.123Z"),
        ("2024-02-29T00:00:00Z", "2024-02-29T00:00:00Z"),
        ("1969-12-31T23:59:59.9999Z", "1969-12-31T23:59:59.999Z"),
        ("0001-01-01T01:00:00+01:00", "0001-01-01T00:00:00Z"),
    ])
    func `A date and time is read`(text: String, meaning: String) {
        #expect(Timestamp(rfc3339: text)?.description == meaning)
    }

    @Test(arguments: [
        "", "2026-11-23", "2026-11-23T19:59Z", "2026-11-23T19:59:34", "2026-11-23 19:59:34Z", "2026-11-23T19:59:34.Z",
        "2026-11-23T19:59:34.1234567890Z", "2026-11-23T19:59:34,5Z", "2026-11-23T24:00:00Z", "2026-11-23T19:60:00Z",
        "2026-11-23T19:59:61Z", "2026-11-31T19:59:34Z", "2026-02-29T19:59:34Z", "2026-13-01T19:59:34Z",
        "2026-11-23T19:59:34+0100", "2026-11-23T19:59:34+01", "2026-11-23T19:59:34+24:00", "2026-11-23T19:59:34+01:60",
        "2026-11-23T19:59:34Z ", " 2026-11-23T19:59:34Z", "+2026-11-23T19:59:34Z", "20261123T195934Z",
        "2026-11-23T19:59:34ZZ", "2026-11-23T19:59:34±01:00", "２026-11-23T19:59:34Z", "0000-01-01T00:00:00Z",
        "0001-01-01T00:00:00+00:01", "9999-12-31T23:59:59-00:01",
    ])
    func `Anything else is refused`(text: String) {
        #expect(Timestamp(rfc3339: text) == nil)
    }

    @Test func `A leap second is the last millisecond of its day, and stands nowhere else`() {
        #expect(Timestamp(rfc3339: "2016-12-31T23:59:60Z")?.description == "2016-12-31T23:59:59.999Z")
        #expect(Timestamp(rfc3339: "2017-01-01T00:59:60.75+01:00")?.description == "2016-12-31T23:59:59.999Z")
        #expect(Timestamp(rfc3339: "2016-12-31T22:59:60Z") == nil)
        #expect(Timestamp(rfc3339: "2016-12-31T23:59:60+01:00") == nil)
    }

    @Test func `No cut-off text is read, and none reads beyond its end`() {
        let text = Array("2026-11-23T20:59:34.123+01:00".utf8)
        for length in 0..<text.count {
            let prefix = Array(text[..<length])
            #expect(prefix.withUnsafeBytes { Timestamp(rfc3339: $0) } == nil, "\(length) bytes")
        }
        #expect(text.withUnsafeBytes { Timestamp(rfc3339: $0) } == instant("2026-11-23T19:59:34.123Z"))
    }

    @Test func `Any byte at any place is judged as a plain reading of the characters would`() {
        let text = Array("2026-11-11T11:11:11Z".utf8)
        for index in text.indices {
            for byte in UInt8.min...UInt8.max {
                var changed = text
                changed[index] = byte
                let expected = plainReading(changed)
                #expect(changed.withUnsafeBytes { Timestamp(rfc3339: $0) } == expected, "byte \(byte) at \(index)")
            }
        }
    }

    private func plainReading(_ bytes: [UInt8]) -> Timestamp? {
        let characters = bytes.map { Character(Unicode.Scalar($0)) }
        for (index, allowed) in [(4, "-"), (7, "-"), (10, "Tt"), (13, ":"), (16, ":"), (19, "Zz")]
        where !allowed.contains(characters[index]) { return nil }
        let numbers = [0..<4, 5..<7, 8..<10, 11..<13, 14..<16, 17..<19].compactMap { range in
            characters[range].allSatisfy { "0123456789".contains($0) } ? Int(String(characters[range])) : nil
        }
        guard numbers.count == 6 else { return nil }
        return CivilTime(
            year: numbers[0], month: numbers[1], day: numbers[2], hour: numbers[3], minute: numbers[4],
            second: numbers[5])?.asUTC
    }

    @Test func `Writing into a buffer touches no byte beyond the text`() {
        var bytes = [UInt8](repeating: 0xFF, count: CivilTime.iso8601ByteCountMax + 8)
        let count = bytes.withUnsafeMutableBytes { instant("2026-11-23T19:59:34.123Z").writeISO8601(into: $0) }
        #expect(String(decoding: bytes[..<count], as: UTF8.self) == "2026-11-23T19:59:34.123Z")
        #expect(bytes[count...].allSatisfy { $0 == 0xFF })
    }
}
