import LoadHarness
import Testing

@Suite("Responses over HTTP")
struct HTTPReplyReaderTests {
    @Test(
        "A response is counted once, wherever the bytes are cut",
        arguments: [
            "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", "HTTP/1.1 200 OK\r\ncontent-length:0\r\n\r\n",
            "HTTP/1.1 204 No Content\r\nX: y\r\n\r\n",
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\n{}",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n5\r\nhello\r\nA;x=y\r\n0123456789\r\n0\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nTrailer: 1\r\n\r\n",
            "HTTP/1.1 200 OK\nContent-Length: 4\n\n\r\n\r\n",
        ])
    func counted(response: String) {
        #expect(outcomesAtEveryBoundary(HTTPReplyReader.self, response) == [.succeeded])
        #expect(outcomesAtEveryBoundary(HTTPReplyReader.self, response + response)?.count == 2)
    }

    @Test("A status of 300 and more is a failure, and the first bodies are kept")
    func failures() {
        let text =
            "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 4\r\n\r\nbusy"
            + "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
            + "HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nno\r\n1\r\n!\r\n0\r\n\r\n"
        #expect(outcomesAtEveryBoundary(HTTPReplyReader.self, text) == [.failed, .succeeded, .failed])
        var reader = HTTPReplyReader()
        _ = outcomes(&reader, Array(text.utf8), cuts: [])
        #expect(reader.errorTexts == ["503 busy", "404 no!"])
        #expect(reader.statusCounts == [0, 0, 1, 0, 1, 1])
    }

    @Test(
        "Bytes that are no response are a violation",
        arguments: [
            "nonsense that is long enough\r\n", "HTTP/1.1 999 Odd\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
            "HTTP/1.1 200 OK\r\n\r\nno end", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
        ])
    func violation(text: String) {
        #expect(outcomesAtEveryBoundary(HTTPReplyReader.self, text) == [.violation])
    }

    @Test("A line without an end is given up at its limit")
    func endless() {
        var reader = HTTPReplyReader()
        let bytes = [UInt8](repeating: UInt8(ascii: "x"), count: HTTPReplyReader.lineBytesMax + 1)
        #expect(outcomes(&reader, bytes, cuts: [100]) == [.violation])
    }
}
