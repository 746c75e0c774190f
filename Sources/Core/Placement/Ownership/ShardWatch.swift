package import Leaderboards

/// What the log last said of who owns a shard.
package struct LastWord: Hashable, Sendable {
    package var position: LogPosition
    package var epoch: UInt64
    package var number: UInt64
    /// Who wrote it.
    package var node: NodeID
    package var incarnation: UInt64
    /// It gave the shard away: nobody owns it.
    package var isRelease: Bool
    /// To whom, if that was said.
    package var heir: NodeID?

    package init(
        position: LogPosition, epoch: UInt64, number: UInt64, node: NodeID, incarnation: UInt64,
        isRelease: Bool = false,
        heir: NodeID? = nil
    ) {
        self.position = position
        self.epoch = epoch
        self.number = number
        self.node = node
        self.incarnation = incarnation
        self.isRelease = isRelease
        self.heir = heir
    }
}

/// How a node stands with the others, as gossip has it: a hint, which decides when somebody tries to become owner, and never whether
/// he does.
package enum Standing: Hashable, Sendable {
    case alive
    /// Its end is suspected.
    case suspect
    /// Dead, gone, or never heard of.
    case gone
}

/// What one node knows of who owns one shard, and what follows from it for this node.
///
/// Ownership is decided by the log: a claim that names the last record is accepted once. This only decides when it is worth
/// trying. Claiming too early would be safe for writes, but not for reads, which the owner answers while its lease lasts
/// without asking anybody; hence the patience.
///
/// Invariant: a claim follows the last word seen, and unless that gave the shard away, or was this node's own, no word of the shard was
/// seen, and the log could be read, for as long as `LeaseTerms.patience`.
package struct ShardWatch: Sendable {
    package private(set) var last: LastWord?
    /// Since when, by this node's clock, the log can be read and nothing new was in it.
    private var quietSince: Duration
    private var patience: Duration
    /// To whom the shard was given last in vain: somebody else had to take it, and when that was seen.
    private var declined: (by: NodeID, at: Duration)?
    private let terms: LeaseTerms

    package init(terms: LeaseTerms, at now: Duration, spread: Double) {
        self.terms = terms
        quietSince = now
        patience = terms.patience(spread: spread)
    }

    /// The log was read up to its end, as far as can be seen.
    package mutating func saw(_ word: LastWord, at now: Duration, spread: Double) {
        guard last.map({ $0.position < word.position }) ?? true else { return }
        if let heir = last?.heir, !word.isRelease { declined = heir == word.node ? nil : (by: heir, at: now) }
        last = word
        quietSince = now
        patience = terms.patience(spread: spread)
    }

    /// The log could not be read. When it comes back, its owner is given the time to renew first.
    package mutating func lostSight(at now: Duration, spread: Double) {
        quietSince = now
        patience = terms.patience(spread: spread) + terms.duration
    }

    /// How a node stands with a shard.
    package enum Role: Hashable, Sendable {
        case owner
        /// It has all that could be seen of the shard's log applied.
        case follower
        /// It follows, and is behind.
        case behind
        case vacant
    }

    /// Who this node is, and what it thinks of the others.
    package struct Surroundings {
        package var me: NodeID
        package var incarnation: UInt64
        /// Who should own the shard, of those that are alive.
        package var target: NodeID?
        /// Whether this node is among those that should follow it.
        package var follows: Bool
        package var standing: (NodeID) -> Standing
        /// The newest record of the shard that anybody knows of.
        package var knownNumber: UInt64

        package init(
            me: NodeID, incarnation: UInt64, target: NodeID?, follows: Bool, knownNumber: UInt64 = 0,
            standing: @escaping (NodeID) -> Standing
        ) {
            self.me = me
            self.incarnation = incarnation
            self.target = target
            self.follows = follows
            self.knownNumber = knownNumber
            self.standing = standing
        }
    }

    package enum Step: Hashable, Sendable {
        case wait
        /// Load the shard and apply its records.
        case follow
        /// Apply what the log has beyond what was applied.
        case catchUp
        /// Look at the log's end once more, then append a claim behind what was seen last.
        case claim
        /// Give it to another node, when that has nearly all of it (`HeirWatch`).
        case handOver(to: NodeID)
        /// Neither owner nor follower any more: free the memory.
        case leave
        /// The log ends before what somebody knows to be in it: nobody may go on from there.
        case quarantine(String)
    }

    /// What this node should do now.
    package func step(as role: Role, among surroundings: Surroundings, at now: Duration) -> Step {
        let me = surroundings.me
        let shouldOwn = surroundings.target == me
        switch role {
        case .owner:
            guard let target = surroundings.target, target != me, surroundings.standing(target) == .alive else {
                return .wait
            }
            // It may not be able to: whoever gave it again at once would leave the shard without an owner most of the time.
            if let declined, declined.by == target, now - declined.at < terms.duration * Self.declinedLeases {
                return .wait
            }
            return .handOver(to: target)
        case .vacant:
            return shouldOwn || surroundings.follows ? .follow : .wait
        case .behind:
            return shouldOwn || surroundings.follows ? .catchUp : .leave
        case .follower:
            guard let reason = reasonToClaim(surroundings, at: now) else {
                return shouldOwn || surroundings.follows ? .wait : .leave
            }
            let number = last?.number ?? 0
            if number < surroundings.knownNumber {
                // What is seen may come late. What never comes is lost.
                guard isQuietLongEnough(surroundings, at: now) else { return .wait }
                let end = last == nil ? "is empty" : "ends with record \(number)"
                return .quarantine("the log \(end), and record \(surroundings.knownNumber) was seen")
            }
            return reason == .now || isQuietLongEnough(surroundings, at: now) ? .claim : .wait
        }
    }

    /// For so many leases who has not taken a shard is not given it again.
    private static let declinedLeases = 15

    private enum Reason { case now, whenQuiet }

    private func reasonToClaim(_ surroundings: Surroundings, at now: Duration) -> Reason? {
        let me = surroundings.me
        guard let last else { return surroundings.target == me ? .now : nil }
        if last.isRelease {
            // Whom it was given to has the first word, while he is there.
            if let heir = last.heir, heir != me, surroundings.standing(heir) == .alive,
                now - quietSince < terms.duration
            {
                return nil
            }
            return last.heir == me || surroundings.target == me || isOverdue(at: now) ? .now : nil
        }
        // What a former self of this node had: that one is gone, for this one has its data directory.
        if last.node == me { return last.incarnation != surroundings.incarnation ? .now : .whenQuiet }
        switch surroundings.standing(last.node) {
        case .alive: return nil
        case .suspect, .gone: return surroundings.target == me || isOverdue(at: now) ? .whenQuiet : nil
        }
    }

    /// Whoever should have claimed has not done so in twice the time.
    private func isOverdue(at now: Duration) -> Bool { now - quietSince >= patience * 2 }

    private func isQuietLongEnough(_ surroundings: Surroundings, at now: Duration) -> Bool {
        now - quietSince >= patience
    }
}
