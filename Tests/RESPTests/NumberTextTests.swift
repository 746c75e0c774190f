import Glibc
import NIOCore
import TestSupport
import Testing

@testable import RESP

@Suite("Numbers as text")
struct NumberTextTests {
    @Test(
        "Integers are read as strictly as Redis does",
        arguments: [
            ("0", 0), ("-1", -1), ("10", 10), ("9223372036854775807", .max), ("-9223372036854775808", .min),
            ("9223372036854775808", nil), ("-9223372036854775809", nil), ("18446744073709551616", nil),
            ("99999999999999999999", nil), ("-99999999999999999999", nil), ("000000000000000000001", nil),
            ("-0", nil), ("+1", nil), ("01", nil), ("-01", nil), ("", nil), ("-", nil), (" 1", nil), ("1 ", nil),
            ("1a", nil), ("/", nil), (":", nil),
        ] as [(String, Int64?)])
    func integers(text: String, expected: Int64?) {
        #expect(parseInteger(Array(text.utf8).span) == expected)
    }

    @Test("Every integer is read back as written")
    func integerRoundTrip() {
        var random = SplitMix64(seed: 11)
        let edges: [Int64] = [0, 9, 10, -1, -9, -10, 99, 100, .max, .min]
        for value in edges + (0..<2000).map({ _ in Int64(bitPattern: random.next() >> random.next() % 64) }) {
            var writer = ReplyWriter()
            writer.integer(value)
            #expect(String(buffer: writer.buffer) == ":\(value)\r\n")
            #expect(parseInteger(Array(String(value).utf8).span) == value)
        }
    }

    @Test("Scores are accepted and refused as redis-server 7.0.15 does in ZADD", arguments: ServerGolden.scores)
    func scores(score: ServerGolden.Score) {
        #expect(parseDouble(score.bytes.span).map(text(of:)) == score.text)
    }

    @Test("Long texts are read to the end, as by redis-server")
    func longScores() {
        let zeros = String(repeating: "0", count: 2000)
        #expect(parseDouble(Array("1\(zeros)e-2000".utf8).span) == 1)
        #expect(parseDouble(Array("0.\(zeros)1".utf8).span) == nil)
        #expect(parseDouble(Array("1\(zeros)".utf8).span) == nil)
    }

    @Test("Doubles are written as redis-server 7.0.15 does in ZSCORE", arguments: [ProtocolVersion.v2, .v3])
    func goldenDoubles(version: ProtocolVersion) {
        for (value, expected) in ServerGolden.doubles {
            var writer = ReplyWriter(version: version)
            writer.double(value)
            let reply = version == .v2 ? "$\(expected.utf8.count)\r\n\(expected)\r\n" : ",\(expected)\r\n"
            #expect(String(buffer: writer.buffer) == reply)
            #expect(parseDouble(Array(expected.utf8).span) == value)
        }
    }

    @Test("Both ways of writing and of reading doubles agree with C", arguments: [UInt64(21), 22])
    func againstC(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        for _ in 0..<5000 {
            let value = randomDouble(using: &random)
            let expected = cText(value)
            #expect(text(of: value) == expected)
            #expect(parseDouble(Array(expected.utf8).span) == value)
            let short = "\(Int.random(in: -99_999_999...99_999_999, using: &random)).\(random.next() % 1_000_000)"
            #expect(parseDouble(Array(short.utf8).span) == strtod(short, nil))
        }
    }

    @Test("Negative zero keeps its sign both ways")
    func negativeZero() {
        #expect(text(of: -0.0) == "-0")
        #expect(parseDouble(Array("-0".utf8).span)?.sign == .minus)
        #expect(parseDouble(Array("-0.0".utf8).span)?.sign == .minus)
    }

    private func randomDouble(using random: inout SplitMix64) -> Double {
        switch random.next() % 4 {
        case 0: Double(Int64(bitPattern: random.next() >> random.next() % 64))
        case 1: Double.random(in: -1e6...1e6, using: &random)
        case 2: Double(bitPattern: random.next() >> 12)
        default:
            {
                let value = Double(bitPattern: random.next())
                return value.isFinite ? value : 0
            }()
        }
    }

    private func text(of value: Double) -> String {
        var writer = ReplyWriter(version: .v3)
        writer.double(value)
        return String(String(buffer: writer.buffer).dropFirst().dropLast())
    }

    private func cText(_ value: Double) -> String {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 64) { bytes in
            _ = withVaList([value]) { vsnprintf(bytes.baseAddress, bytes.count, "%.17g", $0) }
            return String(cString: bytes.baseAddress!)
        }
    }
}
