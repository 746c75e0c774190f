internal import Placement

/// One question whether another node is there.
struct Probe: Hashable, Sendable {
    let target: NodeID
    let sequence: UInt32
    /// When others are asked to try as well.
    var timeout: Instant
    var isAnswered = false
    var isAskedIndirectly = false
    /// How many others were asked, and how many of them said that they are well, but the target does not answer.
    var asked = 0
    var nacks = 0

    mutating func delay(by duration: Duration) { timeout = timeout.advanced(by: duration) }
}

/// A probe on behalf of another node.
struct Relay: Hashable, Sendable {
    struct Origin: Hashable, Sendable {
        var endpoint: Endpoint
        var sequence: UInt32
    }

    var origin: Origin
    /// Of the ping that this node sent.
    var sequence: UInt32
    /// When the origin is told that there was no answer.
    var deadline: Instant
}

extension Membership {
    /// Ends the last round, asks the next node.
    mutating func beginProbe(at now: Instant, effects: inout [Effect]) {
        let ended = probe
        probe = nil
        if let ended, !ended.isAnswered { conclude(ended, at: now, effects: &effects) }
        probeDue = now.advanced(by: settings.probeInterval * health.multiplier)
        guard let target = ring.advance(random: &random), let member = known[target] else { return }
        counters.probes += 1
        let probe = Probe(
            target: target, sequence: nextSequence(),
            timeout: now.advanced(by: settings.probeTimeout * health.multiplier))
        self.probe = probe
        send(
            .ping(sequence: probe.sequence, target: target), to: member.description.endpoint,
            first: accusation(of: member), about: .member(target), effects: &effects)
    }

    /// A suspect is told so when it is asked, since it may be the last to hear of it (Lifeguard's *buddy system*).
    func accusation(of member: Member) -> Update? {
        guard settings.usesBuddies, let suspicion = suspicions[member.id] else { return nil }
        return .suspect(member.id, incarnation: suspicion.incarnation, accuser: suspicion.accusers[0])
    }

    mutating func askOthers(at now: Instant, effects: inout [Effect]) {
        guard var probe, let member = known[probe.target] else { return }
        probe.isAskedIndirectly = true
        guard !probe.isAnswered else {
            self.probe = probe
            return
        }
        let relays = ring.pick(settings.indirectProbes, excluding: probe.target, random: &random)
        probe.asked = relays.count
        self.probe = probe
        counters.indirectProbes += relays.count
        for relay in relays {
            send(
                .pingRequest(
                    sequence: probe.sequence, target: probe.target, endpoint: member.description.endpoint),
                to: known[relay]!.description.endpoint, effects: &effects)
        }
    }

    /// Nobody has heard from the target. If those who were asked do not answer either, the fault may be on this side.
    private mutating func conclude(_ probe: Probe, at now: Instant, effects: inout [Effect]) {
        counters.probesFailed += 1
        if probe.asked == 0 {
            health.worsen()
        } else if probe.nacks < probe.asked {
            health.worsen(by: probe.asked - probe.nacks)
        }
        guard let member = known[probe.target], member.isPresent else { return }
        counters.suspicionsRaised += 1
        suspect(member.id, incarnation: member.incarnation, accuser: id, at: now, effects: &effects)
    }

    mutating func acknowledge(_ sequence: UInt32, effects: inout [Effect]) {
        if var probe, probe.sequence == sequence {
            guard !probe.isAnswered else { return }
            probe.isAnswered = true
            self.probe = probe
            health.improve()
        } else if let index = relays.firstIndex(where: { $0.sequence == sequence }) {
            let origin = relays.remove(at: index).origin
            send(.ack(sequence: origin.sequence), to: origin.endpoint, effects: &effects)
        }
    }

    mutating func relay(
        _ origin: Relay.Origin, target: NodeID, at endpoint: Endpoint, now: Instant, effects: inout [Effect]
    ) {
        guard relays.count < settings.relaysMax else {
            counters.relaysRefused += 1
            return
        }
        // A little less than the origin waits, so that it hears in time.
        let relay = Relay(
            origin: origin, sequence: nextSequence(), deadline: now.advanced(by: settings.probeTimeout * 4 / 5))
        relays.append(relay)
        send(.ping(sequence: relay.sequence, target: target), to: endpoint, effects: &effects)
    }

    mutating func expireRelays(at now: Instant, effects: inout [Effect]) {
        let expired = relays.filter { $0.deadline <= now }
        guard !expired.isEmpty else { return }
        relays.removeAll { $0.deadline <= now }
        for relay in expired {
            send(.nack(sequence: relay.origin.sequence), to: relay.origin.endpoint, effects: &effects)
        }
    }

    mutating func nextSequence() -> UInt32 {
        lastSequence &+= 1
        return lastSequence
    }
}
