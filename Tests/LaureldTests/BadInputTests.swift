import Foundation
import Testing
import TestSupport

extension RealProcess {
    /// A few of each kind over a real socket; the whole matrix is the gateway's own tests'.
    @Suite("Bad input")
    struct BadInputTests {
        private struct Case {
            var name: String
            var bytes: [UInt8]
            /// What is acceptable; nothing where the server may just close the connection.
            var answers: Set<String>
        }

        @Test("gets a clear error and changes nothing")
        func badInput() async throws {
            try await TemporaryDirectory.with { directory in
                let laureld = try Laureld(data: directory.path + "/data")
                let client = laureld.client()
                try client.createLeaderboard(
                    #"{"id":"a","columns":[{"name":"p","type":"integer","operator":"sum"}],"dimensions":["country"]}"#)
                for number in 1...5 { try client.submit("a", "u\(number)", number) }
                let before = try client.get("/v1/leaderboards/a/top").text
                for bad in cases(client) {
                    let connection = try HTTPConnection(port: laureld.port)
                    var answer: HTTPConnection.Response?
                    do {
                        try connection.send(bad.bytes)
                        answer = try connection.receive()
                    } catch HTTPConnection.Broken.inFlight {
                        // A body that is too large may be cut off while it is sent.
                    }
                    let found = answer.map { "\($0.status) \($0.code ?? $0.text.prefix(80).description)" } ?? "closed"
                    #expect(bad.answers.contains(found), "\(bad.name): \(found)")
                    if let answer, answer.headers["content-type"]?.hasPrefix("application/problem+json") == true {
                        let problem: Problem = try answer.decoded()
                        #expect(problem.status == answer.status && problem.detail?.isEmpty == false, "\(bad.name)")
                    }
                    // Its position in the log is in it too, so nothing at all was entered.
                    #expect(try client.get("/v1/leaderboards/a/top").text == before, "\(bad.name)")
                }
                #expect(try laureld.stop() == .exited(0))
            }
        }

        private func cases(_ client: Client) -> [Case] {
            func update(_ name: String, _ body: some Collection<UInt8>, _ answers: String...) -> Case {
                Case(
                    name: name, bytes: client.request("POST", "/v1/scores/update", body: Array(body)),
                    answers: Set(answers))
            }
            func score(_ more: String) -> String { #"{"leaderboard":"a",\#(more)}"# }
            func raw(_ name: String, _ text: String, _ answers: String...) -> Case {
                Case(name: name, bytes: Array(text.utf8), answers: Set(answers))
            }
            let good = Array(score(#""user":"u1","score":1"#).utf8)
            let deep = String(repeating: "[", count: 100_000)
            return [
                update(
                    "a name of 10 MB", score(#""user":"\#(String(repeating: "x", count: 10 << 20))","score":1"#).utf8,
                    "413 body_too_large", "closed"),
                update(
                    "a name of 300 bytes", score(#""user":"\#(String(repeating: "x", count: 300))","score":1"#).utf8,
                    "422 invalid_name"),
                update("an empty name", score(#""user":"","score":1"#).utf8, "422 invalid_name"),
                update("a control character", score(#""user":"a\u0007b","score":1"#).utf8, "422 invalid_name"),
                update(
                    "invalid UTF-8",
                    Array(#"{"leaderboard":"a","user":""#.utf8) + [0xC3, 0x28] + Array(#"","score":1}"#.utf8),
                    "400 invalid_utf8"),
                update(
                    "deep JSON", score(#""user":"u1","score":1,"metadata":{"a":\#(deep)"#).utf8, "400 json_too_deep"),
                update("duplicate keys", score(#""user":"u1","score":1,"score":2"#).utf8, "422 duplicate_field"),
                update("an unknown field", score(#""user":"u1","scoer":1"#).utf8, "422 unknown_field"),
                update("a wrong type", score(#""user":"u1","score":true"#).utf8, "422 wrong_type"),
                update("NaN", score(#""user":"u1","score":NaN"#).utf8, "400 invalid_json"),
                update("an infinity", score(#""user":"u1","score":1e999"#).utf8, "422 number_out_of_range"),
                update(
                    "more than 64 bits", score(#""user":"u1","score":9223372036854775808"#).utf8,
                    "422 number_out_of_range"),
                update("a fraction", score(#""user":"u1","score":1.5"#).utf8, "422 score_type"),
                update("half a body of JSON", good.dropLast(), "400 invalid_json"),
                update("an empty body", [UInt8](), "400 invalid_json"),
                update(
                    "an unknown leaderboard", #"{"leaderboard":"b","user":"u1","score":1}"#.utf8,
                    "404 unknown_leaderboard"),
                Case(
                    name: "no key",
                    bytes: HTTPConnection.request(
                        "POST", "/v1/scores/update", headers: [("Content-Type", "application/json")], body: good),
                    answers: ["401 missing_api_key"]),
                Case(
                    name: "a wrong key",
                    bytes: HTTPConnection.request(
                        "POST", "/v1/scores/update",
                        headers: [
                            ("Content-Type", "application/json"),
                            ("X-Api-Key", "lrl_live_" + String(repeating: "A", count: 38)),
                        ],
                        body: good),
                    answers: ["401 invalid_api_key"]),
                Case(
                    name: "a wrong content type",
                    bytes: client.request("POST", "/v1/scores/update", body: good, type: "text/plain"),
                    answers: ["415 unsupported_media_type"]),
                Case(
                    name: "a wrong method", bytes: client.request("PUT", "/v1/scores/update", body: good),
                    answers: ["405 method_not_allowed"]),
                raw("not HTTP", "GIMME ALL\r\n\r\n", "closed", "400 "),
                raw(
                    "two lengths",
                    "POST /v1/scores/update HTTP/1.1\r\nHost: x\r\nX-Api-Key: \(client.key)\r\nContent-Type: application/json"
                        + "\r\nContent-Length: 2\r\nContent-Length: 43\r\n\r\n" + String(decoding: good, as: UTF8.self),
                    "closed", "400 "),
                raw(
                    "a length and chunks",
                    "POST /v1/scores/update HTTP/1.1\r\nHost: x\r\nX-Api-Key: \(client.key)\r\nContent-Type: application/json"
                        + "\r\nContent-Length: 43\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
                        + String(decoding: good, as: UTF8.self),
                    "closed", "400 ", "400 invalid_json"),
            ]
        }
    }
}
