import Foundation
import Testing
import TestSupport

extension RealProcess {
    @Suite("Access log")
    struct AccessLogTests {
        private struct Line: Decodable {
            var id, route, project, client, agent: String?
            var status: Int
        }

        private func lines(_ path: String) throws -> [Line] {
            try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").map {
                try JSONDecoder().decode(Line.self, from: Data($0.utf8))
            }
        }

        @Test("has a line for each request, for whom a trusted proxy asked, and goes on in a new file when told to")
        func file() async throws {
            try await TemporaryDirectory.with { directory in
                let path = directory.path + "/access.log"
                let laureld = try Laureld(
                    data: directory.path + "/data",
                    settings: Laureld.logOnly + ["access-log=\(path)", "trusted-proxies=127.0.0.0/8"])
                let connection = try HTTPConnection(port: laureld.port)
                func ask(_ number: Int) throws {
                    try connection.send(
                        HTTPConnection.request(
                            "GET", "/v1/leaderboards",
                            headers: [
                                ("X-Api-Key", laureld.key), ("X-Forwarded-For", "1.1.1.1, 203.0.113.\(number)"),
                                ("User-Agent", "a\u{9B}31m\" b\u{2028}"), ("X-Request-Id", "request-\(number)"),
                            ], body: nil))
                    #expect(try connection.receive().status == 200)
                }
                for number in 1...100 { try ask(number) }
                // The answer comes before the line.
                let all = try eventually("100 lines") { () -> [Line]? in
                    // The last line may be half there.
                    let found = ((try? lines(path)) ?? []).filter { $0.route == "/v1/leaderboards" }
                    return found.count == 100 ? found : nil
                }
                #expect(all.map(\.id) == (1...100).map { "request-\($0)" })
                #expect(all.map(\.client) == (1...100).map { "203.0.113.\($0)" })
                #expect(
                    all.allSatisfy {
                        $0.status == 200 && $0.project == "default" && $0.agent == "a\u{9B}31m\" b\u{2028}"
                    })
                #expect(
                    try Data(contentsOf: URL(fileURLWithPath: path)).allSatisfy {
                        $0 == 0x0A || (0x20...0x7E).contains($0)
                    })
                #expect(try !String(contentsOfFile: path, encoding: .utf8).contains("lb_live"))
                try FileManager.default.moveItem(atPath: path, toPath: path + ".1")
                laureld.process.signal(SIGHUP)
                _ = try eventually("a new file") { FileManager.default.fileExists(atPath: path) ? () : nil }
                try ask(101)
                #expect(try laureld.stop() == .exited(0))
                // The stop wrote the last of them.
                #expect(try lines(path).map(\.id) == ["request-101"])
            }
        }
    }
}
