import AccessSupport
import ControlPlane
import Leaderboards
import Logging
import NodeRuntime
import RESP
import Sharding
import Tenancy
import Testing

@testable import RedisFrontend

@Suite struct RevokedWaitTests {
    @Test("Who waits for entries takes none once his key is revoked", arguments: [false, true])
    func taking(isRevoked: Bool) async throws {
        let access = AccessPlace()
        try await access.addProject("p")
        let key = try await access.addKey(1, of: "p").text
        let shards = HandShards()
        try await TestClient.connect(to: shards, through: access) { client in
            try await client.send("ZADD a 1 x")
            #expect(try await client.reply() == ":1")
        }
        let context = SessionContext(
            service: shards, gatekeeper: access.gatekeeper, configuration: RedisConfiguration(),
            logger: Logger(label: "test"))
        let pass = try access.gatekeeper.open(key, from: nil).get()
        let words = ["BZPOPMIN", "a", "0"].map { ArraySlice(Array($0.utf8)) }
        let command = try PreparedCommand(Arguments(words), project: "p")
        let timeout = try #require(command.command.timeout)
        let id = LeaderboardKey(project: "p", id: "a")
        let pop = BlockedPop(
            command, timeout, at: shards.place(of: id), context, pass: pass, version: .v2)
        if isRevoked { try await access.revokeKey(1) }
        let shard = shards.shards[0]
        var record = shard.makeRecord(at: shards.now)
        pop.take(from: id, on: shard, into: &record)
        #expect(shard.hasEntries(id, at: shards.now) == isRevoked)
    }
}
