import NIOCore
import Testing

@testable import RESP

@Suite("Replies written")
struct ReplyWriterTests {
    /// Also what redis-server 7.0.15 sends for `DEBUG PROTOCOL` in both versions.
    @Test("Every shape has its bytes in both versions")
    func golden() {
        let shapes: [(v2: String, v3: String, write: (inout ReplyWriter) -> Void)] = [
            ("+OK\r\n", "+OK\r\n", { $0.simpleString("OK") }),
            ("-ERR no  such\r\n", "-ERR no  such\r\n", { $0.error("ERR no\r\nsuch") }),
            ("+a b \r\n", "+a b \r\n", { $0.simpleString("a\nb\r") }),
            (":0\r\n", ":0\r\n", { $0.integer(0) }), (":9\r\n", ":9\r\n", { $0.integer(9) }),
            (":12345\r\n", ":12345\r\n", { $0.integer(12345) }), (":-1\r\n", ":-1\r\n", { $0.integer(-1) }),
            ("$0\r\n\r\n", "$0\r\n\r\n", { $0.bulk("") }),
            ("$11\r\nHello World\r\n", "$11\r\nHello World\r\n", { $0.bulk("Hello World") }),
            ("$2\r\n\r\n\r\n", "$2\r\n\r\n\r\n", { $0.bulk(ByteBuffer(string: "\r\n")) }),
            ("$2\r\nab\r\n", "$2\r\nab\r\n", { $0.bulk([0x61, 0x62]) }),
            ("$-1\r\n", "_\r\n", { $0.null() }), ("*-1\r\n", "_\r\n", { $0.nullArray() }),
            ("*3\r\n", "*3\r\n", { $0.arrayHeader(3) }), ("*6\r\n", "%3\r\n", { $0.mapHeader(3) }),
            ("*3\r\n", "~3\r\n", { $0.setHeader(3) }), ("*10\r\n", ">10\r\n", { $0.pushHeader(10) }),
            ("$5\r\n3.141\r\n", ",3.141\r\n", { $0.double(3.141) }), ("$1\r\n3\r\n", ",3\r\n", { $0.double(3) }),
            ("$3\r\n-12\r\n", ",-12\r\n", { $0.double(-12) }), ("$2\r\n-0\r\n", ",-0\r\n", { $0.double(-0.0) }),
            ("$3\r\ninf\r\n", ",inf\r\n", { $0.double(.infinity) }),
            ("$4\r\n-inf\r\n", ",-inf\r\n", { $0.double(-.infinity) }),
            ("$3\r\nnan\r\n", ",nan\r\n", { $0.double(.nan) }),
            (":1\r\n", "#t\r\n", { $0.boolean(true) }), (":0\r\n", "#f\r\n", { $0.boolean(false) }),
            ("$3\r\na\nb\r\n", "=7\r\ntxt:a\nb\r\n", { $0.verbatim("a\nb") }),
            ("$1\r\n#\r\n", "=5\r\nmkd:#\r\n", { $0.verbatim("#", format: "mkd") }),
            ("$10\r\n1234567999\r\n", "(1234567999\r\n", { $0.bigNumber("1234567999") }),
        ]
        for shape in shapes {
            for (version, expected) in [(ProtocolVersion.v2, shape.v2), (.v3, shape.v3)] {
                var writer = ReplyWriter(version: version)
                shape.write(&writer)
                #expect(String(buffer: writer.buffer) == expected)
            }
        }
    }

    @Test("A writer goes on behind what its buffer holds, and may change its version")
    func appends() {
        var writer = ReplyWriter(to: ByteBuffer(string: "x"))
        writer.null()
        writer.version = .v3
        writer.null()
        #expect(String(buffer: writer.buffer) == "x$-1\r\n_\r\n")
    }
}
