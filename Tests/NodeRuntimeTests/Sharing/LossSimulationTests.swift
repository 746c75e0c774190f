import CommitLogs
import Foundation
import Leaderboards
import Placement
import Sharding
import TestSupport
import Testing

@testable import NodeRuntime

/// One shard whose log loses its end again and again, at places from a seed, also before what was kept the last time, with a third
/// node that is there or away when it happens, and comes back with what it has.
private struct LossSimulation {
    private static let id = ShardID(0)
    private let place = ClusterPlace(shardCount: 1, checkpointAge: .seconds(2))
    private var random: SplitMix64
    /// Users who have a point, in the order in which that was acknowledged, and the record that the log ended with then.
    private var acknowledged: [(user: String, number: UInt64)] = []
    private var userCount = 0
    private(set) var problems: [String] = []
    private(set) var lostCount = 0
    private(set) var epochs: [UInt64] = []

    private let forgetsOrders: Bool

    /// - Parameter forgetsOrders: whether the quarantine is lifted, and nothing is given up
    init(seed: UInt64, forgetsOrders: Bool = false) {
        random = SplitMix64(seed: seed)
        self.forgetsOrders = forgetsOrders
    }

    mutating func play(rounds: Int) async throws {
        let pair = [place.member(1), place.member(2)]
        var simulation = self
        try await place.run(pair) {
            for round in 0..<rounds {
                let third = simulation.place.member(3)
                let isAway = simulation.random.next() % 2 == 0
                try await simulation.place.run(third) {
                    let all = pair + [third]
                    try await simulation.write(round == 0 ? 3 : 0, all)
                    try await simulation.write(Int(simulation.random.next() % 8), all)
                    await simulation.place.pass(.seconds(Int(simulation.random.next() % 6)))
                    try await simulation.write(Int(simulation.random.next() % 8), all)
                    if !isAway { try await simulation.lose(all, removed: []) }
                    try await simulation.compare(all)
                }
                simulation.place.rumours.set(third.id, .gone)
                try await simulation.write(Int(simulation.random.next() % 4), pair)
                if isAway { try await simulation.lose(pair, removed: [3]) }
                try await simulation.write(1 + Int(simulation.random.next() % 4), pair)
                try await simulation.compare(pair)
            }
        }
        self = simulation
    }

    private func holder(_ members: [ClusterPlace.Member]) async -> ClusterPlace.Member? {
        for member in members where await member.node.report(on: [0]).shards.first?.role == .owner { return member }
        return nil
    }

    private mutating func write(_ count: Int, _ members: [ClusterPlace.Member]) async throws {
        for _ in 0..<count {
            userCount += 1
            let user = "u\(userCount)"
            try await place.pass {
                try expectTakenUp()
                guard let owner = await holder(members) else { return false }
                _ = try? await owner.node.create(.a, .points())
                return (try? await owner.node.add(user, requestKey: user)) != nil
            }
            acknowledged.append((user, try #require(try await place.records.tail(of: Self.id)).number))
        }
    }

    /// The log loses what is behind one of the records that it ended with, and that is accepted.
    private mutating func lose(_ members: [ClusterPlace.Member], removed: Set<UInt64>) async throws {
        let (id, place) = (Self.id, place)
        let isOrderedBefore = random.next() % 2 == 0
        let numbersAnew = random.next() % 2 == 0
        let kept = acknowledged[Int(random.next() % UInt64(acknowledged.count))].number
        if isOrderedBefore { try await quarantine(members) }
        let end = try await place.records.tail(of: id)?.number
        place.records.loseEnd(of: id, behind: kept, numbersAnew: numbersAnew)
        if !isOrderedBefore { try await quarantine(members) }
        lostCount += acknowledged.count { $0.number > kept }
        acknowledged.removeAll { $0.number > kept }
        let survey = try await members[0].inspector(DirectLinks(members)).survey(shard: 0, removed: removed)
        guard let loss = survey.loss else {
            problems.append("not accepted: \(survey.problems)")
            throw ClusterPlace.NeverHeld()
        }
        // If nothing was lost, the owner could still give the shard up.
        if loss.number != kept, end != kept { problems.append("the log ends with record \(loss.number), not \(kept)") }
        place.orders.change { orders in
            if !forgetsOrders { orders.losses[id, default: AcceptedLosses()].all.append(loss) }
            orders.quarantines = [:]
        }
        try await place.pass {
            try expectTakenUp()
            return await holder(members) != nil
        }
        epochs.append(await holder(members)?.node.report(on: [0]).shards.first?.epoch ?? 0)
    }

    /// Nobody waits for what will never be.
    private func expectTakenUp() throws {
        if place.orders.current().quarantines[Self.id] != nil { throw ClusterPlace.NeverHeld() }
    }

    private func quarantine(_ members: [ClusterPlace.Member]) async throws {
        let id = Self.id
        place.orders.change { $0.quarantines[id] = "a doubt" }
        try await place.pass {
            for member in members {
                let sight = await member.node.report(on: [0]).shards.first
                guard sight?.role == .vacant, sight?.log.quarantine != nil else { return false }
            }
            return true
        }
    }

    /// All have what was acknowledged and not lost, and nothing else.
    private mutating func compare(_ members: [ClusterPlace.Member]) async throws {
        let expected = Set(acknowledged.map { "\($0.user) 1" })
        try await place.pass {
            try expectTakenUp()
            guard let owner = await holder(members), let whole = try? await owner.node.state(ofShard: 0) else {
                return false
            }
            for member in members {
                let sight = await member.node.report(on: [0]).shards.first
                guard sight?.role != .vacant, sight?.isBehind == false,
                    try await member.node.state(ofShard: 0) == whole
                else { return false }
            }
            return true
        }
        let table = try await holder(members)!.node.table()
        let found = Set(table.isEmpty ? [] : table.components(separatedBy: ", "))
        if found != expected {
            problems.append("missing \(expected.subtracting(found)), too many \(found.subtracting(expected))")
        }
        if let reason = place.orders.current().quarantines[Self.id] { problems.append("quarantined: \(reason)") }
    }
}

@Suite("Accepted losses, simulated", .timeLimit(.minutes(10)))
struct LossSimulationTests {
    private static let seeds = UInt64(ProcessInfo.processInfo.environment["LAUREL_SEEDS"] ?? "") ?? 6

    @Test("Whatever a log loses and whoever was away: what is left and what comes after is there, once, on all nodes")
    func losses() async throws {
        var lostCount = 0
        for seed in 1...Self.seeds {
            var simulation = LossSimulation(seed: seed)
            do {
                try await simulation.play(rounds: 4)
            } catch {
                Issue.record("seed \(seed): \(error)")
            }
            #expect(simulation.problems == [], "seed \(seed)")
            #expect(simulation.epochs == simulation.epochs.sorted() && simulation.epochs.count == 4, "seed \(seed)")
            lostCount += simulation.lostCount
        }
        #expect(lostCount > 2 * Int(Self.seeds))
    }

    @Test("Canary: a shard that is only released is quarantined again")
    func canary() async throws {
        var (seed, isFound) = (UInt64(1), false)
        while seed <= 10, !isFound {
            var simulation = LossSimulation(seed: seed, forgetsOrders: true)
            do {
                try await simulation.play(rounds: 4)
                isFound = !simulation.problems.isEmpty
            } catch {
                isFound = true
            }
            seed += 1
        }
        #expect(isFound)
    }
}
