import Leaderboards
import NodeRuntime
import Regions
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

    @Test("Work that may see what is old is carried out there; all other, and if it is too old, is for its home")
    func work() async throws {
        let place = ClusterPlace(shardCount: 4)
        let (owner, mirror) = (place.member(1), place.member(2, isMirror: true))
        owner.membership.believe(alive: [1])
        let regions = ["eu", "us"].map {
            Region(name: $0, cluster: $0, gateways: [GatewayAddress(host: "127.0.0.1", port: 1)])
        }
        func routed(_ mirrors: [String: Node]) -> RoutedService {
            RoutedService(
                mirror.node, links: place.wires.links(of: 2, mirror.node), directory: FixedDirectory(),
                regions: RegionRouting("us", of: RegionMap(regions: regions, defaultHome: "eu"), links: WiredLinks()),
                mirrors: mirrors)
        }
        func start(_ work: TestWork, with mirrors: [String: Node]) -> TestWork {
            let routed = routed(mirrors)
            routed.enqueue(work, at: routed.place(of: work.key))
            return work
        }
        let mirrors = ["eu": mirror.node]
        // A node that does not serve yet says nothing itself.
        #expect(await start(TestWork(.count, ageMax: .seconds(60)), with: mirrors).end() == .moved(to: nil))
        try await place.run(owner, mirror) {
            try await place.pass { await owner.node.start(.enter("ann")).end() == nil }
            try await place.pass {
                let work = start(TestWork(.count, ageMax: .seconds(60)), with: mirrors)
                return await work.end() == nil && work.count == 1
            }
            let others = [
                start(TestWork(.count), with: mirrors),
                start(TestWork(.enter("bob"), ageMax: .seconds(60)), with: mirrors),
                start(TestWork(.count, ageMax: .seconds(60)), with: [:]),
            ]
            for work in others {
                #expect(await work.end() == .moved(to: nil))
                #expect(work.runCount == 0)
            }
            mirror.log.cut()
            await place.pass(.seconds(10))
            #expect(await start(TestWork(.count, ageMax: .seconds(5)), with: mirrors).end() == .moved(to: nil))
            #expect(await start(TestWork(.count, ageMax: .seconds(60)), with: mirrors).end() == nil)
            mirror.log.mend()
        }
    }
}
