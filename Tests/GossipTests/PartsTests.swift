import Leaderboards
import Placement
import Testing

@testable import Gossip

/// The parts that a membership is made of.
@Suite("Parts of gossip")
struct PartsTests {
    private func suspicion(expected: Int) -> Suspicion {
        Suspicion(
            incarnation: 1, accuser: NodeID(1), at: Instant(nanoseconds: 0), least: .seconds(1), most: .seconds(5),
            expected: expected)
    }

    @Test("Each independent accuser shortens the time to refute, by less than the one before, down to the least")
    func confirmations() {
        var suspected = suspicion(expected: 3)
        var deadlines = [suspected.deadline - .start]
        for accuser in UInt64(2)...4 {
            let isNew = suspected.confirm(NodeID(accuser))
            #expect(isNew)
            deadlines.append(suspected.deadline - .start)
        }
        #expect(deadlines == [.seconds(5), .seconds(3), .milliseconds(1832), .seconds(1)])
        let isFifthNew = suspected.confirm(NodeID(5))
        #expect(!isFifthNew, "enough is enough")
    }

    @Test("Who says it twice is one accuser, and where nobody can confirm the time is the least")
    func repetition() {
        var suspected = suspicion(expected: 2)
        let isNew = suspected.confirm(NodeID(1))
        #expect(!isNew)
        #expect(suspected.deadline == Instant(nanoseconds: 5_000_000_000))
        #expect(suspicion(expected: 0).deadline == Instant(nanoseconds: 1_000_000_000))
        suspected.extend(by: .seconds(2))
        #expect(suspected.deadline == Instant(nanoseconds: 7_000_000_000))
    }

    @Test("Health stays within 0 and 8")
    func health() {
        var health = LocalHealth(isUsed: true)
        health.improve()
        #expect(health.multiplier == 1)
        for _ in 0..<5 { health.worsen(by: 3) }
        #expect(health.multiplier == 9)
        health.improve()
        #expect(health.score == 7)
        var unused = LocalHealth(isUsed: false)
        unused.worsen()
        #expect(unused.multiplier == 1)
    }

    @Test("Each member is asked once a round, in an order that changes, whoever comes and goes")
    func ring() {
        var random = SeededRandom(seed: 1)
        var ring = ProbeRing()
        #expect(ring.advance(random: &random) == nil)
        for id in UInt64(1)...20 { ring.insert(NodeID(id), random: &random) }
        var rounds: [[NodeID]] = []
        while ring.advance(random: &random) != ring.ids.last {}
        for _ in 0..<3 { rounds.append((0..<20).map { _ in ring.advance(random: &random)! }) }
        for round in rounds { #expect(Set(round).count == 20) }
        #expect(Set(rounds).count == 3)
        for _ in 0..<7 { _ = ring.advance(random: &random) }
        let rest = Set(ring.ids.suffix(13))
        for gone in ring.ids.prefix(5) { ring.remove(gone) }
        #expect(Set((0..<13).map { _ in ring.advance(random: &random)! }) == rest)
        #expect(Set(ring.pick(4, excluding: NodeID(3), random: &random)).subtracting([NodeID(3)]).count == 4)
        #expect(ring.pick(99, random: &random).count == 15)
    }

    private func update(_ node: UInt64, _ incarnation: UInt64 = 1) -> Update {
        .suspect(NodeID(node), incarnation: incarnation, accuser: NodeID(99))
    }

    private func take(_ broadcasts: inout Broadcasts, room: Int, limit: Int = 3) -> [Update] {
        var writer = Packet.header(from: NodeID(1), .gossip)
        broadcasts.fill(&writer, bytesMax: writer.count + room, limit: limit)
        return try! Packet(writer.bytes).updates
    }

    @Test("News are told so often and no oftener, those told least first")
    func retransmission() {
        var broadcasts = Broadcasts()
        for node in UInt64(1)...3 { broadcasts.add(.member(NodeID(node)), update(node), isUrgent: node == 1) }
        var told: [Update] = []
        for _ in 0..<4 { told += take(&broadcasts, room: 60) }
        #expect(told == [1, 2, 3, 1, 2, 3, 1, 2].map { update($0) })
        #expect(broadcasts.urgentCount == 0)
        #expect(take(&broadcasts, room: 1000) == [update(3)])
        #expect(broadcasts.count == 0)
    }

    @Test("Newer news about somebody replace older ones, so there are never more than subjects")
    func replacement() {
        var broadcasts = Broadcasts()
        for incarnation in UInt64(1)...10_000 {
            broadcasts.add(.member(NodeID(1)), update(1, incarnation), isUrgent: true)
        }
        #expect(broadcasts.count == 1 && broadcasts.urgentCount == 1)
        #expect(take(&broadcasts, room: 1000) == [update(1, 10_000)])
    }
}
