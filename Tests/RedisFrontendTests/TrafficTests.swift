import AccessSupport
import Admission
import Testing

@testable import RedisFrontend
@testable import Tenancy

/// What is learned of commands: how many only read, and how many are answered with errors.
@Suite struct TrafficTests {
    private func expect(
        errors: Int, reads: Int, of requests: Int, _ access: AccessPlace, _ location: SourceLocation = #_sourceLocation
    ) throws {
        let state = try #require(access.directory.projects.first).state
        let counts = state.traffic.take()
        let served = state.served.take()
        #expect(Int(counts.errors) == errors && Int(counts.requests) == requests, sourceLocation: location)
        #expect(Int(served.reads) == reads && Int(served.requests) == requests, sourceLocation: location)
    }

    /// Waits for the last reply, which has a word that no other has.
    private func hear(_ word: String, _ client: TestClient) async throws {
        var heard = ""
        while !heard.contains(word) { heard += try await client.reply() }
    }

    @Test("Errors of every kind of command count once, with and without company")
    func errors() async throws {
        let access = AccessPlace()
        try await TestClient.connect(to: HandShards(), through: access) { client in
            try expect(errors: 0, reads: 0, of: 0, access)
            for (line, reads, errors) in [
                ("zadd race 1 ann", 0, 0), ("zscore race ann", 1, 0), ("zcard race", 1, 0),
                ("zrange race 0 -1", 1, 0), ("ping", 0, 0), ("nonsense", 0, 1), ("get race", 0, 1), ("zscore", 0, 1),
                ("zadd race x ann", 0, 1), ("zrange race 0 1 2", 1, 1), ("keys *", 1, 0), ("select 9", 0, 1),
                ("zpopmin none", 0, 0), ("zincrby race nan ann", 0, 1),
            ] {
                try await client.send(line)
                #expect(try await client.reply().hasPrefix("-") == (errors == 1), "\(line)")
                try expect(errors: errors, reads: reads, of: 1, access)
            }
            try await client.send("zcard race", "nonsense", "keys *", "zscore race ann", "get x", "zadd race y ann")
            try await hear("float", client)
            try expect(errors: 3, reads: 3, of: 6, access)
        }
    }

    @Test("A command that is queued counts as itself, and what it is answered in the end as well")
    func transactions() async throws {
        let access = AccessPlace()
        try await TestClient.connect(to: HandShards(), through: access) { client in
            try await client.send("multi", "zcard race", "zadd race x ann", "exec")
            try await hear("float", client)
            try expect(errors: 1, reads: 1, of: 4, access)
        }
    }
}
