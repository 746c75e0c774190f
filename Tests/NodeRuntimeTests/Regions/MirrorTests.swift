import Leaderboards
import NodeRuntime
import Testing

@Suite("What a mirror says of itself", .timeLimit(.minutes(2)))
struct MirrorTests {
    @Test("It follows all shards, is as old as the shard of which it knows least, and ages while its log is away")
    func sight() async throws {
        let place = ClusterPlace(shardCount: 4)
        let (owner, mirror) = (place.member(1), place.member(2, isMirror: true))
        owner.membership.believe(alive: [1])
        #expect(await mirror.node.mirrorSight(askingLogs: false).age == nil)
        try await place.run(owner, mirror) {
            try await place.pass { (await problem { try await owner.node.create(.a, .points()) }) == nil }
            try await owner.node.add("ann", points: 3)
            try await place.pass {
                let sight = await mirror.node.mirrorSight(askingLogs: false)
                return sight.followedCount == 4 && (sight.age.map { $0 <= .seconds(1) } ?? false)
            }
            let sight = await mirror.node.mirrorSight(askingLogs: true)
            #expect(sight.state == "ready" && sight.shardCount == 4 && sight.logs.count == 1)
            #expect(sight.logs[0].end == sight.logs[0].originEnd && sight.logs[0].problem == nil)
            mirror.log.cut()
            await place.pass(.seconds(10))
            let later = await mirror.node.mirrorSight(askingLogs: true)
            #expect(later.age! >= .seconds(10))
            #expect(later.logs[0].originEnd == nil && later.logs[0].problem != nil)
            mirror.log.mend()
        }
    }
}
