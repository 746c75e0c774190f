package import Placement

/// Who is there, as one node sees it: SWIM (Das, Gupta, Motivala 2002) with Lifeguard (Dadgar, Phillips, Currey 2017), and
/// facts about shards that travel along.
///
/// It is told what happens and what time it is, and says what to send and what is new; it has no sockets, clock or randomness. What it
/// believes is a suggestion: nobody owns a shard, and nobody is refused, on its word.
///
/// Invariants: `ring` has exactly the members that are present; each suspect has a suspicion and nobody else has; no member
/// is this node.
package struct Membership: Sendable {
    package let id: NodeID
    package let settings: GossipSettings
    package internal(set) var incarnation: UInt64
    package internal(set) var description: NodeDescription
    package internal(set) var counters = GossipCounters()

    var seeds: [Endpoint]
    var known: [NodeID: Member] = [:]
    var ring = ProbeRing()
    var suspicions: [NodeID: Suspicion] = [:]
    var pieces: [Piece.Key: Piece] = [:]
    var broadcasts = Broadcasts()
    var health: LocalHealth
    /// Nanoseconds for which an answer to a last call is waited for.
    let callSpacing: Int64
    var random: SeededRandom

    var probe: Probe?
    var relays: [Relay] = []
    var lastSequence: UInt32 = 0
    /// A description that came too soon after the last one.
    var pendingDescription: NodeDescription?
    var hasLeft = false

    // When what happens regularly happens next.
    var probeDue = Instant.never
    var gossipDue = Instant.never
    var syncDue = Instant.never
    var reunionDue = Instant.never
    var descriptionDue = Instant.never

    /// - Parameters:
    ///   - incarnation: milliseconds since 1970 when the process started
    ///   - seeds: where others may be; its own is passed over
    ///   - remembered: who was there before, from whatever source; they are asked like any others
    ///   - seed: of its randomness
    package init(
        id: NodeID, incarnation: UInt64, description: NodeDescription, seeds: [Endpoint] = [],
        remembered: [Member] = [], settings: GossipSettings = GossipSettings(), seed: UInt64
    ) {
        self.id = id
        self.incarnation = incarnation
        self.description = description
        self.description.start = incarnation
        self.settings = settings
        self.seeds = seeds
        callSpacing = settings.probeTimeout.nanoseconds
        health = LocalHealth(isUsed: settings.usesLocalHealth)
        random = SeededRandom(seed: seed)
        for member in remembered.prefix(settings.membersMax) where member.id != id && member.state == .alive {
            known[member.id] = member
            ring.insert(member.id, random: &random)
        }
    }

    package enum Input: Hashable, Sendable {
        /// First of all.
        case start
        /// `nextDeadline` has come.
        case tick
        case received([UInt8], from: Endpoint)
        /// Something about this node has changed.
        case describe(NodeDescription)
        case publish(Piece)
        /// Where others may be has changed: the names of the seeds have other addresses now.
        case seeds([Endpoint])
        /// Last of all: good-bye.
        case leave
    }

    package enum Effect: Hashable, Sendable {
        case send([UInt8], to: Endpoint)
        /// Somebody came, changed, or is no longer there.
        case changed(Member)
        /// Another node published it.
        case learned(Piece)
        /// Somebody else says that he is this node: a data directory was copied.
        case duplicate(of: NodeID, at: Endpoint)
        case refused(PacketProblem, from: Endpoint)
    }

    package mutating func handle(_ input: Input, at now: Instant, effects: inout [Effect]) {
        guard !hasLeft else { return }
        if input != .start { notePause(at: now) }
        switch input {
        case .start: start(at: now, effects: &effects)
        case .tick: runTimers(at: now, effects: &effects)
        case .received(let bytes, let endpoint): receive(bytes, from: endpoint, at: now, effects: &effects)
        case .describe(let description): describe(description, at: now)
        case .publish(let piece): publish(piece, at: now)
        case .seeds(let endpoints): seeds = endpoints
        case .leave: leave(effects: &effects)
        }
        if broadcasts.urgentCount > 0, ring.count > 0, gossipDue == .never {
            gossipDue = now.advanced(by: settings.gossipInterval)
        }
    }

    /// When `tick` should be handled. Changes with every input.
    package var nextDeadline: Instant {
        guard !hasLeft else { return .never }
        var next = min(min(probeDue, gossipDue), min(syncDue, min(reunionDue, descriptionDue)))
        if let probe, !probe.isAskedIndirectly { next = min(next, probe.timeout) }
        for suspicion in suspicions.values { next = min(next, nextStep(of: suspicion).due) }
        for relay in relays { next = min(next, relay.deadline) }
        return next
    }

    /// The others, dead ones that are remembered included, in the order of their ids.
    package var members: [Member] { known.values.sorted { $0.id < $1.id } }

    package func member(_ id: NodeID) -> Member? { known[id] }

    /// What is known about shards, in order.
    package var knownPieces: [Piece] { pieces.values.sorted { $0.key < $1.key } }

    package func piece(_ key: Piece.Key) -> Piece? { pieces[key] }

    /// This node and all that are present or suspected, for placement. Suspects count: they may refute.
    package var profiles: [NodeProfile] {
        [description.profile(of: id)] + members.filter(\.isPresent).map { $0.description.profile(of: $0.id) }
    }

    /// 0: well; up to 8: this node seems to be slow.
    package var healthScore: Int { health.score }

    /// This node and all present ones.
    var presentCount: Int { ring.count + 1 }

    private mutating func start(at now: Instant, effects: inout [Effect]) {
        // Nodes that start together should not probe together.
        probeDue = now.advanced(by: part(of: settings.probeInterval))
        syncDue = now.advanced(by: settings.syncInterval / 2 + part(of: settings.syncInterval / 2))
        reunionDue = now.advanced(by: settings.reunionIntervalAlone)
        for endpoint in seeds where endpoint != description.endpoint { offerSync(to: endpoint, effects: &effects) }
    }

    /// A random part of it.
    mutating func part(of duration: Duration) -> Duration {
        .nanoseconds(Int64(random.next() % UInt64(max(duration.nanoseconds, 1))))
    }

    /// A node that was not running finds all its timers expired at once. It gives everybody as much longer as it was away,
    /// since the answers may lie unread in its socket.
    private mutating func notePause(at now: Instant) {
        guard settings.toleratesPauses else { return }
        let due = nextDeadline
        guard due < now, now - due > settings.pauseTolerance else { return }
        let away = now - due
        counters.pauses += 1
        health.worsen()
        probe?.delay(by: away)
        probeDue = probeDue.advanced(by: away)
        for id in suspicions.keys { suspicions[id]!.extend(by: away) }
        for index in relays.indices { relays[index].deadline = relays[index].deadline.advanced(by: away) }
    }

    private mutating func runTimers(at now: Instant, effects: inout [Effect]) {
        expireRelays(at: now, effects: &effects)
        if let probe, !probe.isAskedIndirectly, probe.timeout <= now { askOthers(at: now, effects: &effects) }
        if probeDue <= now { beginProbe(at: now, effects: &effects) }
        followSuspicions(at: now, effects: &effects)
        if descriptionDue <= now { changeDescription(at: now) }
        if syncDue <= now { beginSync(at: now, effects: &effects) }
        if reunionDue <= now { beginReunion(at: now, effects: &effects) }
        if gossipDue <= now { gossip(at: now, effects: &effects) }
    }

    private mutating func receive(_ bytes: [UInt8], from endpoint: Endpoint, at now: Instant, effects: inout [Effect]) {
        counters.packetsReceived += 1
        let packet: Packet
        do throws(PacketProblem) {
            packet = try Packet(bytes)
        } catch {
            counters.packetsRefused += 1
            effects.append(.refused(error, from: endpoint))
            return
        }
        // What one has sent to oneself, over a seed that is an address of its own.
        guard packet.from != id || endpoint != description.endpoint else { return }
        let isState = if case .syncState = packet.message { true } else { false }
        for update in packet.updates {
            apply(update, from: packet.from, isState: isState, at: now, effects: &effects)
        }
        switch packet.message {
        case .ping(let sequence, let target):
            guard target == id else { return }
            // Who has heard that this node is dead must hear with the answer that it is not, however often that was told.
            let isDoubted = packet.updates.contains { $0.doubts(id) }
            send(
                .ack(sequence: sequence), to: endpoint, first: isDoubted ? ownUpdate : nil, about: .member(id),
                effects: &effects)
        case .pingRequest(let sequence, let target, let targetEndpoint):
            let origin = Relay.Origin(endpoint: endpoint, sequence: sequence)
            relay(origin, target: target, at: targetEndpoint, now: now, effects: &effects)
        case .ack(let sequence): acknowledge(sequence, effects: &effects)
        case .nack(let sequence): if probe?.sequence == sequence { probe?.nacks += 1 }
        case .gossip: break
        case .syncOffer(let digest): answerOffer(digest, to: endpoint, effects: &effects)
        case .syncState(let wanted): sendState(wanted, to: endpoint, wanting: [], effects: &effects)
        }
        remind(packet.from, at: now, effects: &effects)
    }

    /// Sends a message, with as many news as fit behind it.
    mutating func send(
        _ message: Packet.Message, to endpoint: Endpoint, first: Update? = nil,
        about subject: Broadcasts.Subject? = nil,
        effects: inout [Effect]
    ) {
        var writer = Packet.header(from: id, message)
        if let first { writer.append(first.encoded()) }
        broadcasts.fill(
            &writer, bytesMax: settings.packetBytesMax, limit: retransmissionLimit,
            excluding: first == nil ? nil : subject)
        transmit(writer.bytes, to: endpoint, effects: &effects)
    }

    mutating func transmit(_ bytes: [UInt8], to endpoint: Endpoint, effects: inout [Effect]) {
        counters.packetsSent += 1
        counters.bytesSent += bytes.count
        effects.append(.send(bytes, to: endpoint))
    }

    /// `retransmissions` for each digit of the number of nodes, and once more: with λ of them a node is missed with a
    /// probability of about e^−λ.
    var retransmissionLimit: Int {
        var limit = 2 * settings.retransmissions
        var bound = 10
        while bound <= presentCount {
            limit += settings.retransmissions
            bound *= 10
        }
        return limit
    }

    private mutating func gossip(at now: Instant, effects: inout [Effect]) {
        gossipDue = .never
        for id in ring.pick(settings.gossipFanout, random: &random) where broadcasts.urgentCount > 0 {
            send(.gossip, to: known[id]!.description.endpoint, effects: &effects)
        }
    }
}
