internal import Leaderboards
internal import Placement

// Layout, version 1, little-endian. A packet travels encrypted; that it is whole and from the cluster is seen there.
//
//   0  u8   format version (1)
//   1  u8   kind
//   2  u64  sender
//  10  by kind:
//        1 ping          u32 sequence, u64 target
//        2 ping request  u32 sequence, u64 target, endpoint
//        3 ack           u32 sequence
//        4 nack          u32 sequence
//        5 gossip        nothing
//        6 sync offer    u64 digest of members, u64 digest of pieces
//        7 sync state    u8 wanted sections: 1 members, 2 pieces
//   then updates up to the end, each:
//        u8 kind, u16 length of what follows; unknown kinds are passed over
//        1 alive         u64 node, u64 incarnation, description
//        2 suspect       u64 node, u64 incarnation, u64 accuser
//        3 dead          u64 node, u64 incarnation, u64 accuser
//        4 piece         u8 kind, u16 shard, u64 epoch, u64 number, u8 length, payload
//
//   endpoint             u64 high, u64 low half of the IPv6 address, u16 port
//   description          endpoint, u64 start, u32 weight, u16 load, text zone, text version, u8 count and text of each
//                        pool, u8 count and (u8 kind, text) of each service. What follows is from newer versions
//   text                 u8 length, UTF-8
extension Packet {
    package static let formatVersion: UInt8 = 1

    package func encoded() -> [UInt8] {
        var writer = Self.header(from: from, message)
        for update in updates { writer.append(update.encoded()) }
        return writer.bytes
    }

    /// The packet up to its updates.
    static func header(from: NodeID, _ message: Message) -> ByteWriter {
        var writer = ByteWriter()
        writer.write(formatVersion)
        writer.write(message.kind)
        writer.write(from.number)
        switch message {
        case .ping(let sequence, let target):
            writer.write(sequence)
            writer.write(target.number)
        case .pingRequest(let sequence, let target, let endpoint):
            writer.write(sequence)
            writer.write(target.number)
            writer.write(endpoint)
        case .ack(let sequence), .nack(let sequence): writer.write(sequence)
        case .gossip: break
        case .syncOffer(let digest):
            writer.write(digest.members)
            writer.write(digest.pieces)
        case .syncState(let wanted): writer.write(wanted.rawValue)
        }
        return writer
    }

    package init(_ bytes: [UInt8]) throws(PacketProblem) {
        var reader = ByteReader(bytes)
        let version = try reader.read(UInt8.self)
        guard version == Self.formatVersion else { throw .unknownVersion(version) }
        let kind = try reader.read(UInt8.self)
        from = NodeID(try reader.read(UInt64.self))
        message = try Message(kind: kind, &reader)
        updates = []
        while !reader.isAtEnd {
            let kind = try reader.read(UInt8.self)
            var body = try reader.slice(Int(try reader.read(UInt16.self)))
            if let update = try Update(kind: kind, &body) { updates.append(update) }
        }
    }
}

extension Packet.Message {
    fileprivate var kind: UInt8 {
        switch self {
        case .ping: 1
        case .pingRequest: 2
        case .ack: 3
        case .nack: 4
        case .gossip: 5
        case .syncOffer: 6
        case .syncState: 7
        }
    }

    fileprivate init(kind: UInt8, _ reader: inout ByteReader) throws(PacketProblem) {
        switch kind {
        case 1:
            let sequence = try reader.read(UInt32.self)
            self = .ping(sequence: sequence, target: NodeID(try reader.read(UInt64.self)))
        case 2:
            let sequence = try reader.read(UInt32.self)
            let target = NodeID(try reader.read(UInt64.self))
            self = .pingRequest(sequence: sequence, target: target, endpoint: try reader.readEndpoint())
        case 3: self = .ack(sequence: try reader.read(UInt32.self))
        case 4: self = .nack(sequence: try reader.read(UInt32.self))
        case 5: self = .gossip
        case 6:
            let members = try reader.read(UInt64.self)
            self = .syncOffer(SyncDigest(members: members, pieces: try reader.read(UInt64.self)))
        case 7: self = .syncState(wanted: SyncSections(rawValue: try reader.read(UInt8.self)))
        default: throw .unknownKind(kind)
        }
    }
}

extension Update {
    func encoded() -> [UInt8] {
        var body = ByteWriter()
        let kind: UInt8
        switch self {
        case .alive(let node, let incarnation, let description):
            kind = 1
            body.write(node.number)
            body.write(incarnation)
            body.write(description)
        case .suspect(let node, let incarnation, let accuser):
            kind = 2
            body.write(node.number)
            body.write(incarnation)
            body.write(accuser.number)
        case .dead(let node, let incarnation, let accuser):
            kind = 3
            body.write(node.number)
            body.write(incarnation)
            body.write(accuser.number)
        case .piece(let piece):
            kind = 4
            body.write(piece.key.kind.rawValue)
            body.write(piece.key.shard.number)
            body.write(piece.epoch)
            body.write(piece.number)
            body.write(UInt8(piece.payload.count))
            body.append(piece.payload)
        }
        var writer = ByteWriter()
        writer.reserve(body.count + 3)
        writer.write(kind)
        writer.write(UInt16(body.count))
        writer.append(body.bytes)
        return writer.bytes
    }

    /// Nil if it is of a newer version's kind.
    fileprivate init?(kind: UInt8, _ reader: inout ByteReader) throws(PacketProblem) {
        switch kind {
        case 1:
            let node = NodeID(try reader.read(UInt64.self))
            let incarnation = try reader.read(UInt64.self)
            self = .alive(node, incarnation: incarnation, try reader.readDescription())
        case 2, 3:
            let node = NodeID(try reader.read(UInt64.self))
            let incarnation = try reader.read(UInt64.self)
            let accuser = NodeID(try reader.read(UInt64.self))
            self =
                kind == 2
                ? .suspect(node, incarnation: incarnation, accuser: accuser)
                : .dead(node, incarnation: incarnation, accuser: accuser)
        case 4:
            guard let kind = Piece.Kind(rawValue: try reader.read(UInt8.self)) else { return nil }
            let shard = ShardID(try reader.read(UInt16.self))
            let epoch = try reader.read(UInt64.self)
            let number = try reader.read(UInt64.self)
            let count = Int(try reader.read(UInt8.self))
            guard count <= Piece.payloadBytesMax else { throw .tooLong }
            self = .piece(
                Piece(
                    Piece.Key(kind, shard), epoch: epoch, number: number, payload: try reader.readBytes(count)))
        default: return nil
        }
    }
}

extension ByteWriter {
    mutating func write(_ endpoint: Endpoint) {
        write(endpoint.high)
        write(endpoint.low)
        write(endpoint.port)
    }

    mutating func write(_ description: NodeDescription) {
        write(description.endpoint)
        write(description.start)
        write(UInt32(description.weight))
        write(UInt16(description.load))
        write(description.zone.name)
        write(description.version)
        write(UInt8(description.pools.count))
        for pool in description.pools.sorted() { write(pool.name) }
        write(UInt8(description.services.count))
        for (service, address) in description.services.sorted(by: { $0.key < $1.key }) {
            write(service.rawValue)
            write(address)
        }
    }
}

extension ByteReader {
    mutating func readEndpoint() throws(PacketProblem) -> Endpoint {
        let high = try read(UInt64.self)
        let low = try read(UInt64.self)
        return Endpoint(high: high, low: low, port: try read(UInt16.self))
    }

    mutating func readDescription() throws(PacketProblem) -> NodeDescription {
        let endpoint = try readEndpoint()
        let start = try read(UInt64.self)
        let weight = Int(try read(UInt32.self))
        guard weight <= NodeProfile.weightMax else { throw .badNumber }
        let load = Int(try read(UInt16.self))
        let nameMax = NodeDescription.nameBytesMax
        let zone = Zone(try readText(bytesMax: nameMax))
        let version = try readText(bytesMax: nameMax)
        var pools: Set<Pool> = []
        for _ in 0..<(try read(UInt8.self)) { pools.insert(Pool(try readText(bytesMax: nameMax))) }
        var services: [NodeDescription.Service: String] = [:]
        for _ in 0..<(try read(UInt8.self)) {
            let service = NodeDescription.Service(rawValue: try read(UInt8.self))
            let address = try readText(bytesMax: nameMax)
            if let service { services[service] = address }
        }
        do throws(NodeDescription.Problem) {
            var description = try NodeDescription(
                endpoint: endpoint, services: services, weight: weight, zone: zone, pools: pools, load: load,
                version: version)
            description.start = start
            return description
        } catch { throw .tooLong }
    }
}
