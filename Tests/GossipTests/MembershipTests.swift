import Leaderboards
import Placement
import Testing

@testable import Gossip

/// One membership that is told things, without any others.
@Suite("Membership")
struct MembershipTests {
    /// A membership, its time and what it wanted done.
    private struct Subject {
        var membership: Membership
        var now = Instant.start
        var effects: [Membership.Effect] = []

        init(_ settings: GossipSettings = GossipSettings(), seeds: [Endpoint] = []) {
            membership = Membership(
                id: NodeID(1), incarnation: 1000, description: Self.description(1), seeds: seeds, settings: settings,
                seed: 1)
            handle(.start)
        }

        static func description(_ node: UInt64) -> NodeDescription {
            try! NodeDescription(endpoint: Endpoint(ipv4: UInt32(node), port: 1))
        }

        mutating func handle(_ input: Membership.Input) {
            effects = []
            membership.handle(input, at: now, effects: &effects)
        }

        mutating func receive(_ message: Packet.Message = .gossip, from node: UInt64 = 2, _ updates: Update...) {
            let packet = Packet(from: NodeID(node), message, updates: updates)
            handle(.received(packet.encoded(), from: Endpoint(ipv4: UInt32(node), port: 1)))
        }

        mutating func alive(_ node: UInt64, incarnation: UInt64 = 1) {
            receive(.gossip, from: node, .alive(NodeID(node), incarnation: incarnation, Self.description(node)))
        }

        /// Lets time pass, on time for every deadline.
        mutating func advance(_ duration: Duration) -> [Membership.Effect] {
            let end = now.advanced(by: duration)
            var all: [Membership.Effect] = []
            while membership.nextDeadline <= end {
                now = max(now, membership.nextDeadline)
                handle(.tick)
                all += effects
            }
            now = end
            return all
        }

        func state(_ node: UInt64) -> Member.State? { membership.member(NodeID(node))?.state }
    }

    private func sent(_ effects: [Membership.Effect]) -> [(packet: Packet, to: UInt32)] {
        effects.compactMap { effect in
            guard case .send(let bytes, let endpoint) = effect else { return nil }
            return (try! Packet(bytes), endpoint.ipv4!)
        }
    }

    @Test("Failure mode c: only who is said to be alive becomes a member, never who is suspected or dead")
    func onlyAliveAdds() {
        var subject = Subject()
        subject.receive(.gossip, .suspect(NodeID(5), incarnation: 9, accuser: NodeID(2)))
        subject.receive(.gossip, .dead(NodeID(5), incarnation: 9, accuser: NodeID(2)))
        subject.receive(.syncState(wanted: []), .dead(NodeID(5), incarnation: 9, accuser: NodeID(2)))
        #expect(subject.membership.members == [])
        subject.alive(5)
        #expect(subject.state(5) == .alive)
        subject.receive(.gossip, .dead(NodeID(5), incarnation: 1, accuser: NodeID(2)))
        subject.receive(.gossip, .suspect(NodeID(5), incarnation: 1, accuser: NodeID(2)))
        #expect(subject.state(5) == .dead)
    }

    @Test("Failure mode d: what is told of an earlier life does not touch a restarted node")
    func restarted() {
        var subject = Subject()
        subject.alive(2, incarnation: 100)
        subject.receive(.gossip, .dead(NodeID(2), incarnation: 100, accuser: NodeID(3)))
        subject.alive(2, incarnation: 5000)
        subject.receive(.gossip, .dead(NodeID(2), incarnation: 100, accuser: NodeID(3)))
        subject.receive(.gossip, .suspect(NodeID(2), incarnation: 4999, accuser: NodeID(3)))
        #expect(subject.state(2) == .alive)
    }

    @Test("A node that hears of its own death, or of an earlier life from a clock that was ahead, rises above it")
    func refutation() {
        var subject = Subject()
        subject.alive(2)
        subject.receive(
            .ping(sequence: 4, target: NodeID(1)), .suspect(NodeID(1), incarnation: 1000, accuser: NodeID(2)))
        #expect(subject.membership.incarnation == 1001)
        let answer = sent(subject.effects)[0].packet
        #expect(answer.message == .ack(sequence: 4))
        let own = subject.membership.description
        #expect(answer.updates.contains(.alive(NodeID(1), incarnation: 1001, own)), "with the answer")
        subject.receive(.gossip, .dead(NodeID(1), incarnation: 1001, accuser: NodeID(2)))
        subject.receive(.gossip, .dead(NodeID(1), incarnation: 1001, accuser: NodeID(2)))
        #expect(subject.membership.incarnation == 1002)
        subject.receive(.gossip, .alive(NodeID(1), incarnation: 7000, Subject.description(1)))
        #expect(subject.membership.incarnation == 7001)
        subject.receive(.gossip, .alive(NodeID(1), incarnation: 7001, own))
        #expect(subject.membership.incarnation == 7001, "its own words")
        #expect(subject.membership.counters.refutations == 2)
    }

    @Test("Another node of the same name is noticed")
    func duplicate() {
        var subject = Subject()
        subject.receive(.gossip, .alive(NodeID(1), incarnation: 7000, Subject.description(9)))
        #expect(subject.effects == [.duplicate(of: NodeID(1), at: Endpoint(ipv4: 9, port: 1))])
        #expect(subject.membership.incarnation == 7001)
    }

    @Test(
        "Who does not answer is probed through others, then suspected, then dead; and told of the suspicion when asked again"
    )
    func probing() {
        var subject = Subject()
        for node in UInt64(2)...4 { subject.alive(node) }
        var packets: [Packet] = []
        for _ in 0..<60 {
            let now = sent(subject.advance(.milliseconds(100))).map(\.packet)
            packets += now
            for packet in now {
                guard case .ping(let sequence, let target) = packet.message, target != NodeID(2) else { continue }
                subject.receive(.ack(sequence: sequence), from: target.number)
            }
        }
        let requests = packets.filter { if case .pingRequest(_, NodeID(2), _) = $0.message { true } else { false } }
        #expect(requests.count >= 2)
        let pings = packets.filter { if case .ping(_, NodeID(2)) = $0.message { true } else { false } }
        #expect(pings.count >= 2)
        let accusation = Update.suspect(NodeID(2), incarnation: 1, accuser: NodeID(1))
        #expect(!pings[0].updates.contains(accusation))
        #expect(pings.dropFirst().allSatisfy { $0.updates.first == accusation })
        #expect(subject.state(2) == .dead && subject.state(3) == .alive && subject.state(4) == .alive)
    }

    @Test("A suspect from whom something comes is told at once that it is one, but not with every packet")
    func reminding() {
        var subject = Subject()
        subject.alive(2)
        let accusation = Update.suspect(NodeID(2), incarnation: 1, accuser: NodeID(3))
        subject.receive(.gossip, from: 3, accusation)
        subject.receive(.gossip, from: 2)
        #expect(sent(subject.effects).map(\.packet.updates.first) == [accusation])
        subject.receive(.gossip, from: 2)
        #expect(subject.effects == [])
        subject.alive(2, incarnation: 2)
        #expect(subject.effects.count { if case .send = $0 { true } else { false } } == 0)
        #expect(subject.state(2) == .alive)
    }

    @Test("A probe for somebody else is answered with an ack or, in time for him, a nack")
    func relaying() {
        var subject = Subject()
        let request = Packet.Message.pingRequest(sequence: 77, target: NodeID(9), endpoint: Endpoint(ipv4: 9, port: 1))
        subject.receive(request, from: 2)
        guard case .ping(let sequence, NodeID(9)) = sent(subject.effects)[0].packet.message else {
            Issue.record("no ping")
            return
        }
        subject.receive(.ack(sequence: sequence), from: 9)
        #expect(sent(subject.effects).map(\.packet.message) == [.ack(sequence: 77)])
        subject.receive(.ack(sequence: sequence), from: 9)
        #expect(subject.effects == [], "once")
        subject.receive(request, from: 2)
        let later = sent(subject.advance(.milliseconds(199)))
        #expect(later.contains { $0.packet.message == .nack(sequence: 77) && $0.to == 2 })
    }

    @Test("A ping that is meant for somebody else at this address is not answered")
    func wrongTarget() {
        var subject = Subject()
        subject.receive(.ping(sequence: 1, target: NodeID(8)))
        #expect(subject.effects == [])
    }

    @Test("Health worsens if those who were asked to help do not answer either, and not if they say that they are well")
    func nacks() {
        for isNacked in [true, false] {
            var subject = Subject()
            for node in UInt64(2)...4 { subject.alive(node) }
            while subject.membership.counters.probesFailed == 0 {
                for (packet, to) in sent(subject.advance(.milliseconds(50))) {
                    guard isNacked, case .pingRequest(let sequence, _, _) = packet.message else { continue }
                    subject.receive(.nack(sequence: sequence), from: UInt64(to))
                }
            }
            #expect((subject.membership.healthScore > 0) == !isNacked)
        }
    }

    @Test("A node that was not running for seconds blames nobody, and thinks the less of itself")
    func pause() {
        var subject = Subject()
        for node in UInt64(2)...4 { subject.alive(node) }
        subject.receive(.gossip, .suspect(NodeID(3), incarnation: 1, accuser: NodeID(2)))
        while subject.membership.probe == nil { _ = subject.advance(.milliseconds(10)) }
        subject.now = subject.now.advanced(by: .seconds(20))
        subject.handle(.tick)
        #expect(subject.membership.members.map(\.state) == [.alive, .suspect, .alive])
        #expect(subject.membership.healthScore == 1)
        #expect(subject.membership.counters.pauses == 1)
        #expect(subject.membership.counters.probesFailed == 0)
    }

    @Test("Failure mode e: who is held for dead is still answered and listened to, so gossip bars nobody from anything")
    func deadAreHeard() {
        var subject = Subject()
        subject.alive(2)
        subject.receive(.gossip, from: 3, .dead(NodeID(2), incarnation: 1, accuser: NodeID(3)))
        let piece = OwnerEntry(shard: ShardID(1), epoch: 2, number: 3, owner: NodeID(2), incarnation: 1).piece
        subject.receive(.ping(sequence: 5, target: NodeID(1)), from: 2, .piece(piece))
        #expect(subject.state(2) == .dead)
        #expect(subject.effects.contains(.learned(piece)))
        #expect(sent(subject.effects).map(\.packet.message) == [.ack(sequence: 5)])
        subject.receive(.gossip, from: 3, .suspect(NodeID(3), incarnation: 9, accuser: NodeID(2)))
        #expect(subject.membership.profiles.map(\.id) == [NodeID(1)])
    }

    @Test("Suspects still count for placement")
    func suspectsCount() {
        var subject = Subject()
        subject.alive(2)
        subject.receive(.gossip, from: 3, .suspect(NodeID(2), incarnation: 1, accuser: NodeID(3)))
        #expect(subject.membership.profiles.map(\.id) == [NodeID(1), NodeID(2)])
    }

    @Test("Of two pieces about a shard that of the later epoch, then of the later record holds, whoever brings it")
    func pieces() {
        var subject = Subject()
        func owner(_ epoch: UInt64, _ number: UInt64, _ node: UInt64) -> Piece {
            OwnerEntry(shard: ShardID(1), epoch: epoch, number: number, owner: NodeID(node), incarnation: 1).piece
        }
        subject.handle(.publish(owner(2, 10, 5)))
        subject.receive(.gossip, .piece(owner(1, 99, 6)))
        #expect(subject.effects == [])
        subject.receive(.gossip, .piece(owner(2, 11, 7)))
        #expect(subject.effects == [.learned(owner(2, 11, 7))])
        subject.receive(.gossip, .piece(owner(3, 1, 8)), .piece(owner(3, 1, 9)))
        #expect(subject.membership.knownPieces == [owner(3, 1, 8)])
    }

    @Test("Members, pieces and relays are bounded")
    func bounds() {
        var settings = GossipSettings()
        settings.membersMax = 2
        settings.piecesMax = 3
        settings.relaysMax = 4
        var subject = Subject(settings)
        for node in UInt64(2)...5 { subject.alive(node) }
        for shard in UInt16(0)..<9 {
            subject.receive(
                .gossip,
                .piece(OwnerEntry(shard: ShardID(shard), epoch: 1, number: 1, owner: NodeID(1), incarnation: 1).piece))
            subject.receive(
                .pingRequest(sequence: 1, target: NodeID(9), endpoint: Endpoint(ipv4: 9, port: 1)))
        }
        #expect(subject.membership.members.count == 2)
        #expect(subject.membership.knownPieces.count == 3)
        #expect(subject.membership.relays.count == 4)
        let counters = subject.membership.counters
        #expect((counters.membersRefused, counters.piecesRefused, counters.relaysRefused) == (2, 6, 5))
    }

    @Test("When members are many, who is gone for longest makes room")
    func crowding() {
        var settings = GossipSettings()
        settings.membersMax = 3
        var subject = Subject(settings)
        for node in UInt64(2)...4 { subject.alive(node) }
        for node in UInt64(3)...4 {
            subject.now = subject.now.advanced(by: .milliseconds(1))
            subject.receive(.gossip, .dead(NodeID(node), incarnation: 1, accuser: NodeID(2)))
        }
        subject.alive(5)
        #expect(subject.membership.members.map(\.id) == [NodeID(2), NodeID(4), NodeID(5)])
        #expect(subject.membership.counters.membersRefused == 0)
    }

    @Test("A bad datagram is refused, and the next one handled")
    func badDatagram() {
        var subject = Subject()
        subject.handle(.received([1, 2, 3], from: Endpoint(ipv4: 4, port: 1)))
        #expect(subject.effects == [.refused(.truncated, from: Endpoint(ipv4: 4, port: 1))])
        subject.alive(2)
        #expect(subject.state(2) == .alive)
        #expect(subject.membership.counters.packetsRefused == 1)
    }

    @Test("Changes of the description are told at most once a second, the newest in the end")
    func descriptions() {
        var subject = Subject()
        subject.alive(2)
        for load in 1...50 {
            subject.handle(.describe(Subject.description(1).with(load: load)))
            _ = subject.advance(.milliseconds(50))
        }
        _ = subject.advance(.seconds(2))
        #expect(subject.membership.description.load == 50)
        #expect(subject.membership.incarnation == 1004, "within 2.5 seconds")
    }

    @Test("Who leaves says so and is silent; who hears it does not try it again, and another life of it is welcome")
    func leaving() {
        var subject = Subject()
        for node in UInt64(2)...4 { subject.alive(node) }
        subject.handle(.leave)
        let farewell = Update.dead(NodeID(1), incarnation: 1000, accuser: NodeID(1))
        #expect(sent(subject.effects).allSatisfy { $0.packet.updates.first == farewell } && subject.effects.count == 3)
        subject.receive(.ping(sequence: 1, target: NodeID(1)))
        #expect(subject.effects == [] && subject.membership.nextDeadline == .never)

        var other = Subject()
        other.alive(2)
        other.receive(.gossip, from: 2, .dead(NodeID(2), incarnation: 1, accuser: NodeID(2)))
        #expect(other.state(2) == .left)
        #expect(sent(other.advance(.seconds(60))).isEmpty)
        other.alive(2, incarnation: 2)
        #expect(other.state(2) == .alive)
    }

    @Test("A dead node is forgotten after a day")
    func forgetting() {
        var subject = Subject()
        subject.alive(2)
        subject.alive(3)
        subject.receive(.gossip, from: 3, .dead(NodeID(2), incarnation: 1, accuser: NodeID(2)))
        _ = subject.advance(.seconds(60))
        subject.now = subject.now.advanced(by: .seconds(86_400))
        _ = subject.advance(.seconds(30))
        #expect(subject.state(2) == nil)
    }

    @Test("Equal states are not exchanged; of different ones each side gets the other's")
    func syncing() {
        var subject = Subject()
        subject.alive(2)
        let digest = subject.membership.digest
        subject.receive(.syncOffer(digest))
        #expect(subject.effects == [])
        subject.receive(.syncOffer(SyncDigest(members: 0, pieces: digest.pieces)))
        let answer = sent(subject.effects).map(\.packet)
        #expect(answer.map(\.message) == [.syncState(wanted: .members)])
        #expect(answer[0].updates.count == 2)
        subject.receive(.syncState(wanted: .members), .alive(NodeID(3), incarnation: 1, Subject.description(3)))
        #expect(subject.state(3) == .alive)
        #expect(sent(subject.effects).map(\.packet.message) == [.syncState(wanted: [])])
    }

    @Test("An exchange has so many packets and no more; what did not fit comes another time")
    func longState() {
        var settings = GossipSettings()
        settings.packetBytesMax = 700
        settings.syncPacketsMax = 3
        var subject = Subject(settings)
        for node in UInt64(2)...100 { subject.alive(node) }
        var told: Set<Update> = []
        for round in 1...40 {
            subject.receive(.syncState(wanted: .members))
            let packets = sent(subject.effects).map(\.packet)
            #expect(packets.count == 3, "round \(round)")
            told.formUnion(packets.flatMap(\.updates))
        }
        #expect(told.count == 100, "itself and all others")
    }

    @Test("All seeds but itself are asked at the start, and again while nobody is there")
    func seeds() {
        let seeds = [1, 2, 3].map { Endpoint(ipv4: $0, port: 1) }
        var subject = Subject(seeds: seeds)
        #expect(sent(subject.effects).map(\.to) == [2, 3])
        let again = sent(subject.advance(.seconds(30)))
        #expect(again.count == 30 && Set(again.map(\.to)) == [2, 3])
    }
}
