import LoadHarness
import Testing

@Suite("Replies over RESP")
struct RESPReplyReaderTests {
    @Test(
        "A reply is counted once, wherever the bytes are cut",
        arguments: [
            "+OK\r\n", ":1\r\n", ":-12\r\n", "$5\r\nhello\r\n", "$0\r\n\r\n", "$-1\r\n", "*-1\r\n", "*0\r\n",
            "$4\r\n\r\n\r\n\r\n", "*2\r\n$1\r\na\r\n$1\r\nb\r\n", "*2\r\n*2\r\n:1\r\n:2\r\n*1\r\n*0\r\n", "_\r\n",
            "#t\r\n",
            ",1.5\r\n", ",inf\r\n", "(12345678901234567890\r\n", "=7\r\ntxt:abc\r\n", "%1\r\n+a\r\n:1\r\n", "%0\r\n",
            "~2\r\n:1\r\n:2\r\n", "*2\r\n%1\r\n+k\r\n*1\r\n:1\r\n$-1\r\n", "|1\r\n+ttl\r\n:5\r\n+OK\r\n",
            "*2\r\n|1\r\n+a\r\n:1\r\n:7\r\n:8\r\n", ">2\r\n+invalidate\r\n+key\r\n+OK\r\n",
        ])
    func counted(reply: String) {
        #expect(outcomesAtEveryBoundary(RESPReplyReader.self, reply) == [.succeeded])
        #expect(outcomesAtEveryBoundary(RESPReplyReader.self, reply + reply + reply)?.count == 3)
    }

    @Test("An error is a failure, in an aggregate as well, and the first ones are kept")
    func errors() {
        let text = "-ERR no\r\n+OK\r\n*2\r\n-MOVED 1\r\n:1\r\n!8\r\nERR\r\nbig\r\n:1\r\n-ERR four\r\n"
        let expected: [ReplyOutcome] = [.failed, .succeeded, .failed, .failed, .succeeded, .failed]
        #expect(outcomesAtEveryBoundary(RESPReplyReader.self, text) == expected)
        var reader = RESPReplyReader()
        _ = outcomes(&reader, Array(text.utf8), cuts: [])
        #expect(reader.errorTexts == ["ERR no", "MOVED 1", "ERRbig"])
    }

    @Test("Long error texts are cut")
    func longError() {
        var reader = RESPReplyReader()
        let text = "-" + String(repeating: "x", count: 5000) + "\r\n"
        #expect(outcomes(&reader, Array(text.utf8), cuts: [10]) == [.failed])
        #expect(reader.errorTexts == [String(repeating: "x", count: 200)])
    }

    @Test("Bytes that are no reply are a violation", arguments: ["hello\r\n", "$x\r\n", "$99999999999999999\r\n"])
    func violation(text: String) {
        #expect(outcomesAtEveryBoundary(RESPReplyReader.self, text) == [.violation])
    }

    @Test("Half a reply is none")
    func half() {
        for text in ["*2\r\n:1\r\n", "$5\r\nhello", "$5\r\nhello\r", "%1\r\n+a\r\n", "|1\r\n+a\r\n:1\r\n"] {
            #expect(outcomesAtEveryBoundary(RESPReplyReader.self, text) == [], "\(text)")
        }
    }
}
