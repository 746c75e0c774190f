internal import Placement

/// What becomes of news. Of two statements about a node that with the higher incarnation holds; with equal ones the worse.
extension Membership {
    /// - Parameter isState: all that somebody knows, rather than what has just happened
    mutating func apply(
        _ update: Update, from sender: NodeID, isState: Bool, at now: Instant, effects: inout [Effect]
    ) {
        switch update {
        case .alive(let node, let incarnation, let description):
            alive(node, incarnation: incarnation, description, at: now, effects: &effects)
        case .suspect(let node, let incarnation, let accuser):
            suspect(node, incarnation: incarnation, accuser: accuser, at: now, effects: &effects)
        case .dead(let node, let incarnation, let accuser):
            // After a partition each side holds the other for dead. That is no reason to kill who is alive here: it may
            // refute first.
            if isState, accuser != node {
                suspect(node, incarnation: incarnation, accuser: sender, at: now, effects: &effects)
            } else {
                dead(node, incarnation: incarnation, accuser: accuser, at: now, effects: &effects)
            }
        case .piece(let piece): learn(piece, effects: &effects)
        }
    }

    /// The only news that make a member.
    private mutating func alive(
        _ node: NodeID, incarnation: UInt64, _ description: NodeDescription, at now: Instant, effects: inout [Effect]
    ) {
        guard node != id else {
            hearOfItself(incarnation: incarnation, description, effects: &effects)
            return
        }
        let old = known[node]
        guard incarnation > old?.incarnation ?? 0 else { return }
        guard old != nil || hasRoom() else {
            counters.membersRefused += 1
            return
        }
        let isNews = old?.state != .alive
        let member = Member(
            id: node, incarnation: incarnation, state: .alive, description: description,
            since: isNews ? now : old!.since)
        known[node] = member
        if old?.isPresent != true { ring.insert(node, random: &random) }
        suspicions[node] = nil
        spread(.alive(node, incarnation: incarnation, description), about: node)
        if isNews || old?.description != description { effects.append(.changed(member)) }
    }

    /// For one more member. If there is none, the one that is gone for longest is forgotten.
    private mutating func hasRoom() -> Bool {
        guard known.count >= settings.membersMax else { return true }
        let gone = known.values.filter { !$0.isPresent }
        guard let oldest = gone.min(by: { ($0.since, $0.id) < ($1.since, $1.id) }) else { return false }
        known[oldest.id] = nil
        return true
    }

    /// An earlier life of this node is still told of; or another node has the same name.
    private mutating func hearOfItself(
        incarnation heard: UInt64, _ description: NodeDescription, effects: inout [Effect]
    ) {
        guard heard > incarnation || (heard == incarnation && description != self.description) else { return }
        if description.endpoint != self.description.endpoint {
            effects.append(.duplicate(of: id, at: description.endpoint))
        }
        raiseIncarnation(above: heard)
    }

    mutating func suspect(
        _ node: NodeID, incarnation: UInt64, accuser: NodeID, at now: Instant, effects: inout [Effect]
    ) {
        guard node != id else {
            refute(incarnation)
            return
        }
        guard var member = known[node], member.isPresent, incarnation >= member.incarnation else { return }
        if member.state == .suspect, incarnation == member.incarnation {
            guard suspicions[node]!.confirm(accuser) else { return }
            spread(.suspect(node, incarnation: incarnation, accuser: accuser), about: node)
            return
        }
        if member.state != .suspect { member.since = now }
        member.state = .suspect
        member.incarnation = incarnation
        known[node] = member
        suspicions[node] = suspicion(incarnation: incarnation, accuser: accuser, at: now)
        spread(.suspect(node, incarnation: incarnation, accuser: accuser), about: node)
        effects.append(.changed(member))
    }

    private func suspicion(incarnation: UInt64, accuser: NodeID, at now: Instant) -> Suspicion {
        // log₁₀ of the number of nodes in thousandths, from ten on: by its bits, since log₂ 10 is 3.32.
        let bits = presentCount.bitWidth - presentCount.leadingZeroBitCount
        let scale = max(1000, (bits - 1) * 1000 * 100 / 332)
        let least = settings.suspicionMin * scale / 1000
        guard settings.usesDynamicSuspicion else {
            return Suspicion(
                incarnation: incarnation, accuser: accuser, at: now, least: least, most: least, expected: 0)
        }
        // Of this node, the suspect and the others, the others can confirm.
        let expected = min(settings.confirmationsMax, presentCount - 2)
        return Suspicion(
            incarnation: incarnation, accuser: accuser, at: now, least: least,
            most: settings.suspicionMax * scale / 1000, expected: expected)
    }

    func nextStep(of suspicion: Suspicion) -> (due: Instant, isCall: Bool) {
        suspicion.nextStep(callsMax: settings.lastCalls, spacing: callSpacing)
    }

    mutating func followSuspicions(at now: Instant, effects: inout [Effect]) {
        let due = suspicions.filter { nextStep(of: $0.value).due <= now }.sorted { $0.key < $1.key }
        for (node, suspicion) in due {
            if nextStep(of: suspicion).isCall {
                call(node, at: now, effects: &effects)
            } else {
                dead(node, incarnation: suspicion.incarnation, accuser: id, at: now, effects: &effects)
            }
        }
    }

    /// Asks a suspect directly, before it is too late. If all of a large cluster did, it would drown.
    private mutating func call(_ node: NodeID, at now: Instant, effects: inout [Effect]) {
        suspicions[node]!.noteCall(at: now)
        guard presentCount <= settings.callersMax || random.below(presentCount) < settings.callersMax else { return }
        accuse(node, effects: &effects)
    }

    /// Something has come from a suspect: so it lives, and should say so.
    mutating func remind(_ node: NodeID, at now: Instant, effects: inout [Effect]) {
        guard settings.remindsSuspects, var suspicion = suspicions[node] else { return }
        guard suspicion.remind(at: now, spacing: callSpacing) else { return }
        suspicions[node] = suspicion
        accuse(node, effects: &effects)
    }

    /// Asks a suspect, and tells it that it is one.
    private mutating func accuse(_ node: NodeID, effects: inout [Effect]) {
        let member = known[node]!
        send(
            .ping(sequence: nextSequence(), target: node), to: member.description.endpoint,
            first: accusation(of: member), about: .member(node), effects: &effects)
    }

    private mutating func dead(
        _ node: NodeID, incarnation: UInt64, accuser: NodeID, at now: Instant, effects: inout [Effect]
    ) {
        guard node != id else {
            refute(incarnation)
            return
        }
        guard var member = known[node], incarnation >= member.incarnation else { return }
        let state: Member.State = accuser == node ? .left : .dead
        // Who is thought dead can still have left in truth.
        guard member.isPresent || (member.state == .dead && state == .left) else { return }
        member.state = state
        member.incarnation = incarnation
        member.since = now
        known[node] = member
        suspicions[node] = nil
        ring.remove(node)
        spread(.dead(node, incarnation: incarnation, accuser: accuser), about: node)
        effects.append(.changed(member))
    }

    /// Others doubt that this node lives. If it hears so, they are wrong; but it may be slow.
    private mutating func refute(_ doubted: UInt64) {
        guard doubted >= incarnation else { return }
        counters.refutations += 1
        health.worsen()
        raiseIncarnation(above: doubted)
    }

    private mutating func raiseIncarnation(above heard: UInt64) {
        // Nobody can be brought to where no incarnation is left.
        guard heard < .max else { return }
        incarnation = heard + 1
        spread(.alive(id, incarnation: incarnation, description), about: id)
    }

    private mutating func spread(_ update: Update, about node: NodeID) {
        broadcasts.add(.member(node), update, isUrgent: true)
    }

    mutating func describe(_ description: NodeDescription, at now: Instant) {
        var description = description
        description.start = self.description.start
        guard description != self.description || pendingDescription != nil else { return }
        pendingDescription = description
        if descriptionDue == .never { changeDescription(at: now) }
    }

    /// The newest description, at most one in each interval.
    mutating func changeDescription(at now: Instant) {
        guard let description = pendingDescription else {
            descriptionDue = .never
            return
        }
        pendingDescription = nil
        descriptionDue = now.advanced(by: settings.descriptionInterval)
        self.description = description
        raiseIncarnation(above: incarnation)
    }

    /// Says good-bye to as many as hear of anything else, and is silent from then on.
    mutating func leave(effects: inout [Effect]) {
        let farewell = Update.dead(id, incarnation: incarnation, accuser: id)
        for node in ring.pick(2 * settings.gossipFanout, random: &random) {
            send(
                .gossip, to: known[node]!.description.endpoint, first: farewell, about: .member(id), effects: &effects)
        }
        hasLeft = true
    }
}
