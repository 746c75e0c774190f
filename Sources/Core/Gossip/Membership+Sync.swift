internal import Leaderboards
internal import Placement

/// The comparison of all that is known, which repairs whatever news did not reach; and reunions with nodes that are thought
/// dead. All over the same datagrams: each part of a state is a packet of its own that helps without the others.
extension Membership {
    mutating func beginSync(at now: Instant, effects: inout [Effect]) {
        syncDue = now.advanced(by: settings.syncInterval)
        forgetDead(at: now)
        guard let node = ring.pick(1, random: &random).first else { return }
        offerSync(to: known[node]!.description.endpoint, effects: &effects)
    }

    /// Tries one who is not there: a dead node, or a seed at which nobody is known to be.
    mutating func beginReunion(at now: Instant, effects: inout [Effect]) {
        let interval = ring.count == 0 ? settings.reunionIntervalAlone : settings.reunionInterval
        reunionDue = now.advanced(by: interval)
        let present = Set(ring.ids.map { known[$0]!.description.endpoint })
        var absent = Set(known.values.filter { $0.state == .dead }.map(\.description.endpoint))
        absent.formUnion(seeds)
        absent.subtract(present)
        absent.remove(description.endpoint)
        guard let endpoint = absent.sorted().randomElement(using: &random) else { return }
        offerSync(to: endpoint, effects: &effects)
    }

    mutating func offerSync(to endpoint: Endpoint, effects: inout [Effect]) {
        counters.syncsOffered += 1
        send(.syncOffer(digest), to: endpoint, effects: &effects)
    }

    /// Of what is present, since dead nodes are remembered differently long by different nodes.
    var digest: SyncDigest {
        var digest = SyncDigest(members: Self.hash(id.number, incarnation), pieces: 0)
        for id in ring.ids { digest.members &+= Self.hash(id.number, known[id]!.incarnation) }
        for piece in pieces.values {
            let key = UInt64(piece.key.kind.rawValue) << 16 | UInt64(piece.key.shard.number)
            digest.pieces &+= Self.hash(Self.hash(key, piece.epoch), piece.number)
        }
        return digest
    }

    private static func hash(_ left: UInt64, _ right: UInt64) -> UInt64 {
        SeededRandom.mixed(SeededRandom.mixed(left &+ 0x9E37_79B9_7F4A_7C15) ^ right)
    }

    mutating func answerOffer(_ offered: SyncDigest, to endpoint: Endpoint, effects: inout [Effect]) {
        let own = digest
        var sections: SyncSections = []
        if offered.members != own.members { sections.insert(.members) }
        if offered.pieces != own.pieces { sections.insert(.pieces) }
        sendState(sections, to: endpoint, wanting: sections, effects: &effects)
    }

    /// - Parameter wanted: what the other one should send back
    mutating func sendState(
        _ sections: SyncSections, to endpoint: Endpoint, wanting wanted: SyncSections, effects: inout [Effect]
    ) {
        guard !sections.isEmpty else { return }
        counters.syncsSent += 1
        var packets: [[UInt8]] = []
        if sections.contains(.members) { packets += pack([ownUpdate], then: memberUpdates()) }
        if sections.contains(.pieces) { packets += pack([], then: knownPieces.map(Update.piece)) }
        // The first asks; the others are only told.
        for (index, updates) in packets.enumerated() {
            var writer = Packet.header(from: id, .syncState(wanted: index == 0 ? wanted : []))
            writer.append(updates)
            transmit(writer.bytes, to: endpoint, effects: &effects)
        }
        if packets.isEmpty, !wanted.isEmpty {
            transmit(Packet(from: id, .syncState(wanted: wanted)).encoded(), to: endpoint, effects: &effects)
        }
    }

    var ownUpdate: Update { .alive(id, incarnation: incarnation, description) }

    private func memberUpdates() -> [Update] {
        members.flatMap { member -> [Update] in
            switch member.state {
            case .alive: [.alive(member.id, incarnation: member.incarnation, member.description)]
            case .suspect:
                [
                    .suspect(
                        member.id, incarnation: member.incarnation, accuser: suspicions[member.id]!.accusers[0])
                ]
            case .dead: [.dead(member.id, incarnation: member.incarnation, accuser: id)]
            case .left: [.dead(member.id, incarnation: member.incarnation, accuser: member.id)]
            }
        }
    }

    /// Divides updates into packets. If there are more than may be sent, chance decides where to begin, so that others come
    /// next time.
    private mutating func pack(_ first: [Update], then updates: [Update]) -> [[UInt8]] {
        let room = settings.packetBytesMax - Packet.syncStateHeaderBytes
        let start = updates.isEmpty ? 0 : random.below(updates.count)
        var packets: [[UInt8]] = []
        var current: [UInt8] = []
        for update in first + updates[start...] + updates[..<start] {
            let bytes = update.encoded()
            if current.count + bytes.count > room {
                packets.append(current)
                current = []
                guard packets.count < settings.syncPacketsMax else { return packets }
            }
            current += bytes
        }
        if !current.isEmpty { packets.append(current) }
        return packets
    }

    private mutating func forgetDead(at now: Instant) {
        for member in members where !member.isPresent && now - member.since > settings.deadKept {
            known[member.id] = nil
        }
    }

    // MARK: Pieces

    mutating func publish(_ piece: Piece, at now: Instant) { _ = keep(piece) }

    mutating func learn(_ piece: Piece, effects: inout [Effect]) {
        if keep(piece) { effects.append(.learned(piece)) }
    }

    /// - Returns: whether it is new
    private mutating func keep(_ piece: Piece) -> Bool {
        if let old = pieces[piece.key] {
            guard piece.isNewer(than: old) else { return false }
        } else if pieces.count >= settings.piecesMax {
            counters.piecesRefused += 1
            return false
        }
        pieces[piece.key] = piece
        broadcasts.add(.piece(piece.key), .piece(piece), isUrgent: piece.key.kind == .owner)
        return true
    }
}

extension Packet {
    /// Version, kind, sender, wanted sections.
    static let syncStateHeaderBytes = 11
}
