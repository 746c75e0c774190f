import NIOCore
import TestSupport
import Testing

@testable import RESP

@Suite("Hostile input")
struct HostileInputTests {
    @Test("20,000 mutations of commands never trap and mean the same in pieces", arguments: [UInt64(41), 42])
    func mutatedCommands(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let corpus = [
            multibulk("ZADD", "board", "1.5", "alice"), multibulk("PING") + multibulk("GET", ""),
            Array("ZADD \"bo\\x41rd\" 'it\\'s' 1\r\nPING\r\n".utf8),
            Array("*2\r\n$1\r\na\r\n$10\r\n0123456789\r\n".utf8),
        ]
        var limits = CommandParser.Limits()
        limits.bulkBytesMax = 1 << 10
        limits.commandBytesMax = 1 << 12
        limits.inlineBytesMax = 64
        for _ in 0..<10_000 {
            let bytes = mutated(corpus.randomElement(using: &random)!, using: &random)
            limits.isAuthenticated = random.next() % 4 > 0
            let cut = Int.random(in: 0...bytes.count, using: &random)
            let whole = parse([bytes], limits: limits)
            if parse([Array(bytes[..<cut]), Array(bytes[cut...])], limits: limits) != whole {
                Issue.record("seed \(seed): \(bytes) cut at \(cut)")
            }
            for argument in whole.commands.joined() { _ = (parseInteger(argument.span), parseDouble(argument.span)) }
        }
    }

    @Test("20,000 mutations of replies never trap", arguments: [UInt64(51), 52])
    func mutatedReplies(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let corpus = [
            "*2\r\n:1\r\n%1\r\n+a\r\n~1\r\n,1.5\r\n", "$5\r\nhello\r\n=6\r\ntxt:ab\r\n!3\r\nERR\r\n",
            "|1\r\n+k\r\n:1\r\n>2\r\n#t\r\n(123\r\n_\r\n", "-ERR x\r\n+OK\r\n$-1\r\n*-1\r\n",
        ]
        for _ in 0..<10_000 {
            let bytes = mutated(Array(corpus.randomElement(using: &random)!.utf8), using: &random)
            let cut = Int.random(in: 0...bytes.count, using: &random)
            let whole = Result { () throws(ReplyError) in try replies([bytes]) }
            let pieces = Result { () throws(ReplyError) in try replies([Array(bytes[..<cut]), Array(bytes[cut...])]) }
            // Described, so that NaN is the same as NaN.
            if String(describing: whole) != String(describing: pieces) {
                Issue.record("seed \(seed): \(bytes) cut at \(cut)")
            }
        }
    }

    private func mutated(_ original: [UInt8], using random: inout SplitMix64) -> [UInt8] {
        let fragments = [
            "\r\n", "*", "$", "-1", "9223372036854775807", "18446744073709551616", "\"", "\\x", "\0", "%", "'",
        ]
        var bytes = original
        for _ in 0..<Int.random(in: 1...4, using: &random) {
            let index = Int.random(in: 0...bytes.count, using: &random)
            switch random.next() % 5 {
            case 0 where index < bytes.count: bytes[index] = UInt8(random.next() % 256)
            case 1 where index < bytes.count: bytes.remove(at: index)
            case 2: bytes.removeSubrange(index...)
            case 3: bytes.insert(contentsOf: fragments.randomElement(using: &random)!.utf8, at: index)
            default: bytes += original
            }
        }
        return bytes
    }
}
