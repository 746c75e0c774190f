import ControlPlane
import HTTPTypes
import HummingbirdTesting
import NIOCore
import NIOPosix
import Sharding
import Testing

@testable import HTTPGateway

/// The same over a socket.
@Suite struct LiveTests {
    @Test("Every kind of request works over a socket as over the router", arguments: [false, true])
    func everyRoute(isLive: Bool) async throws {
        try await Gateway().run(isLive ? .live : .router) { client in
            try await client.createSum("a")
            try await client.submit("a", "ann", "3")
            let bulk = try await client.upload(#"{"leaderboard":"a","user":"bob","score":2}"# + "\n")
            #expect(bulk.body.hasPrefix(#"{"accepted":1,"#))
            let streamed = try await client.upload(
                #"{"leaderboard":"a","user":"bob","score":2}"#, headers: [.accept: "application/x-ndjson"])
            #expect(streamed.body.split(separator: "\n").count == 2)
            for (path, expected) in [
                ("/v1/leaderboards/a/top", #""user":"bob","score":4"#), ("/v1/leaderboards/a/rank/ann", #"{"rank":2,"#),
                ("/v1/leaderboards/a/around/ann", #""me":{"rank":2,"#),
                ("/v1/leaderboards", #"{"leaderboards":[{"id":"a","#),
                ("/v1/leaderboards/a", #""entry_count":2"#), ("/healthz", "ok"), ("/readyz", "ready"),
            ] {
                let answer = try await client.get(path)
                #expect(answer.status == 200)
                #expect(answer.body.contains(expected), "\(answer.body)")
                let head = try await client.send(.head, path)
                #expect(head.status == 200)
                #expect(head.body.isEmpty)
                #expect(head.headers[.contentLength] == "\(answer.body.utf8.count)")
            }
            let ranks = try await client.post("/v1/leaderboards/a/ranks", #"{"users":["ann"]}"#)
            #expect(ranks.body.contains(#""not_found":[]"#))
            let patch = try await client.send(.patch, "/v1/leaderboards/a", Array(#"{"tie":"last"}"#.utf8))
            #expect(patch.status == 200)
            #expect(try await client.send(.delete, "/v1/leaderboards/a/entries/ann").status == 204)
            #expect(try await client.send(.delete, "/v1/leaderboards/a").status == 204)
            #expect(try await client.get("/nothing").status == 404)
        }
    }

    @Test("A long upload over a socket arrives whole")
    func longUpload() async throws {
        let gateway = Gateway()
        try await gateway.run(.live) { client in
            let count = 20_000
            let lines = (1...count).map { #"{"leaderboard":"none","user":"user\#($0)","score":\#($0)}"# }
            let answer = try await client.upload(lines.joined(separator: "\n"))
            #expect(answer.body.contains(#""rejected":\#(count),"#))
            #expect(answer.body.contains(#""lines":\#(count),"#))
        }
        #expect(gateway.service.submissions.map(\.line) == Array(1...20_000))
        #expect(gateway.service.largestBatch == 1000)
    }

    @Test("Requests that come together are answered in their order")
    func pipelining() async throws {
        try await Gateway().run(.live) { client in
            try await client.createSum("a")
            let body = #"{"leaderboard":"a","user":"ann","score":1}"#
            let update =
                "POST /v1/scores/update HTTP/1.1\r\nHost: x\r\nX-Api-Key: \(Gateway.key.text)\r\n"
                + "Content-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
            let last = update.replacing("Host: x", with: "Host: x\r\nConnection: close")
            let text = try await exchange(client.client.port!, update + update + last)
            #expect(text.split(separator: "HTTP/1.1 200").count == 3)
            let scores = text.split(separator: #""score":"#).dropFirst().map { $0.prefix { $0 != "," } }
            #expect(scores == ["1", "2", "3"])
        }
    }

    @Test("Who asks before sending a body is told to go on")
    func expectation() async throws {
        try await Gateway().run(.live) { client in
            let body = #"{"leaderboard":"a","user":"ann","score":1}"#
            let text = try await exchange(
                client.client.port!,
                "POST /v1/scores/update HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nConnection: close\r\n"
                    + "Content-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)")
            #expect(text.hasPrefix("HTTP/1.1 100 Continue\r\n"))
            #expect(text.contains("HTTP/1.1 401"))
        }
    }

    @Test("A header beyond the limit ends the connection")
    func longHeader() async throws {
        let gateway = Gateway()
        try await gateway.run(.live) { client in
            let text = try await exchange(
                client.client.port!,
                "GET /v1/leaderboards HTTP/1.1\r\nHost: x\r\nX-Api-Key: \(String(repeating: "k", count: 20_000))\r\n\r\n"
            )
            #expect(text.hasPrefix("HTTP/1.1 400") || text.isEmpty)
        }
        #expect(gateway.service.callCount == 0)
    }

    /// Sends a text and answers with what comes back until the server closes.
    private func exchange(_ port: Int, _ text: String) async throws -> String {
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connect(host: "localhost", port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                }
            }
        return try await channel.executeThenClose { inbound, outbound in
            try await outbound.write(ByteBuffer(string: text))
            var answer = ByteBuffer()
            do {
                for try await var chunk in inbound { answer.writeBuffer(&chunk) }
            } catch is IOError {
                // The server may reset a connection of which it has not read everything.
            }
            return String(buffer: answer)
        }
    }
}
