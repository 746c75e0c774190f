import Leaderboards
import NodeRuntime
import Testing

@Suite("A log that is silent", .timeLimit(.minutes(2)))
struct SilentLogTests {
    @Test("Who asked is told that nobody knows, who comes later is refused, and it goes on by itself")
    func silence() async throws {
        let place = ClusterPlace(shardCount: 1)
        let member = place.member(1)
        try await place.run(member) {
            try await place.pass { await member.node.isOwner(of: .a) }
            _ = try await member.node.create(.a, .points())
            try await member.node.add("ann")
            member.log.cut()
            async let write = problem { try await member.node.add("bob") }
            // Once the lease is over.
            await place.pass(.seconds(3))
            async let read = problem { try await member.node.table() }
            await place.pass(.seconds(9))
            guard case .outcomeUnknown? = await write, case .unavailable? = await read else {
                Issue.record("\(String(describing: await write)), \(String(describing: await read))")
                return
            }
            let silence = ServiceError.unavailable("the log can't be reached", retryAfter: 1)
            #expect(await problem { try await member.node.add("cid") } == silence)
            #expect(await problem { try await member.node.table() } == silence)

            member.log.mend()
            try await place.pass { (try? await member.node.table()) == "ann 1, bob 1" }
            try await member.node.add("cid", points: 3)
            #expect(try await member.node.table() == "cid 3, ann 1, bob 1")
        }
    }
}

extension Node {
    func isOwner(of key: LeaderboardKey) async -> Bool {
        switch await problem({ try await self.describe(key) }) {
        case nil, .refused?: true
        default: false
        }
    }
    func owns(anyOf keys: [LeaderboardKey]) async -> Bool {
        for key in keys where await isOwner(of: key) { return true }
        return false
    }
}
