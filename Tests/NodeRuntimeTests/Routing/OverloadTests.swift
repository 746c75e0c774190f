import Leaderboards
import NIOPosix
import Placement
import ServiceLifecycle
import Sharding
import Synchronization
import Testing

@testable import NodeLink
@testable import NodeRuntime

extension OverSockets {
    /// More is asked than is taken.
    @Suite("Scenario 34: overload in a cluster", .timeLimit(.minutes(3)))
    struct OverloadTests {
        @Test(
            "A shard whose log is slow takes so many requests; more are refused at once, whoever was asked, and other shards go on; later all is taken, once"
        )
        func fullShard() async throws {
            let place = RoutedPlace(shardCount: 4, waitersMax: 8)
            try await place.run(2) { stations in
                let keys = LeaderboardKey.spread(over: 4)
                var owners: [RoutedPlace.Station] = []
                for key in keys {
                    owners.append(try await place.owner(of: key, among: stations))
                    _ = try await place.passing { try await stations[0].routed.create(key, .points()) }
                }
                let slow = try #require(owners.first)
                let (busy, other) = (keys[0], stations.first { $0.id != slow.id }!)
                let free = keys[try #require(owners.firstIndex { $0.id == other.id })]

                slow.member.log.cut()
                let before = place.cluster.clock.uptime()
                let outcomes = Outcomes()
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for number in 0..<60 {
                        let routed = stations[number % 2].routed
                        group.addTask {
                            let found = await problem {
                                try await routed.submit(.one(number, to: busy), project: "p", upload: nil)
                            }
                            outcomes.add(found)
                        }
                    }
                    // Nobody's time passes meanwhile: they are not kept.
                    await until { outcomes.all.count >= 50 }
                    #expect(place.cluster.clock.uptime() == before)
                    #expect(outcomes.all.allSatisfy { $0 == .overloaded(retryAfter: 1) })
                    #expect(
                        await problem { try await slow.member.node.table(busy) } == .overloaded(retryAfter: 1))

                    for station in stations {
                        _ = try await place.passing {
                            try await station.routed.submit(SubmissionBatch(["bob"], free), project: "p", upload: nil)
                        }
                    }
                    slow.member.log.mend()
                    await until { outcomes.all.count == 60 }
                    try await group.waitForAll()
                }
                let taken = outcomes.all.count { $0 == nil }
                #expect(taken > 0 && taken <= 10)
                for number in 0..<60 {
                    _ = try await place.passing {
                        try await stations[number % 2].routed.submit(.one(number, to: busy), project: "p", upload: nil)
                    }
                }
                #expect(try await slow.member.node.table(busy) == "ann 60")
                #expect(try await other.member.node.table(free) == "bob 2")
            }
        }

        @Test("Of requests for a shard that nobody owns so many are kept, and more are refused at once")
        func nobody() async throws {
            let place = RoutedPlace(shardCount: 1)
            var limits = RoutingLimits.patient
            limits.waitingCountMax = 5
            try await place.run(2, limits: limits) { stations in
                let owner = try await place.owner(of: .a, among: stations)
                let other = stations.first { $0.id != owner.id }!
                _ = try await place.passing { try await other.routed.create(.a, .points()) }
                owner.wire.cut()
                // What is sent before the end is noticed may have been done.
                await until {
                    let found = await problem {
                        try await other.links.call(.describe, [], to: owner.id, within: .seconds(60))
                    }
                    if case .unavailable = found { return true }
                    return false
                }
                let outcomes = Outcomes()
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for number in 0..<20 {
                        group.addTask {
                            let found = await problem {
                                try await other.routed.submit(.one(number, to: .a), project: "p", upload: nil)
                            }
                            outcomes.add(found)
                        }
                    }
                    await until { outcomes.all.count >= 15 }
                    #expect(outcomes.all.allSatisfy { $0 == .overloaded(retryAfter: 1) })
                    owner.wire.mend()
                    while outcomes.all.count < 20 { try await place.pass(.milliseconds(50)) }
                    try await group.waitForAll()
                }
                #expect(outcomes.all.suffix(5).allSatisfy { $0 == nil })
                #expect(try await owner.member.node.table(.a) == "ann 5")
            }
        }

        @Test(
            "To a node that does not answer so many calls, and so many bytes, are under way; more are refused at once, and taken when it answers",
            arguments: [(calls: 4, bytes: 1 << 20), (calls: 100, bytes: 4000)])
        func silentNode(_ bounds: (calls: Int, bytes: Int)) async throws {
            let gate = Gate()
            let directory = FixedDirectory()
            var configuration = NodeLinkConfiguration.test(node: 1)
            configuration.callCountMax = bounds.calls
            configuration.callByteCountMax = bounds.bytes
            let links = NodeLinks(
                configuration: configuration, directory: directory, eventLoops: MultiThreadedEventLoopGroup.singleton,
                logger: .silent)
            let server = TestServer(.test(node: 2), [Echo(gate: gate)])
            let request = [UInt8](repeating: 7, count: 1000)
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                tasks.addTask { try await server.group.run() }
                directory.set(2, port: try await server.port())
                let outcomes = Outcomes()
                try await withThrowingTaskGroup(of: Void.self) { calls in
                    for _ in 0..<12 {
                        calls.addTask {
                            let found = await problem {
                                try await links.call(.create, request, to: 2, within: .seconds(600))
                            }
                            outcomes.add(found)
                        }
                    }
                    await until { outcomes.all.count == 8 }
                    #expect(outcomes.all.allSatisfy { $0 == .overloaded(retryAfter: 1) })
                    gate.open()
                    try await calls.waitForAll()
                }
                #expect(outcomes.all.suffix(4).allSatisfy { $0 == nil })
                #expect(try await links.call(.create, request, to: 2, within: .seconds(600)) == request)
                links.stop()
                await server.group.triggerGracefulShutdown()
                try await tasks.waitForAll()
            }
        }
    }
}

/// What calls failed with, or nil, as they ended.
private final class Outcomes: Sendable {
    private let outcomes = Mutex<[ServiceError?]>([])

    var all: [ServiceError?] { outcomes.withLock { $0 } }
    func add(_ outcome: ServiceError?) { outcomes.withLock { $0.append(outcome) } }
}

extension SubmissionBatch {
    /// A point for ann that counts once, however often it is sent.
    fileprivate static func one(_ number: Int, to key: LeaderboardKey) -> SubmissionBatch {
        SubmissionBatch(["ann"], key, requestKey: "request-\(number)")
    }
}
