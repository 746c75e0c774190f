import Foundation
import HTTPTypes
import Testing

@testable import AdminAPI

/// The requests that the command `laurel` can send, read out of its source, since an executable can't be imported everywhere.
struct CommandSource {
    /// Such as `GET /admin/v1/projects/{}/keys`.
    let requests: Set<String>

    init(_ text: String) {
        var requests: Set<String> = []
        // A path's parts that vary are written \(escaped(…)).
        let literal = /"((?:[^"\\]|\\\(escaped\([^()]*\)\))*)"/
        func add(_ method: Substring, _ path: Substring) {
            let path = path.replacing(/\\\(escaped\([^()]*\)\)/, with: "{}")
            requests.insert("\(method.uppercased()) /admin/v1/\(path)")
        }
        for match in text.matches(of: /send\(\s*\.(\w+),\s*"((?:[^"\\]|\\\(escaped\([^()]*\)\))*)"/) {
            add(match.1, match.2)
        }
        for match in text.matches(of: /\.list\(\s*"((?:[^"\\]|\\\(escaped\([^()]*\)\))*)"/) { add("get", match.1) }
        // Streams of backups.
        for match in text.matches(of: /(?:stream|whole)\(\s*"((?:[^"\\]|\\\(escaped\([^()]*\)\))*)"/) {
            add("get", match.1)
        }
        // One whose path is chosen before: let path = … ? "…" : "…".
        for match in text.matches(of: /let path = (.+)/) {
            for path in match.1.matches(of: literal) { add("get", path.1) }
        }
        self.requests = requests
    }

    /// Routes that no command sends.
    func missing(of routes: [AdminRoute]) -> [String] {
        routes.map { "\($0.method.rawValue) \($0.template.replacing(/\{\w+\}/, with: "{}"))" }
            .filter { !requests.contains($0) }
    }
}

@Suite struct CommandCoverageTests {
    private func source() throws -> CommandSource {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let files = try ["Commands", "Backups"].flatMap { name in
            let folder = root.appending(path: "Sources/Executables/laurel/\(name)")
            return try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
        }
        return CommandSource(try files.map { try String(contentsOf: $0, encoding: .utf8) }.joined(separator: "\n"))
    }

    @Test("Every route has a command")
    func everyRoute() throws { #expect(try source().missing(of: AdminRoute.all) == []) }

    @Test("No command sends what is no route")
    func noOther() throws {
        let routes = Set(AdminRoute.all.map { "\($0.method.rawValue) \($0.template.replacing(/\{\w+\}/, with: "{}"))" })
        #expect(try source().requests.subtracting(routes) == [])
    }

    @Test("Canary: a route without a command is seen")
    func canary() {
        let source = CommandSource(
            #"""
            try await $0.send(.get, "plans")
            let answer = try await $0.send(
                .patch, "plans/\(escaped(plan))", body: body)
            try await $0.list("projects/\(escaped(project))/keys", query: list.query)
            let path = project.map { "projects/\(escaped($0))/anomalies" } ?? "anomalies"
            """#)
        #expect(
            source.requests == [
                "GET /admin/v1/plans", "PATCH /admin/v1/plans/{}", "GET /admin/v1/projects/{}/keys",
                "GET /admin/v1/projects/{}/anomalies", "GET /admin/v1/anomalies",
            ])
        #expect(
            source.missing(of: AdminRoute.plans + AdminRoute.anomalies) == [
                "POST /admin/v1/plans", "GET /admin/v1/plans/{}",
            ])
    }
}
