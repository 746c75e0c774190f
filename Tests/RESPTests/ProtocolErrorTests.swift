import NIOCore
import Testing

@testable import RESP

/// Each input was sent to redis-server 7.0.15, which answered the same.
@Suite("Protocol errors")
struct ProtocolErrorTests {
    @Test(
        "Every violation is answered in Redis' words",
        arguments: [
            ("*x\r\n", "invalid multibulk length"), ("*\r\n", "invalid multibulk length"),
            ("*+1\r\n", "invalid multibulk length"), ("*01\r\n", "invalid multibulk length"),
            ("*-0\r\n", "invalid multibulk length"), ("*2147483648\r\n", "invalid multibulk length"),
            ("*1\r\n$x\r\n", "invalid bulk length"), ("*1\r\n$-1\r\n", "invalid bulk length"),
            ("*1\r\n$536870913\r\n", "invalid bulk length"),
            ("*1\r\nPING\r\n", "expected '$', got 'P'"), ("*1\r\n\u{1}\r\n", "expected '$', got '\u{1}'"),
            ("*1\r\n\r\n", "expected '$', got ' '"), ("*1\r\n\n\r\n", "expected '$', got ' '"),
            ("ECHO \"a\r\n", "unbalanced quotes in request"),
        ])
    func texts(input: String, text: String) throws {
        let error = try #require(parse(input).error)
        var writer = ReplyWriter()
        writer.error(error)
        #expect(String(buffer: writer.buffer) == "-ERR Protocol error: \(text)\r\n")
    }

    @Test("An unexpected byte is echoed as it came")
    func rawByte() throws {
        let error = try #require(parse([Array("*1\r\n".utf8) + [0xFF, 0x0D, 0x0A]]).error)
        var writer = ReplyWriter()
        writer.error(error)
        #expect(
            Array(writer.buffer.readableBytesView)
                == Array("-ERR Protocol error: expected '$', got '".utf8) + [0xFF] + Array("'\r\n".utf8))
    }

    @Test(
        "A line of more than 64 KiB is too long, with or without its end",
        arguments: [
            ("*", "", "too big mbulk count string"), ("*1\r\n$", "", "too big bulk count string"),
            ("*1\r\nx", "", "too big bulk count string"), ("P", "", "too big inline request"),
            ("*", "\r\n", "too big mbulk count string"), ("P", "\r\n", "too big inline request"),
        ])
    func tooLong(start: String, end: String, text: String) {
        let limit = CommandParser.Limits().inlineBytesMax
        #expect(parse(start + String(repeating: "1", count: limit - 1)).error == nil)
        let tooLong = start + String(repeating: "1", count: limit) + end
        #expect(parse(tooLong).error.map(String.init(describing:)) == "Protocol error: \(text)")
        #expect(parse(tooLong.utf8.map { [$0] }) == parse(tooLong))
    }

    @Test("Before it is authenticated, a client gets little")
    func unauthenticated() {
        var limits = CommandParser.Limits()
        limits.isAuthenticated = false
        #expect(parse("*10\r\n", limits: limits).error == nil)
        let tooMany = parse("*11\r\n", limits: limits).error
        #expect(tooMany?.description == "Protocol error: unauthenticated multibulk length")
        #expect(parse("*1\r\n$16384\r\n", limits: limits).error == nil)
        let tooLarge = parse("*1\r\n$16385\r\n", limits: limits).error
        #expect(tooLarge?.description == "Protocol error: unauthenticated bulk length")
        #expect(parse("*1\r\n$-2\r\n", limits: limits).error == .invalidBulkLength)
    }

    @Test("A client that authenticates in a pipeline has its new limits for the very next command")
    func authenticationInPipeline() throws {
        var parser = CommandParser()
        parser.limits.isAuthenticated = false
        let batch = CommandBatch()
        let long = ["LPUSH"] + (0..<20).map(String.init)
        parser.append(ByteBuffer(bytes: multibulk("AUTH", "secret") + multibulk(long.map { Array($0.utf8) })))
        #expect(try parser.next(into: batch))
        #expect(batch.count == 1 && batch[0].isNamed("AUTH"))
        parser.limits.isAuthenticated = true
        #expect(try parser.next(into: batch))
        #expect(batch[0].count == 21)
    }

    @Test("The commands before a violation are handed out with it, and the parser stays failed")
    func commandsBeforeError() {
        var parser = CommandParser()
        let batch = CommandBatch()
        parser.append(ByteBuffer(string: "PING\r\nPING\r\n*x\r\nPING\r\n"))
        #expect(throws: ProtocolError.invalidMultibulkLength) { try parser.next(into: batch) }
        #expect(batch.count == 2 && batch[1].isNamed("PING"))
        parser.append(ByteBuffer(string: "PING\r\n"))
        #expect(throws: ProtocolError.invalidMultibulkLength) { try parser.next(into: batch) }
        #expect(batch.isEmpty)
    }

    @Test("Own limits hold exactly")
    func ownLimits() {
        var limits = CommandParser.Limits()
        limits.argumentCountMax = 2
        limits.bulkBytesMax = 5
        limits.commandBytesMax = 24
        #expect(parse("*2\r\n$1\r\na\r\n$5\r\nabcde\r\n", limits: limits).commands.count == 1)
        #expect(parse("*3\r\n", limits: limits).error == .invalidMultibulkLength)
        #expect(parse("*1\r\n$6\r\n", limits: limits).error == .invalidBulkLength)
        #expect(parse("*2\r\n$4\r\nabcd\r\n$5\r\nabcde\r\n", limits: limits).error == .tooBigRequest)
    }

    @Test("What is announced reserves no memory")
    func announcedLengths() throws {
        var parser = CommandParser()
        parser.limits.bulkBytesMax = 512 << 20
        parser.limits.commandBytesMax = 1 << 30
        let batch = CommandBatch()
        parser.append(ByteBuffer(string: "*1048576\r\n$536870912\r\nabc"))
        #expect(try !parser.next(into: batch))
        for _ in 0..<1000 {
            parser.append(ByteBuffer(string: "0123456789"))
            #expect(try !parser.next(into: batch))
        }
        #expect(parser.pendingByteCount == 10_025)
        #expect(parser.reservedByteCount <= 2 * 16_384)
    }
}
