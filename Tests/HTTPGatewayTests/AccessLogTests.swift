import Foundation
import HTTPTypes
import HummingbirdTesting
import Leaderboards
import Logging
import NodeRuntime
import Testing

@testable import HTTPGateway

@Suite struct AccessLogTests {
    private struct Noon: NodeClock {
        func now() -> Timestamp { Timestamp(milliseconds: 1_795_608_000_250) }
        func uptime() -> Duration { .zero }
        func randomNumber() -> UInt64 { 0 }
        func sleep(for duration: Duration) async throws {}
    }

    /// A log in a file of its own, and what was written to it.
    private struct Written {
        let path = FileManager.default.temporaryDirectory.appending(path: "access-\(UUID().uuidString)").path
        let log: AccessLog

        init(byteCountMax: Int = 4 << 20) throws {
            log = try AccessLog(path: path, byteCountMax: byteCountMax, clock: Noon(), logger: Gateway.quiet)
        }

        func lines() throws -> [String] {
            log.write()
            return try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").map(String.init)
        }

        func remove() { try? FileManager.default.removeItem(atPath: path) }
    }

    private struct Line: Decodable, Equatable {
        var time: String
        var id, method, route, project, key, client, agent: String?
        var status, `in`, out, us, dropped: Int?
    }

    private func parsed(_ line: String) throws -> Line { try JSONDecoder().decode(Line.self, from: Data(line.utf8)) }

    @Test("Each request has a line with what it was and what became of it", arguments: [false, true])
    func requests(isLive: Bool) async throws {
        let written = try Written()
        defer { written.remove() }
        var gateway = Gateway()
        gateway.configuration.accessLog = written.log
        try await gateway.run(isLive ? .live : .router) { client in
            try await client.createSum("a")
            _ = try await client.get(
                "/v1/leaderboards/a/rank/secret-name?relaxed=true", headers: [.userAgent: "test/1"])
            _ = try await client.get("/healthz", headers: [.apiKey: "lb_live_wrong"])
            _ = try await client.get("/v1/leaderboards", headers: [.apiKey: "lb_live_wrong"])
            _ = try await client.get("/nothing")
            _ = try await client.upload(
                #"{"leaderboard":"a","user":"b","score":2}"#, headers: [.accept: "application/x-ndjson"])
        }
        let text = try written.lines()
        #expect(!text.joined().contains("secret-name") && !text.joined().contains("lb_live"))
        let lines = try text.map(parsed)
        #expect(lines.map(\.status) == [201, 404, 200, 401, 404, 200])
        #expect(
            lines.map(\.route) == [
                "/v1/leaderboards", "/v1/leaderboards/{id}/rank/{user}", "/healthz", "/v1/leaderboards", nil,
                "/v1/scores/bulk",
            ])
        #expect(lines.map(\.project) == ["default", "default", nil, nil, nil, "default"])
        #expect(lines[1].agent == "test/1" && lines[1].method == "GET" && lines[1].id == "test")
        #expect(lines.allSatisfy { $0.us! >= 0 && $0.time.hasPrefix("2026-11-25T12:00:00.25") })
        #expect(lines[5].in == 40)
        #expect(lines[5].out! > 100)
        if isLive { #expect(lines[0].client == "127.0.0.1" || lines[0].client == "::1") }
    }

    @Test("Nothing that a client sends ends a line or reaches a terminal")
    func injection() throws {
        var line = AccessLine(at: Noon().now())
        line.member("agent", "a\r\n{\"time\":\"x\"}\u{1B}[2J\u{9B}\u{2028}\u{202E}é😀\u{7F}\\")
        line.end()
        #expect(line.bytes.allSatisfy { (0x20...0x7E).contains($0) })
        #expect(try parsed(String(decoding: line.bytes, as: UTF8.self)).agent?.hasSuffix("é😀\u{7F}\\") == true)
        var long = AccessLine(at: Noon().now())
        long.member("agent", String(repeating: "\u{1}", count: 100_000), countMax: 128)
        #expect(long.bytes.count < 1000)
    }

    @Test("A client's own request id is kept only if it is harmless")
    func requestIDs() async throws {
        try await Gateway().run { client in
            for (sent, isKept) in [
                ("abc-1.2:3_Z", true), (String(repeating: "a", count: 64), true),
                (String(repeating: "a", count: 65), false),
                ("a b", false), ("a\"b", false), ("é", false), ("a,b", false), ("<x>", false),
            ] {
                let answer = try await client.get("/healthz", headers: [.requestID: sent])
                #expect((answer.headers[.requestID] == sent) == isKept, "\(sent)")
                #expect(answer.headers[.requestID]?.isEmpty == false)
            }
        }
    }

    @Test("Lines that find no room are dropped, counted and told, and later ones are written again")
    func full() throws {
        let written = try Written(byteCountMax: 100)
        defer { written.remove() }
        for number in 0..<5 { written.log.append(Array(repeating: UInt8(ascii: "0") + UInt8(number), count: 40)) }
        let first = try written.lines()
        #expect(first.count == 3)
        #expect(try parsed(first[0]).dropped == 3)
        #expect(first[1].hasPrefix("000") && first[2].hasPrefix("111"))
        written.log.append(Array("next".utf8))
        #expect(try written.lines().dropFirst(3) == ["next"])
    }

    @Test("A file that was moved away is left alone once it is told so")
    func rotation() throws {
        let written = try Written()
        defer { written.remove() }
        written.log.append(Array("one".utf8))
        #expect(try written.lines() == ["one"])
        let moved = written.path + ".1"
        try FileManager.default.moveItem(atPath: written.path, toPath: moved)
        defer { try? FileManager.default.removeItem(atPath: moved) }
        written.log.reopen()
        written.log.append(Array("two".utf8))
        #expect(try written.lines() == ["two"])
        #expect(try String(contentsOfFile: moved, encoding: .utf8) == "one\n")
    }

    @Test("The service writes what is left when it is told to stop")
    func lastLines() async throws {
        let written = try Written()
        defer { written.remove() }
        let log = written.log
        log.append(Array("last".utf8))
        let run = Task { try await log.run() }
        run.cancel()
        try await run.value
        #expect(try String(contentsOfFile: written.path, encoding: .utf8) == "last\n")
    }
}
