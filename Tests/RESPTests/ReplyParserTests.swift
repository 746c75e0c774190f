import NIOCore
import ParserProperties
import TestSupport
import Testing

@testable import RESP

@Suite("Replies read")
struct ReplyParserTests {
    @Test(
        "Every shape is read",
        arguments: [
            ("+OK\r\n", .simpleString("OK")), ("-ERR x\r\n", .error("ERR x")), (":-7\r\n", .integer(-7)),
            ("$-1\r\n", .null), ("*-1\r\n", .null), ("_\r\n", .null), ("$0\r\n\r\n", .bulk("")),
            ("$2\r\n\r\n\r\n", .bulk("\r\n")), ("!5\r\nERR x\r\n", .error("ERR x")),
            ("=6\r\ntxt:ab\r\n", .verbatim(format: "txt", text: "ab")), (",1.5\r\n", .double(1.5)),
            (",-inf\r\n", .double(-.infinity)), ("#t\r\n", .boolean(true)), ("#f\r\n", .boolean(false)),
            ("(-12345678901234567890123\r\n", .bigNumber("-12345678901234567890123")), ("*0\r\n", .array([])),
            ("%0\r\n", .map([])), ("*2\r\n:1\r\n*1\r\n_\r\n", .array([.integer(1), .array([.null])])),
            ("%1\r\n+a\r\n~1\r\n:1\r\n", .map([.init(key: .simpleString("a"), value: .set([.integer(1)]))])),
            (">1\r\n+m\r\n", .push([.simpleString("m")])),
            ("|1\r\n+k\r\n*1\r\n:1\r\n:5\r\n", .integer(5)), ("|0\r\n:5\r\n", .integer(5)),
            ("*2\r\n|1\r\n+k\r\n:1\r\n:5\r\n:6\r\n", .array([.integer(5), .integer(6)])),
        ] as [(String, Reply)])
    func shapes(text: String, expected: Reply) throws {
        for pieces in cuts(of: Array(text.utf8), seed: 1) {
            #expect(try replies(pieces) == [expected])
        }
        #expect(try replies([Array((text + text).utf8)]) == [expected, expected])
    }

    @Test("NaN is read, though it equals nothing")
    func nan() throws {
        guard case .double(let value) = try replies([Array(",nan\r\n".utf8)]).first else {
            Issue.record("no double")
            return
        }
        #expect(value.isNaN)
    }

    @Test(
        "What is no reply is refused",
        arguments: [
            ("?\r\n", .unknownType(0x3F)), ("PING\r\n", .unknownType(0x50)), ("\r\n", .unknownType(0x0D)),
            ("$x\r\n", .invalidLength), ("$-2\r\n", .invalidLength), ("$?\r\n", .invalidLength),
            ("!-1\r\n", .invalidLength), ("*-2\r\n", .invalidLength), ("%-1\r\n", .invalidLength),
            ("$67108865\r\n", .invalidLength), ("*1048577\r\n", .tooManyElements), ("%524289\r\n", .tooManyElements),
            ("*2\r\n*1048575\r\n", .tooManyElements), ("%9223372036854775807\r\n", .tooManyElements),
            (":x\r\n", .invalidValue), (":\r\n", .invalidValue), (",x\r\n", .invalidValue), ("#x\r\n", .invalidValue),
            ("_x\r\n", .invalidValue), ("(12x\r\n", .invalidValue), ("(\r\n", .invalidValue),
            ("=2\r\nab\r\n", .invalidValue), ("+a\rb\r\n", .missingLineEnd), ("$1\r\naXY", .missingLineEnd),
            (String(repeating: "*1\r\n", count: 33), .tooDeep),
            ("+" + String(repeating: "a", count: 65536), .lineTooLong),
        ] as [(String, ReplyError)])
    func refused(text: String, expected: ReplyError) {
        #expect(throws: expected) { try replies([Array(text.utf8)]) }
        #expect(throws: expected) { try replies(text.utf8.map { [$0] }) }
    }

    @Test("An unknown type is named as such however long its line is, at once or in pieces")
    func unknownTypeInLongLine() {
        let text = "J" + String(repeating: "J", count: 65536)
        #expect(throws: ReplyError.unknownType(0x4A)) { try replies([Array(text.utf8)]) }
        #expect(throws: ReplyError.unknownType(0x4A)) { try replies(text.utf8.map { [$0] }) }
    }

    @Test("Replies may be as deep as the limit says")
    func deepest() throws {
        let text = String(repeating: "*1\r\n", count: 32) + ":1\r\n"
        #expect(try replies([Array(text.utf8)]).count == 1)
    }

    @Test("What is announced reserves no memory")
    func announcedLengths() throws {
        var limits = ReplyParser.Limits()
        limits.bulkBytesMax = 512 << 20
        var parser = ReplyParser(limits: limits)
        parser.append(ByteBuffer(string: "*1048576\r\n$536870912\r\nabc"))
        #expect(try parser.next() == nil)
        parser.append(ByteBuffer(string: "def"))
        #expect(try parser.next() == nil)
        #expect(parser.reservedByteCount <= 1024)
    }

    @Test("What the writer writes is read back, in any pieces", arguments: [UInt64(31), 32, 33])
    func roundTrip(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        for _ in 0..<300 {
            let sent = (0..<3).map { _ in randomReply(depth: 0, using: &random) }
            for version in [ProtocolVersion.v2, .v3] {
                var writer = ReplyWriter(version: version)
                for reply in sent { writer.write(reply) }
                let bytes = Array(writer.buffer.readableBytesView)
                let cut = Int.random(in: 0...bytes.count, using: &random)
                let expected = version == .v3 ? sent : sent.map(inVersion2)
                #expect(try replies([bytes]) == expected, "seed \(seed)")
                #expect(try replies([Array(bytes[..<cut]), Array(bytes[cut...])]) == expected, "seed \(seed)")
            }
        }
    }
}

func replies(_ pieces: [[UInt8]]) throws(ReplyError) -> [Reply] {
    var parser = ReplyParser()
    var result: [Reply] = []
    for piece in pieces {
        parser.append(ByteBuffer(bytes: piece))
        while let reply = try parser.next() { result.append(reply) }
    }
    return result
}

/// What is left of a reply in version 2.
private func inVersion2(_ reply: Reply) -> Reply {
    switch reply {
    case .null, .simpleString, .error, .integer, .bulk: reply
    case .boolean(let value): .integer(value ? 1 : 0)
    case .verbatim(_, let text), .bigNumber(let text): .bulk(text)
    case .map(let pairs): .array(pairs.flatMap { [inVersion2($0.key), inVersion2($0.value)] })
    case .array(let elements), .set(let elements), .push(let elements): .array(elements.map(inVersion2))
    case .double(let value):
        {
            var writer = ReplyWriter(version: .v3)
            writer.double(value)
            return .bulk(String(String(buffer: writer.buffer).dropFirst().dropLast()))
        }()
    }
}

private func randomReply(depth: Int, using random: inout SplitMix64) -> Reply {
    func text() -> String {
        String((0..<Int(random.next() % 9)).map { _ in "a√\u{7F} 0".randomElement(using: &random)! })
    }
    func elements() -> [Reply] {
        (0..<Int(random.next() % 5)).map { _ in randomReply(depth: depth + 1, using: &random) }
    }
    switch random.next() % (depth < 4 ? 13 : 9) {
    case 0: return .null
    case 1: return .simpleString(text())
    case 2: return .error(text())
    case 3: return .integer(Int64(bitPattern: random.next() >> random.next() % 64))
    case 4: return .bulk(ByteBuffer(bytes: (0..<Int(random.next() % 20)).map { _ in UInt8(random.next() % 256) }))
    case 5: return .double(Double.random(in: -1e9...1e9, using: &random))
    case 6: return .boolean(random.next() % 2 == 0)
    case 7: return .verbatim(format: "txt", text: text())
    case 8: return .bigNumber("-\(random.next())\(random.next())")
    case 9: return .array(elements())
    case 10: return .set(elements())
    case 11: return .push(elements())
    default: return .map(elements().map { Reply.Pair(key: $0, value: .integer(1)) })
    }
}
