import NIOCore
import Testing

@testable import NATSClient

@Suite("What a client says")
struct OperationWriterTests {
    @Test("Each operation as the protocol has it")
    func operations() {
        var buffer = ByteBuffer()
        buffer.writeConnect(ByteBuffer(string: "{}"))
        buffer.writeSubscribe("a.*", queue: nil, subscription: 1)
        buffer.writeSubscribe("b", queue: "q", subscription: 2)
        buffer.writeUnsubscribe(2)
        buffer.writePing()
        buffer.writePong()
        buffer.writePublish("a.b", replyTo: nil, headers: MessageHeaders(), payload: ByteBuffer(string: "hi"))
        buffer.writePublish("a.b", replyTo: "r.1", headers: MessageHeaders(), payload: ByteBuffer())
        buffer.writePublish(
            "a.b", replyTo: "r.1", headers: MessageHeaders(["Nats-Msg-Id": "7"]), payload: ByteBuffer(string: "hi"))
        #expect(
            String(buffer: buffer) == """
                CONNECT {}\r
                SUB a.* 1\r
                SUB b q 2\r
                UNSUB 2\r
                PING\r
                PONG\r
                PUB a.b 2\r
                hi\r
                PUB a.b r.1 0\r
                \r
                HPUB a.b r.1 28 30\r
                NATS/1.0\r
                Nats-Msg-Id: 7\r
                \r
                hi\r

                """)
    }

    @Test("Headers read back as they were written")
    func headers() throws {
        let headers = MessageHeaders(["A": "b", "a": "", "A": "c: d", "Ü": "ä"])
        #expect(headers.problem == "a header has a name that is none")
        let ascii = MessageHeaders(["A": "b", "a": "", "A": "c: d", "X-1": "ä"])
        #expect(ascii.problem == nil)
        var buffer = ByteBuffer()
        ascii.write(to: &buffer)
        #expect(buffer.readableBytes == ascii.byteCount)
        #expect(MessageHeaders(parsing: buffer) == ascii)
        #expect(ascii["A"] == "b" && ascii["X-1"] == "ä" && ascii["B"] == nil)
    }

    @Test(
        "A header that would begin another one is refused",
        arguments: [("A", "b\r\nC: d"), ("A", "b\n"), ("A b", ""), ("", "a"), ("A:", "b"), ("A\r\n", "b")])
    func injection(name: String, value: String) {
        var headers = MessageHeaders()
        headers.add(name, value)
        #expect(headers.problem != nil)
    }

    @Test("So many bytes of headers and no more")
    func headerLength() {
        var headers = MessageHeaders()
        headers.add("A", String(repeating: "x", count: (64 << 10) - 17))
        #expect(headers.byteCount == 64 << 10 && headers.problem == nil)
        headers.add("B", "")
        #expect(headers.problem != nil)
    }

    @Test(
        "Subjects",
        arguments: [
            ("a", true), ("a.b.c-d_e$F", true), ("", false), (".", false), ("a..b", false), ("a.", false),
            (".a", false), ("a b", false), ("a\r\nPING", false), ("a.*", false), (">", false), ("a.b*", true),
            (String(repeating: "a", count: 512), true), (String(repeating: "a", count: 513), false), ("ä", false),
        ])
    func subjects(subject: String, isValid: Bool) {
        #expect((Subject.problem(subject, allowsWildcards: false) == nil) == isValid)
    }

    @Test("CONNECT leaves out what is not given")
    func connect() {
        var options = ConnectOptions(name: "n", tls_required: false)
        options.user = "u"
        options.pass = "p\"\\/"
        #expect(
            String(buffer: options.json) == """
                {"echo":false,"headers":true,"lang":"swift","name":"n","no_responders":true,"pass":"p\\"\\\\/",\
                "pedantic":false,"protocol":1,"tls_required":false,"user":"u","verbose":false,"version":"1"}
                """)
    }
}
