import Gossip
import GossipSimulation
import Leaderboards
import Placement
import Testing

/// Whole clusters in virtual time.
@Suite("Gossiping clusters")
struct ClusterTests {
    @Test("Nodes that know one seed find each other", arguments: [2, 3, 9, 25])
    func forming(count: Int) throws {
        var cluster = Simulation(count, seed: 1, isFormed: false)
        let time = cluster.run(atMost: .seconds(10)) { $0.allAgree() }
        #expect(try #require(time) < .seconds(5))
    }

    @Test("The same seed gives the same history, another one another")
    func determinism() {
        func history(_ seed: UInt64) -> [Observation] {
            var cluster = Simulation(9, seed: seed, conditions: Conditions(lostPerMille: 200, doubledPerMille: 50))
            cluster.slow(2, pauses: .seconds(1), every: .seconds(3))
            cluster.run(for: .seconds(20))
            cluster.crash(4)
            cluster.run(for: .seconds(10))
            return cluster.observations
        }
        #expect(history(1) == history(1))
        #expect(history(1) != history(2))
    }

    @Test("A node that dies is found dead by all within seconds, and nobody else is suspected", arguments: [3, 5, 9])
    func detection(count: Int) throws {
        for seed in UInt64(0)..<4 {
            var cluster = Simulation(count, seed: seed)
            cluster.run(for: .seconds(10))
            cluster.crash(1)
            let others = cluster.nodes.indices.filter { $0 != 1 }
            let time = cluster.run(atMost: .seconds(10)) { cluster in
                others.allSatisfy { cluster.state(of: 1, seenBy: $0) == .dead }
            }
            #expect(try #require(time) < .seconds(6))
            #expect(cluster.observations.allSatisfy { $0.subject == 1 })
        }
    }

    @Test("A node that leaves is known to have left, and never held for dead")
    func leaving() {
        var cluster = Simulation(9, seed: 1)
        cluster.run(for: .seconds(5))
        cluster.handle(.leave, 4)
        cluster.crash(4)
        cluster.run(for: .seconds(5))
        for observer in 0..<9 where observer != 4 { #expect(cluster.state(of: 4, seenBy: observer) == .left) }
        #expect(cluster.deaths().isEmpty)
    }

    @Test(
        "Failure mode a, fault 28: halves that were apart for five minutes find each other again, and no half loses one of its own"
    )
    func partition() throws {
        for seed in UInt64(0)..<2 {
            var cluster = Simulation(9, seed: seed)
            cluster.run(for: .seconds(5))
            cluster.groups = [0, 0, 0, 0, 0, 1, 1, 1, 1]
            let halves = [Array(0..<5), Array(5..<9)]
            let apart = cluster.run(atMost: .seconds(20)) { $0.agree(halves[0]) && $0.agree(halves[1]) }
            #expect(apart != nil)
            cluster.run(for: .seconds(300))
            for half in halves {
                #expect(
                    !cluster.deaths().contains { half.contains($0.observer) && half.contains($0.subject) })
            }
            cluster.groups = nil
            let together = cluster.run(atMost: .seconds(60)) { $0.allAgree() }
            #expect(try #require(together) < .seconds(20))
        }
    }

    @Test("Canary: without reunions the halves stay apart")
    func noReunion() {
        var settings = GossipSettings()
        settings.reunionInterval = .seconds(100_000)
        var cluster = Simulation(6, seed: 1, settings: settings)
        cluster.run(for: .seconds(10))
        cluster.groups = [0, 0, 0, 1, 1, 1]
        cluster.run(for: .seconds(60))
        cluster.groups = nil
        let together = cluster.run(atMost: .seconds(120)) { $0.allAgree() }
        #expect(together == nil)
    }

    @Test("Failure mode a, worse: nodes that have forgotten each other altogether meet again at their seeds")
    func forgotten() {
        var settings = GossipSettings()
        settings.deadKept = .seconds(10)
        var cluster = Simulation(6, seed: 1, settings: settings)
        cluster.groups = [0, 0, 0, 1, 1, 1]
        cluster.run(for: .seconds(90))
        #expect(cluster.state(of: 4, seenBy: 0) == nil)
        cluster.groups = nil
        let again = cluster.run(atMost: .seconds(60)) { $0.allAgree() }
        #expect(again != nil)
    }

    @Test("Failure mode b: slow observers accuse nobody to death, and hardly anybody at all; without Lifeguard they do")
    func slowObservers() {
        let slow = [2, 4, 6]
        func wronged(_ settings: GossipSettings) -> (suspected: Int, dead: Int) {
            var suspected = 0
            var dead = 0
            for seed in UInt64(0)..<3 {
                var cluster = Simulation(9, seed: seed, settings: settings)
                for node in slow { cluster.slow(node, pauses: .milliseconds(1500), every: .milliseconds(2)) }
                cluster.run(for: .seconds(60))
                let wrong = cluster.observations.filter { !slow.contains($0.subject) }
                suspected += wrong.count { $0.member.state == .suspect }
                dead += wrong.count { $0.member.state == .dead }
            }
            return (suspected, dead)
        }
        let lifeguard = wronged(GossipSettings())
        let plain = wronged(.plain)
        #expect(lifeguard.dead == 0)
        #expect(plain.dead > 0)
        #expect(lifeguard.suspected * 20 < plain.suspected)
    }

    @Test("Nodes that fall behind without end do harm, but a fraction of what they do without Lifeguard")
    func overload() {
        func wronglyDead(_ settings: GossipSettings) -> Int {
            var cluster = Simulation(9, seed: 1, settings: settings)
            let overloaded = [2, 4, 6]
            for node in overloaded { cluster.overload(node, eachDatagram: .milliseconds(100)) }
            cluster.run(for: .seconds(60))
            return cluster.deaths().count { !overloaded.contains($0.subject) }
        }
        #expect(wronglyDead(GossipSettings()) * 2 < wronglyDead(.plain))
    }

    @Test("Failure mode d: a node that restarts at once is alive for all, whatever was told of it")
    func restart() {
        var cluster = Simulation(5, seed: 1)
        cluster.run(for: .seconds(5))
        for round in 0..<5 {
            cluster.crash(2)
            cluster.run(for: .milliseconds(300 + 1000 * (round % 3)))
            cluster.restart(2)
            let again = cluster.run(atMost: .seconds(10)) { $0.allAgree() }
            #expect(again != nil)
            let start = cluster.nodes[2].membership.description.start
            #expect(cluster.nodes[0].membership.member(Simulation.id(2))?.description.start == start)
        }
        cluster.crash(2)
        cluster.run(for: .seconds(8))
        // Its clock was set back by years; it hears of its former life and rises above it.
        cluster.restart(2, clockMilliseconds: 1000)
        let again = cluster.run(atMost: .seconds(10)) { $0.allAgree() }
        #expect(again != nil)
    }

    @Test("Failure mode f: no packet is longer than a datagram may be, however much there is to tell")
    func packetSizes() {
        var cluster = Simulation(30, seed: 1, isFormed: false)
        for shard in 0..<256 {
            let entry = OwnerEntry(
                shard: ShardID(UInt16(shard)), epoch: 1, number: 1, owner: Simulation.id(shard % 30), incarnation: 1)
            cluster.handle(.publish(entry.piece), shard % 30)
            let mark = HighWaterMark(
                shard: ShardID(UInt16(shard)), epoch: 1, number: 9, sequence: 9, hashLow: 1, hashHigh: 2)
            cluster.handle(.publish(mark.piece), shard % 30)
        }
        let all = cluster.run(atMost: .seconds(90)) { cluster in
            cluster.allAgree() && cluster.nodes.allSatisfy { $0.membership.knownPieces.count == 512 }
        }
        #expect(all != nil)
        #expect(cluster.longestPacket > 1300)
        #expect(cluster.longestPacket <= GossipSettings().packetBytesMax)
    }

    @Test("Failure mode g: nodes of which one does not hear the other are not held for dead, since others hear both")
    func asymmetricLinks() {
        var cluster = Simulation(5, seed: 1)
        cluster.cut = [Link(from: 1, to: 2), Link(from: 3, to: 0)]
        cluster.run(for: .seconds(600))
        #expect(cluster.deaths().isEmpty)
    }

    @Test("Fault 29: a bad link, 30 % of all packets lost and a slow node kill nobody in ten minutes", arguments: 0..<2)
    func badNetwork(seed: UInt64) {
        var cluster = Simulation(
            9, seed: seed,
            conditions: Conditions(lostPerMille: 300, doubledPerMille: 20, delayMicroseconds: 200...20_000))
        cluster.cut = [Link(from: 4, to: 5)]
        cluster.slow(7, pauses: .milliseconds(500), every: .seconds(2))
        cluster.run(for: .seconds(600))
        #expect(cluster.deaths().isEmpty, "seed \(seed)")
    }

    @Test("An owner that is published is known to all within a second or two, a high-water mark by the next comparison")
    func pieces() {
        var cluster = Simulation(9, seed: 1)
        cluster.run(for: .seconds(3))
        let owner = OwnerEntry(shard: ShardID(7), epoch: 3, number: 1, owner: Simulation.id(2), incarnation: 1).piece
        let mark = HighWaterMark(shard: ShardID(7), epoch: 3, number: 5, sequence: 9, hashLow: 1, hashHigh: 2).piece
        cluster.handle(.publish(owner), 2)
        cluster.handle(.publish(mark), 2)
        func know(_ piece: Piece, _ cluster: Simulation) -> Bool {
            cluster.nodes.allSatisfy { $0.membership.piece(piece.key) == piece }
        }
        let soon = cluster.run(atMost: .seconds(2)) { know(owner, $0) }
        let later = cluster.run(atMost: .seconds(20)) { know(mark, $0) }
        #expect(soon != nil && later != nil)
        #expect(cluster.learned.count == 16)
    }
}
