import NIOCore
import TestSupport
import Testing

@testable import RESP

@Suite("Commands")
struct CommandParserTests {
    @Test("A multibulk is its arguments, whatever bytes they hold")
    func multibulks() {
        #expect(parse("*3\r\n$4\r\nZADD\r\n$0\r\n\r\n$3\r\na\r\n\r\n").texts == [["ZADD", "", "a\r\n"]])
        #expect(parse([multibulk([[0, 255, 10], [13]])]).commands == [[[0, 255, 10], [13]]])
    }

    @Test("A pipeline of both kinds gives one batch in order")
    func pipeline() {
        let bytes = multibulk("GET", "a") + Array("PING\r\n\r\nECHO 'x y'\n".utf8) + multibulk("QUIT")
        #expect(parse([bytes]).texts == [["GET", "a"], ["PING"], ["ECHO", "x y"], ["QUIT"]])
    }

    @Test("Empty multibulks and empty lines are no commands")
    func ignored() {
        #expect(parse("*0\r\n*-1\r\n*-5\r\n\r\n\n  \t \r\nPING\r\n") == parse("PING\r\n"))
        #expect(parse("*0\r\n").commands.isEmpty)
    }

    @Test("Redis checks neither the byte after a header's CR nor the two after an argument")
    func looseLineEnds() {
        #expect(parse("*1\rX$4\rYPINGab*1\r\n$4\r\nPING\r\n").texts == [["PING"], ["PING"]])
    }

    @Test("Input cut anywhere gives the same commands as the whole", arguments: [UInt64(1), 2, 3, 4])
    func cutAnywhere(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let endings = ["", "*1\r\n$x\r\n", "*x\r\n", "ECHO \"a\r\n", "*2\r\n$1\r\na\r\n*1\r\n", "*1\r\n$3\r\nab"]
        for ending in endings {
            let bytes = randomPipeline(using: &random) + Array(ending.utf8)
            let whole = parse([bytes])
            for pieces in cuts(of: bytes, seed: seed) where parse(pieces) != whole {
                Issue.record("seed \(seed), ending \(ending.debugDescription): cut as \(pieces.map(\.count))")
            }
        }
    }

    @Test("A batch ends at its maximum and the next goes on there")
    func batchLimit() throws {
        var limits = CommandParser.Limits()
        limits.commandsPerBatch = 2
        var parser = CommandParser(limits: limits)
        let batch = CommandBatch()
        parser.append(ByteBuffer(string: "a\r\nb\r\n*0\r\nc\r\nd"))
        #expect(try parser.next(into: batch))
        #expect(contents(of: batch) == [[[0x61]], [[0x62]]])
        #expect(try parser.next(into: batch))
        #expect(contents(of: batch) == [[[0x63]]])
        #expect(try !parser.next(into: batch))
        #expect(batch.isEmpty)
        #expect(parser.pendingByteCount == 1)
    }

    @Test("A batch keeps its commands while the parser goes on")
    func batchesAreIndependent() throws {
        var parser = CommandParser()
        let first = CommandBatch()
        let second = CommandBatch()
        parser.append(ByteBuffer(bytes: multibulk("GET", "one") + Array("ECHO \"t".utf8)))
        #expect(try parser.next(into: first))
        parser.append(ByteBuffer(string: "wo\"\r\n"))
        #expect(try parser.next(into: second))
        #expect(contents(of: first) == [[Array("GET".utf8), Array("one".utf8)]])
        #expect(contents(of: second) == [[Array("ECHO".utf8), Array("two".utf8)]])
    }

    @Test("Quotes are resolved without touching the buffer the caller keeps")
    func callersBufferStays() throws {
        let line = ByteBuffer(string: "ECHO \"a\\x41\" 'b'\r\n")
        var parser = CommandParser()
        let batch = CommandBatch()
        parser.append(line)
        #expect(try parser.next(into: batch))
        #expect(contents(of: batch) == [["ECHO", "aA", "b"].map { Array($0.utf8) }])
        #expect(String(buffer: line) == "ECHO \"a\\x41\" 'b'\r\n")
    }

    @Test("Arguments are compared, read as numbers and lent")
    func arguments() throws {
        var parser = CommandParser()
        let batch = CommandBatch()
        parser.append(ByteBuffer(bytes: Array("PING\r\n".utf8) + multibulk("zAdd", "-17", "1.5", "withSCORES", "[")))
        #expect(try parser.next(into: batch))
        let command = batch[1]
        #expect(command.count == 5)
        #expect(command.isNamed("ZADD") && command.isNamed("zadd"))
        #expect(!command.isNamed("ZADDS") && !command.isNamed("ZAD") && !command.isNamed("ZREM"))
        #expect(command.matches("WithScores", at: 3))
        // `[` and `{` differ by the bit that tells the cases of letters apart.
        #expect(!command.matches("{", at: 4))
        #expect(command.integer(at: 1) == -17 && command.integer(at: 2) == nil)
        #expect(command.double(at: 1) == -17 && command.double(at: 2) == 1.5 && command.double(at: 3) == nil)
        #expect(command.string(at: 3) == "withSCORES")
        #expect(command.withBytes(of: 0) { Array($0) } == Array("zAdd".utf8))
    }

    private func randomPipeline(using random: inout SplitMix64) -> [UInt8] {
        var bytes: [UInt8] = []
        for _ in 0..<Int.random(in: 0...5, using: &random) {
            switch Int.random(in: 0..<5, using: &random) {
            case 0: bytes += Array("*\(Int.random(in: -2...0, using: &random))\r\n".utf8)
            case 1: bytes += Array("set k\t\"a\\x0ab\\\"c\" 'it\\'s' x\"y\"\r\n".utf8)
            case 2: bytes += Array("  ping \n\r\n".utf8)
            default:
                let arguments = (0..<Int.random(in: 1...4, using: &random)).map { _ in
                    (0..<Int.random(in: 0...12, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
                }
                bytes += multibulk(arguments)
            }
        }
        return bytes
    }
}
