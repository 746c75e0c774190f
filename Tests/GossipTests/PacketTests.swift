import Leaderboards
import Placement
import TestSupport
import Testing

@testable import Gossip

/// How packets look, and that no bytes do harm.
@Suite("Gossip packets")
struct PacketTests {
    @Test("Whatever can be said survives being encoded and decoded", arguments: 0..<50)
    func roundTrip(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        for _ in 0..<20 {
            let packet = Packet.random(&random)
            #expect(try Packet(packet.encoded()) == packet)
        }
    }

    @Test("A golden packet, byte by byte: nodes of different versions must understand each other")
    func golden() throws {
        var description = try NodeDescription(
            endpoint: Endpoint(ipv4: 0x0A00_0001, port: 7946), services: [.http: "a:80"], weight: 100, zone: Zone("z"),
            pools: [.common, Pool("p")], load: 500, version: "1")
        description.start = 42
        let packet = Packet(
            from: NodeID(7), .ping(sequence: 258, target: NodeID(9)),
            updates: [
                .alive(NodeID(7), incarnation: 3, description), .suspect(NodeID(8), incarnation: 4, accuser: NodeID(7)),
                .piece(Piece(Piece.Key(.owner, ShardID(513)), epoch: 5, number: 6, payload: [1, 2])),
            ])
        let bytes: [[UInt8]] = [
            [1, 1, 7, 0, 0, 0, 0, 0, 0, 0, 2, 1, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0],
            [1, 63, 0, 7, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0],
            [0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 10, 255, 255, 0, 0, 10, 31],
            [42, 0, 0, 0, 0, 0, 0, 0, 100, 0, 0, 0, 244, 1, 1, 122, 1, 49, 2, 0, 1, 112, 1, 1, 4, 97, 58, 56, 48],
            [2, 24, 0, 8, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0],
            [4, 22, 0, 1, 1, 2, 5, 0, 0, 0, 0, 0, 0, 0, 6, 0, 0, 0, 0, 0, 0, 0, 2, 1, 2],
        ]
        #expect(packet.encoded() == bytes.flatMap { $0 })
        #expect(try Packet(bytes.flatMap { $0 }) == packet)
    }

    @Test(
        "Kinds of news and services that only newer versions know are passed over, and what stands behind in a description"
    )
    func newerVersions() throws {
        let description = try NodeDescription(endpoint: Endpoint(ipv4: 1, port: 2))
        let alive = Update.alive(NodeID(1), incarnation: 2, description)
        var longer = alive.encoded() + [1, 2, 3]
        longer[1] += 3
        let bytes = Packet(from: NodeID(1), .gossip).encoded() + [200, 2, 0, 9, 9] + longer
        #expect(try Packet(bytes).updates == [alive])
    }

    @Test("What is no packet is refused with its reason")
    func refusals() {
        #expect(throws: PacketProblem.truncated) { try Packet([]) }
        #expect(throws: PacketProblem.unknownVersion(2)) { try Packet([2, 1]) }
        #expect(throws: PacketProblem.unknownKind(9)) { try Packet([1, 9] + [UInt8](repeating: 0, count: 8)) }
        let gossip = Packet(from: NodeID(1), .gossip).encoded()
        #expect(throws: PacketProblem.truncated) { try Packet(gossip + [2, 24, 0]) }
        #expect(throws: PacketProblem.truncated) { try Packet(gossip + [2, 1, 0, 7]) }
    }

    @Test("Damaged, cut and made-up packets never do more harm than to be refused", arguments: 0..<20)
    func mutations(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var understood = 0
        for _ in 0..<200 {
            var bytes = Packet.random(&random).encoded()
            for _ in 0..<(1 + random.below(4)) where !bytes.isEmpty {
                switch random.below(4) {
                case 0: bytes[random.below(bytes.count)] = UInt8(random.below(256))
                case 1: bytes.removeLast(random.below(bytes.count))
                case 2: bytes.insert(UInt8(random.below(256)), at: random.below(bytes.count))
                default: bytes[random.below(bytes.count)] ^= 1 << UInt8(random.below(8))
                }
            }
            guard let packet = try? Packet(bytes) else { continue }
            understood += 1
            // What was understood can be said again.
            #expect(try! Packet(packet.encoded()) == packet)
        }
        #expect(understood > 0)
        for _ in 0..<200 { _ = try? Packet((0..<random.below(200)).map { _ in UInt8(random.below(256)) }) }
    }

    @Test("The longest description fits into a packet, and a longer one is refused")
    func bounds() throws {
        let name = String(repeating: "n", count: NodeDescription.nameBytesMax)
        let pools = Set((0..<4).map { Pool(String(name.dropLast()) + String($0)) })
        let services = Dictionary(uniqueKeysWithValues: NodeDescription.Service.allCases.map { ($0, name) })
        let longest = try NodeDescription(
            endpoint: Endpoint(ipv4: 1, port: 1), services: services, weight: .max, zone: Zone(name), pools: pools,
            load: .max, version: name)
        let update = Update.alive(NodeID(.max), incarnation: .max, longest).encoded()
        #expect(update.count == 754 + 16 + 3)
        #expect(try Packet(Packet(from: NodeID(1), .gossip).encoded() + update).updates.count == 1)
        #expect(throws: NodeDescription.Problem.nameTooLong(name + "n")) {
            try NodeDescription(endpoint: Endpoint(ipv4: 1, port: 1), version: name + "n")
        }
        #expect(throws: NodeDescription.Problem.tooManyPools) {
            try NodeDescription(endpoint: Endpoint(ipv4: 1, port: 1), pools: pools.union([.common]))
        }
    }

    @Test("Owners and high-water marks are pieces of at most 64 bytes")
    func pieces() {
        let owner = OwnerEntry(shard: ShardID(3), epoch: 4, number: 5, owner: NodeID(6), incarnation: 7)
        #expect(OwnerEntry(owner.piece) == owner)
        let mark = HighWaterMark(shard: ShardID(3), epoch: 4, number: 5, sequence: 6, hashLow: 7, hashHigh: 8)
        #expect(HighWaterMark(mark.piece) == mark)
        #expect(HighWaterMark(owner.piece) == nil && OwnerEntry(mark.piece) == nil)
        #expect(Update.piece(owner.piece).encoded().count <= 64)
        #expect(Update.piece(mark.piece).encoded().count <= 64)
        #expect(OwnerEntry(Piece(owner.piece.key, epoch: 1, number: 1, payload: [1])) == nil)
    }
}

extension Packet {
    static func random(_ random: inout SplitMix64) -> Packet {
        func id(_ random: inout SplitMix64) -> NodeID { NodeID(random.next()) }
        let sequence = UInt32(truncatingIfNeeded: random.next())
        let endpoint = Endpoint(high: random.next(), low: random.next(), port: UInt16(random.below(65_536)))
        let message: Message =
            switch random.below(7) {
            case 0: .ping(sequence: sequence, target: id(&random))
            case 1: .pingRequest(sequence: sequence, target: id(&random), endpoint: endpoint)
            case 2: .ack(sequence: sequence)
            case 3: .nack(sequence: sequence)
            case 4: .gossip
            case 5: .syncOffer(SyncDigest(members: random.next(), pieces: random.next()))
            default: .syncState(wanted: SyncSections(rawValue: UInt8(random.below(4))))
            }
        let updates = (0..<random.below(5)).map { _ -> Update in
            switch random.below(4) {
            case 0:
                .alive(
                    id(&random), incarnation: random.next(),
                    try! NodeDescription(
                        endpoint: endpoint, services: random.chance(2) ? [.redis: "h:1"] : [:],
                        weight: random.below(300),
                        zone: Zone("z\(random.below(3))"), pools: random.chance(2) ? [] : [Pool("ü")],
                        load: random.below(1001), version: "0.\(random.below(9))"))
            case 1: .suspect(id(&random), incarnation: random.next(), accuser: id(&random))
            case 2: .dead(id(&random), incarnation: random.next(), accuser: id(&random))
            default:
                .piece(
                    Piece(
                        Piece.Key(random.pick(Piece.Kind.allCases), ShardID(UInt16(random.below(65_536)))),
                        epoch: random.next(), number: random.next(),
                        payload: (0..<random.below(41)).map { _ in UInt8(random.below(256)) }))
            }
        }
        return Packet(from: id(&random), message, updates: updates)
    }
}
