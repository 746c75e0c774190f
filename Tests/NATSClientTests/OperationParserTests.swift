import NIOCore
import TestSupport
import Testing

@testable import NATSClient

@Suite("What a server sends is cut into operations")
struct OperationParserTests {
    struct Example: CustomStringConvertible, Sendable {
        let text: String
        let operations: [ServerOperation]
        var description: String { text.replacing("\r\n", with: "␍␊") }

        init(_ text: String, _ operations: ServerOperation...) {
            self.text = text
            self.operations = operations
        }
    }

    private static func message(
        _ subject: String, _ subscription: UInt64, replyTo: String? = nil, _ payload: String,
        headers: MessageHeaders = MessageHeaders()
    ) -> ServerOperation {
        .message(
            Message(
                subject: subject, replyTo: replyTo, headers: headers, payload: ByteBuffer(string: payload),
                subscription: subscription))
    }

    private static let noResponders: MessageHeaders = {
        var headers = MessageHeaders()
        headers.status = 503
        return headers
    }()

    private static let endOfBatch: MessageHeaders = {
        var headers = MessageHeaders(["Nats-Num-Pending": "7"])
        headers.status = 204
        headers.statusText = "EOB"
        return headers
    }()

    static let examples = [
        Example(""),
        Example("PING\r\n", .ping),
        Example("ping\r\nPong\r\n", .ping, .pong),
        Example("+OK\r\nPONG\r\n", .ok, .pong),
        Example("INFO {\"a\":1}\r\n", .info(ByteBuffer(string: "{\"a\":1}"))),
        Example("INFO \t {} \r\n", .info(ByteBuffer(string: "{} "))),
        Example("-ERR 'Stale Connection'\r\n", .error("Stale Connection")),
        Example("-ERR without quotes\r\n", .error("without quotes")),
        Example("MSG a.b 9 5\r\nhello\r\n", message("a.b", 9, "hello")),
        Example("MSG a.b 9 r.1 0\r\n\r\n", message("a.b", 9, replyTo: "r.1", "")),
        Example("MSG  a\t1   2 \r\n\r\n\r\nPING\r\n", message("a", 1, "\r\n"), .ping),
        Example("HMSG a 1 12 17\r\nNATS/1.0\r\n\r\nhello\r\n", message("a", 1, "hello")),
        Example(
            "HMSG a 1 r 23 25\r\nNATS/1.0\r\nA: b \r\nC:\r\n\r\nxy\r\n",
            message("a", 1, replyTo: "r", "xy", headers: MessageHeaders(["A": "b", "C": ""]))),
        Example("HMSG i 1 16 16\r\nNATS/1.0 503\r\n\r\n\r\n", message("i", 1, "", headers: noResponders)),
        Example(
            "HMSG i 1 41 41\r\nNATS/1.0 204 EOB\r\nNats-Num-Pending: 7\r\n\r\n\r\n",
            message("i", 1, "", headers: endOfBatch)),
        Example("MSG a 1 3\r\n\u{0}\u{1}\n\r\nPING\r\n", message("a", 1, "\u{0}\u{1}\n"), .ping),
    ]

    @Test("An operation is the same however its bytes arrive", arguments: examples)
    func fragments(_ example: Example) throws {
        let bytes = Array(example.text.utf8)
        for size in [bytes.count, 1, 2, 3, 7] where size > 0 {
            #expect(try operations(bytes, sizes: { size }) == example.operations, "in pieces of \(size)")
        }
        for split in bytes.indices {
            var parser = OperationParser()
            var found: [ServerOperation] = []
            for part in [bytes[..<split], bytes[split...]] {
                parser.append(ByteBuffer(bytes: part))
                while let operation = try parser.next() { found.append(operation) }
            }
            #expect(found == example.operations, "split at \(split)")
            #expect(parser.isEmpty)
        }
    }

    @Test("Many operations, in random pieces, over many seeds", arguments: 0..<40)
    func randomFragments(seed: Int) throws {
        var generator = SplitMix64(seed: UInt64(seed))
        let chosen = (0..<30).map { _ in generator.pick(Self.examples) }
        let bytes = chosen.flatMap { Array($0.text.utf8) }
        let found = try operations(bytes, sizes: { 1 + generator.below(50) })
        #expect(found == chosen.flatMap(\.operations))
    }

    @Test(
        "What can't be understood ends the connection",
        arguments: [
            ("HELLO\r\n", .unknownOperation("HELLO")), ("\r\n", .unknownOperation("")),
            ("PING\n", .unknownOperation("a line without its end")), ("MSG a 1\r\n", .badArguments("a 1")),
            ("MSG a b 1\r\n", .badArguments("a b 1")), ("MSG a 1 -1\r\n", .badArguments("a 1 -1")),
            ("MSG a 1 +1\r\n", .badArguments("a 1 +1")), ("MSG a 1 r s 1\r\n", .badArguments("a 1 r s 1")),
            ("MSG a 1 1\r\nab\r\n", .badEnd), ("MSG a 1 1001\r\n", .messageTooLong(1001)),
            ("MSG a 1 99999999999999999999999\r\n", .badArguments("a 1 99999999999999999999999")),
            ("HMSG a 1 3 2\r\n", .badArguments("a 1 3 2")), ("HMSG a 1 2 2\r\nab\r\n", .badHeaders),
            ("HMSG a 1 12 12\r\nNATS/2.0\r\n\r\n\r\n", .badHeaders), ("HMSG a 1 0 0\r\n\r\n", .badHeaders),
            ("HMSG a 1 17 17\r\nNATS/1.0\r\nabc\r\n\r\n\r\n", .badHeaders),
            ("MSG " + String(repeating: "a", count: 100), .lineTooLong),
            ("INFO " + String(repeating: "a", count: 300), .lineTooLong),
            (String(repeating: "x", count: 100) + "\r\n", .lineTooLong),
        ] as [(String, OperationParser.Problem)])
    func problems(text: String, problem: OperationParser.Problem) {
        let limits = OperationParser.Limits(lineByteCountMax: 64, infoByteCountMax: 256, messageByteCountMax: 1000)
        for size in [text.utf8.count, 1] {
            #expect(throws: problem) { try operations(Array(text.utf8), sizes: { size }, limits) }
        }
    }

    @Test("Bytes that were changed at random end in operations or in an error, and nothing is kept beyond the limits")
    func mutations() {
        let limits = OperationParser.Limits(lineByteCountMax: 64, infoByteCountMax: 128, messageByteCountMax: 256)
        var generator = SplitMix64(seed: 1)
        var refused = 0
        for _ in 0..<4000 {
            var bytes = (0..<4).flatMap { _ in Array(generator.pick(Self.examples).text.utf8) }
            for _ in 0..<(1 + generator.below(4)) where !bytes.isEmpty {
                let place = generator.below(bytes.count)
                switch generator.below(4) {
                case 0: bytes[place] = UInt8(generator.below(256))
                case 1: bytes.remove(at: place)
                case 2: bytes.insert(generator.pick(Array(" \r\n0179MSG".utf8)), at: place)
                default: bytes.append(contentsOf: bytes[place...].prefix(9))
                }
            }
            do {
                _ = try operations(bytes, sizes: { 1 + generator.below(20) }, limits)
            } catch {
                refused += 1
            }
        }
        #expect(refused > 1000, "the mutations change something")
    }

    private func operations(
        _ bytes: [UInt8], sizes: () -> Int, _ limits: OperationParser.Limits = OperationParser.Limits()
    ) throws -> [ServerOperation] {
        var parser = OperationParser(limits: limits)
        var found: [ServerOperation] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            let piece = rest.prefix(sizes())
            rest = rest.dropFirst(piece.count)
            parser.append(ByteBuffer(bytes: piece))
            while let operation = try parser.next() { found.append(operation) }
        }
        return found
    }
}
