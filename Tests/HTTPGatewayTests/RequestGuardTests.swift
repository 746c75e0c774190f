import ControlPlane
import HTTPTypes
import HummingbirdTesting
import NIOCore
import Testing

@testable import HTTPGateway

/// What two readers could understand differently, over a real socket: each is refused, and nothing behind it is read.
@Suite struct RequestGuardTests {
    struct Case: CustomTestStringConvertible, Sendable {
        var testDescription: String
        var bytes: [UInt8]

        init(_ title: String, _ text: String) {
            testDescription = title
            bytes = Array(text.utf8)
        }
    }

    /// A request with the key and these lines, and what comes behind its head.
    private static func update(_ title: String, _ lines: [String], _ rest: String = "") -> Case {
        let head = ["POST /v1/scores/update HTTP/1.1", "Host: x", "X-Api-Key: \(Gateway.key.text)"]
        let type = ["Content-Type: application/json"]
        return Case(title, (head + type + lines).joined(separator: "\r\n") + "\r\n\r\n" + rest)
    }

    private static func chunks(_ title: String, _ rest: String) -> Case {
        update(title, ["Transfer-Encoding: chunked"], rest)
    }

    private static func get(_ title: String, _ lines: String...) -> Case {
        Case(title, (["GET /healthz HTTP/1.1"] + lines).joined(separator: "\r\n") + "\r\n\r\n")
    }

    private static let smuggled = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
    private static let long = String(repeating: "a", count: 17_000)
    private static let endless = String(repeating: "a", count: 300_000)
    private static let manyHeaders = (0..<200).map { "X-\($0): a" }.joined(separator: "\r\n")
    private static let byteChunks = String(
        repeating: "1;\(String(repeating: "a", count: 1000))\r\n{\r\n", count: 200)
    private static let score = #"{"leaderboard":"a","user":"b","score":1}"#

    private static let lengths: [Case] = [
        update("a length and chunks", ["Content-Length: 5", "Transfer-Encoding: chunked"], "0\r\n\r\n\(smuggled)"),
        update("chunks and a length", ["Transfer-Encoding: chunked", "Content-Length: 5"], "0\r\n\r\n\(smuggled)"),
        update("two lengths", ["Content-Length: 40", "Content-Length: 0"], "\(score)\(smuggled)"),
        update("the same length twice", ["Content-Length: 40", "Content-Length: 40"], score),
        update("a list of lengths", ["Content-Length: 40, 40"], score),
        update("a length with a sign", ["Content-Length: +40"], score),
        update("a length below zero", ["Content-Length: -1"], score),
        update("a hexadecimal length", ["Content-Length: 0x28"], score),
        update("a length with a space in it", ["Content-Length: 4 0"], score),
        update("a length beyond all numbers", ["Content-Length: 18446744073709551656"], score),
        update("a length with a space before the colon", ["Content-Length : 40"], score),
        update("an unknown coding", ["Transfer-Encoding: xchunked"], "0\r\n\r\n"),
        update("chunks that are not last", ["Transfer-Encoding: chunked, identity"], "0\r\n\r\n"),
        update("identity", ["Transfer-Encoding: identity", "Content-Length: 40"], score),
        update("chunks twice", ["Transfer-Encoding: chunked, chunked"], "0\r\n\r\n"),
        update("packed chunks", ["Transfer-Encoding: gzip, chunked"], "0\r\n\r\n"),
        update("two codings", ["Transfer-Encoding: chunked", "Transfer-Encoding: chunked"], "0\r\n\r\n"),
        update("a coding behind a vertical tab", ["Transfer-Encoding: \u{B}chunked"], "0\r\n\r\n"),
        update("a coding in quotes", ["Transfer-Encoding: \"chunked\""], "0\r\n\r\n"),
        Case(
            "chunks in HTTP/1.0",
            "POST /healthz HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n\(smuggled)"),
    ]

    private static let lines: [Case] = [
        Case("bare line feeds", "GET /healthz HTTP/1.1\nHost: x\n\n"),
        Case("one bare line feed", "GET /healthz HTTP/1.1\r\nX-A: a\nHost: x\r\n\r\n"),
        Case("a bare line feed at the end", "GET /healthz HTTP/1.1\r\nHost: x\r\n\n"),
        get("a bare carriage return", "Host: x", "X-A: a\rb"),
        get("a continued line", "Host: x", "X-A: a", " b"),
        get("a continued line with a tab", "Host: x", "X-A: a", "\tb"),
        get("a first line that is continued", " Host: x"),
        get("a space before the colon", "Host: x", "X-A : b"),
        get("a line without a colon", "Host: x", "nonsense"),
        get("a header without a name", "Host: x", ": nonsense"),
        get("a NUL in a value", "Host: x", "X-A: a\u{0}b"),
        get("a NUL in a name", "Host: x", "X\u{0}A: b"),
        get("a control character in a value", "Host: x", "X-A: a\u{1B}b"),
        get("a space in a name", "Host: x", "X A: b"),
        get("no host"), get("two hosts", "Host: x", "Host: y"), get("a host that is a path", "Host: x/y"),
        get("a host with a user", "Host: x@y"), get("a list of hosts", "Host: x, y"),
        get("many headers", "Host: x", manyHeaders),
        get("long headers", "Host: x", "X-A: \(long)"),
        get("a long name", "Host: x", "\(long): b"),
    ]

    private static let targets: [Case] = [
        Case("a whole URL", "GET http://other/healthz HTTP/1.1\r\nHost: x\r\n\r\n"),
        Case("a tunnel", "CONNECT other:443 HTTP/1.1\r\nHost: other:443\r\n\r\n\(smuggled)"),
        Case("a star", "OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n"),
        Case("a fragment", "GET /healthz#a HTTP/1.1\r\nHost: x\r\n\r\n"),
        Case("a space in the path", "GET /healthz a HTTP/1.1\r\nHost: x\r\n\r\n"),
        Case("a tab in the path", "GET /health\tz HTTP/1.1\r\nHost: x\r\n\r\n"),
        Case("a path that is not ASCII", "GET /hé HTTP/1.1\r\nHost: x\r\n\r\n"),
        Case("a path without a slash", "GET healthz HTTP/1.1\r\nHost: x\r\n\r\n"),
        Case("a long request line", "GET /\(long) HTTP/1.1\r\nHost: x\r\n\r\n"),
        Case("an endless request line", "GET /\(endless)"),
        Case("an old version", "GET /healthz\r\n\r\n"), Case("a newer one", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
        Case("a made-up one", "GET /healthz HTTP/1.11\r\nHost: x\r\n\r\n"),
        Case("another protocol", "GET /healthz ICE/1.0\r\nHost: x\r\n\r\n"),
        Case("an unknown method", "GIMME /healthz HTTP/1.1\r\nHost: x\r\n\r\n"),
    ]

    private static let sizes: [Case] = [
        chunks("a size that is no number", "G\r\n"), chunks("a size below zero", "-1\r\n"),
        chunks("a size with a sign", "+28\r\n\(score)\r\n0\r\n\r\n"),
        chunks("a size with 0x", "0x28\r\n\(score)\r\n0\r\n\r\n"),
        chunks("a size behind a space", " 28\r\n\(score)\r\n0\r\n\r\n"),
        chunks("a size before a space", "28 \r\n\(score)\r\n0\r\n\r\n"), chunks("no size", "\r\n\(score)\r\n0\r\n\r\n"),
        chunks("a size beyond all numbers", "10000000000000028\r\n\(score)\r\n0\r\n\r\n"),
        chunks("a size with a bare line feed", "28\n\(score)\r\n0\r\n\r\n"),
        chunks("an extension with a bare line feed", "28;a\n\(score)\r\n0\r\n\r\n"),
        chunks("a chunk with a bare line feed", "28\r\n\(score)\n0\r\n\r\n"),
        chunks("a chunk that is longer than it says", "27\r\n\(score)\r\n0\r\n\r\n"),
        chunks("extensions without end", "28;\(endless)"),
        chunks(
            "extensions on each byte",
            byteChunks),
        chunks("many trailers", "0\r\n\(manyHeaders)\r\n\r\n"),
        chunks("long trailers", "0\r\nX-A: \(long)\r\n\r\n"),
    ]

    @Test("An ambiguous request is answered 400, and nothing behind it is carried out", arguments: lengths + lines)
    func heads(_ bad: Case) async throws { try await refused(bad) }

    @Test(
        "So is one for something else than a path, and one with chunks that are not quite right",
        arguments: targets + sizes)
    func targetsAndChunks(_ bad: Case) async throws { try await refused(bad) }

    private func refused(_ bad: Case) async throws {
        let gateway = Gateway()
        try await gateway.run(.live) { client in
            // The one behind is what would be smuggled, or asked for after an error.
            let text = try await rawExchange(client.client.port!, bad.bytes + Array(Self.smuggled.utf8))
            #expect(text.hasPrefix("HTTP/1.1 400 Bad Request\r\n"), "\(text.prefix(300))")
            #expect(text.ranges(of: "HTTP/1.1 ").count == 1, "\(text)")
            #expect(text.lowercased().contains("connection: close"))
        }
        #expect(gateway.service.submissions.isEmpty)
    }

    @Test("What is unusual and clear is taken")
    func taken() async throws {
        try await Gateway().run(.live) { client in
            try await client.createSum("a")
            let singleBytes = Self.score.map { "1\r\n\($0)\r\n" }.joined()
            for good in [
                Self.chunks("an extension", "28;a=b\r\n\(Self.score)\r\n0\r\n\r\n"),
                Self.chunks("zeros in front", "00028\r\n\(Self.score)\r\n0\r\n\r\n"),
                Self.chunks("a trailer", "28\r\n\(Self.score)\r\n0\r\nX-A: b\r\n\r\n"),
                Self.chunks("bytes one by one", "\(singleBytes)0\r\n\r\n"),
                Self.update("capitals", ["CONTENT-LENGTH: 40"], Self.score),
                Self.update("spaces", ["Content-Length:   40  "], Self.score),
            ] {
                let last = "GET /healthz HTTP/1.1\r\nHost: [::1]:80\r\nConnection: close\r\n\r\n"
                let text = try await rawExchange(client.client.port!, good.bytes + Array(last.utf8))
                #expect(text.ranges(of: "HTTP/1.1 200 OK\r\n").count == 2, "\(good.testDescription): \(text)")
            }
        }
    }

    @Test("Who asks for another protocol gets an answer in this one, and then the end of the connection")
    func upgrade() async throws {
        try await Gateway().run(.live) { client in
            let ask = "GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
            let text = try await rawExchange(
                client.client.port!, ask + "HTTP2-Settings: AAMAAABk\r\n\r\n" + Self.smuggled)
            #expect(text.hasPrefix("HTTP/1.1 200 OK\r\n"))
            #expect(text.ranges(of: "HTTP/1.1 ").count == 1)
            #expect(text.lowercased().contains("connection: close\r\n"))
            // Only the last answer says so.
            let second = try await rawExchange(client.client.port!, Self.smuggled + ask + "\r\n")
            #expect(second.ranges(of: "HTTP/1.1 200 OK").count == 2)
            #expect(second.lowercased().ranges(of: "connection: close").count == 1)
        }
    }

    @Test("A request that is answered before its body fails gets no second answer")
    func failureBehindAnswer() async throws {
        try await Gateway().run(.live) { client in
            let text = try await rawExchange(
                client.client.port!,
                "POST /v1/scores/update HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nnonsense\r\n"
                    + Self.smuggled)
            #expect(text.ranges(of: "HTTP/1.1 ").count == 1, "\(text)")
        }
    }
}
