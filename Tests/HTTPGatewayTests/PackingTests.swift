import ControlPlane
import Gzip
import HTTPTypes
import HummingbirdTesting
import NIOCore
import Sharding
import Testing

@testable import HTTPGateway

/// Bodies packed with gzip, both ways.
@Suite struct PackingTests {
    @Test(
        "Accept-Encoding is read as the standard says",
        arguments: [
            ("gzip", true), ("GZip", true), ("x-gzip", true), ("br, gzip", true), ("gzip;q=0.5", true),
            ("gzip ; q = 1", true), ("*", true), ("deflate, *;q=0.1", true), ("gzip, *;q=0", true),
            ("", false), ("br", false), ("gzip;q=0", false), ("gzip;q=0.000", false), ("*;q=0", false),
            ("*, gzip;q=0", false), ("identity", false), ("gzipped", false), ("gzip;q=x", false),
        ])
    func acceptEncoding(header: String, takes: Bool) { #expect(acceptsGzip(header) == takes) }

    private func unpacked(_ answer: Gateway.RawAnswer) throws -> String {
        let inflater = GzipInflater()
        inflater.append(answer.body)
        var text = ""
        while let piece = try inflater.next() { text += String(buffer: piece) }
        try inflater.finish()
        return text
    }

    @Test("A long answer is packed for those who take it, a short one for nobody")
    func answers() async throws {
        try await Gateway().run { client in
            for number in 0..<40 { try await client.createSum("board-\(number)") }
            let plain = try await client.raw(.get, "/v1/leaderboards")
            #expect(plain.headers[.contentEncoding] == nil)
            #expect(plain.headers[.vary] == "Accept-Encoding")
            let packed = try await client.raw(.get, "/v1/leaderboards", headers: [.acceptEncoding: "gzip"])
            #expect(packed.headers[.contentEncoding] == "gzip")
            #expect(packed.headers[.vary] == "Accept-Encoding")
            #expect(packed.headers[.contentLength] == "\(packed.body.readableBytes)")
            #expect(packed.body.readableBytes < plain.body.readableBytes / 2)
            #expect(try unpacked(packed) == String(buffer: plain.body))
            let short = try await client.raw(.get, "/healthz", headers: [.acceptEncoding: "gzip"])
            #expect(short.headers[.contentEncoding] == nil)
            #expect(short.headers[.vary] == nil)
            // What HEAD tells of the length is that of the plain answer.
            let head = try await client.raw(.head, "/v1/leaderboards", headers: [.acceptEncoding: "gzip"])
            #expect(head.headers[.contentEncoding] == nil)
            #expect(head.headers[.contentLength] == plain.headers[.contentLength])
        }
    }

    private func upload(_ client: Gateway.Client, _ bytes: ByteBuffer, encoding: String = "gzip") async throws
        -> Gateway.Answer
    {
        try await client.send(
            .post, "/v1/scores/bulk", Array(bytes.readableBytesView),
            headers: [.contentType: "application/x-ndjson", .contentEncoding: encoding])
    }

    @Test("A packed upload is entered as a plain one", arguments: [false, true])
    func upload(isLive: Bool) async throws {
        let gateway = Gateway()
        try await gateway.run(isLive ? .live : .router) { client in
            let lines = (1...5000).map { #"{"leaderboard":"none","user":"user\#($0)","score":\#($0)}"# }
            let answer = try await upload(client, ByteBuffer(string: lines.joined(separator: "\n")).gzipped())
            #expect(answer.status == 200)
            #expect(answer.body.contains(#""lines":5000,"#), "\(answer.body)")
        }
        #expect(gateway.service.submissions.map(\.line) == Array(1...5000))
    }

    @Test("A packed body that is damaged, cut off or packed otherwise is an error")
    func badBodies() async throws {
        let gateway = Gateway()
        try await gateway.run { client in
            let good = ByteBuffer(string: #"{"leaderboard":"a","user":"b","score":1}"#).gzipped()
            let cut = try await upload(client, good.getSlice(at: 0, length: good.readableBytes - 3)!)
            #expect(cut.status == 400)
            #expect(cut.text("code") == "invalid_encoding")
            let other = try await upload(client, ByteBuffer(string: "{}"))
            #expect(other.text("code") == "invalid_encoding")
            let deflated = try await upload(client, good, encoding: "deflate")
            #expect(deflated.status == 415)
            #expect(deflated.headers[.acceptEncoding] == "gzip")
            #expect(deflated.headers[.requestID] == "test")
        }
    }

    @Test("A bomb is refused with little of it unpacked, whichever way it is sent")
    func bomb() async throws {
        var gateway = Gateway()
        gateway.configuration.unpacking.allowance = 64 << 10
        gateway.configuration.unpacking.ratioMax = 10
        try await gateway.run(.live) { client in
            // A line of a bomb is too long as well, so its parts are blank lines.
            let bomb = ByteBuffer(repeating: UInt8(ascii: "\n"), count: 8 << 20).gzipped()
            let uploaded = try await upload(client, bomb)
            #expect(uploaded.status == 413)
            #expect(uploaded.text("code") == "body_too_large")
            let update = try await client.send(
                .post, "/v1/scores/update", Array(bomb.readableBytesView), headers: [.contentEncoding: "gzip"])
            #expect(update.status == 413)
        }
        #expect(gateway.service.callCount == 0)
    }
}

extension Gateway {
    struct RawAnswer: Sendable {
        var headers: HTTPFields
        var body: ByteBuffer
    }
}

extension Gateway.Client {
    /// The answer's bytes as they came.
    func raw(_ method: HTTPRequest.Method, _ path: String, headers: HTTPFields = [:]) async throws -> Gateway.RawAnswer
    {
        var fields = headers
        fields[.apiKey] = Gateway.key.text
        return try await client.execute(uri: path, method: method, headers: fields, body: nil) {
            Gateway.RawAnswer(headers: $0.headers, body: $0.body)
        }
    }
}
