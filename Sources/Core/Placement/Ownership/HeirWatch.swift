package import Leaderboards

/// When a node hands over the shards that others should own, and what it must ask these before.
///
/// An heir reads what it lacks while nobody owns the shard. So it is asked what it has applied, again and again, and the owner stays owner
/// until that is nearly all. What it says is compared with what the owner had when it asked: under load an heir is always some
/// records behind, and always on its way.
///
/// Nothing that must be right depends on it: whoever is handed a shard too early is owner a little later.
///
/// Invariant: a shard is due only if its heir said, at most `answerAge` ago, that it follows and lacks at most `distanceMax` records.
package struct HeirWatch: Sendable {
    /// A shard that another node should own.
    package struct Wish: Hashable, Sendable {
        package var heir: NodeID
        /// The last record that its owner has.
        package var number: UInt64

        package init(heir: NodeID, number: UInt64) {
            self.heir = heir
            self.number = number
        }
    }

    /// What an heir lacked when it was asked.
    package enum Lack: Hashable, Sendable {
        case nothing
        case records(UInt64)
        case everything
        /// It has not said.
        case unknown
    }

    /// How many records an heir may lack. What one applies in some hundredths of a second; under load as many come while it asks the log.
    package static let distanceMax: UInt64 = 64
    static let answerAge: Duration = .seconds(1)
    /// From one question to a node until the next.
    static let interval: Duration = .milliseconds(250)
    /// So long it is no news that an heir is not ready yet, and then so long again.
    static let patience: Duration = .seconds(30)
    /// So many are handed over together: clients are held up at the heir while it claims.
    package static let handOversAtOnce = 8

    private struct Waiting: Sendable {
        var wish: Wish
        var since: Duration
        var lack = Lack.unknown
        var answeredAt: Duration?
    }

    private var waiting: [ShardID: Waiting] = [:]
    /// What was asked of nodes that have not answered yet, and what the owner had then.
    private var questions: [NodeID: [ShardID: UInt64]] = [:]
    private var askedAt: [NodeID: Duration] = [:]
    private var toldAt: [NodeID: Duration] = [:]

    package init() {}

    /// Takes over what is wanted now. What was wanted before and is no more is forgotten.
    package mutating func want(_ wishes: [ShardID: Wish], at now: Duration) {
        var next: [ShardID: Waiting] = [:]
        for (shard, wish) in wishes {
            var entry =
                waiting[shard].flatMap { $0.wish.heir == wish.heir ? $0 : nil } ?? Waiting(wish: wish, since: now)
            entry.wish = wish
            next[shard] = entry
        }
        waiting = next
        let heirs = Set(wishes.values.map(\.heir))
        askedAt = askedAt.filter { heirs.contains($0.key) }
        toldAt = toldAt.filter { heirs.contains($0.key) }
    }

    /// The shards to be handed over now, in their order.
    package func due(at now: Duration) -> [(shard: ShardID, heir: NodeID)] {
        waiting.compactMap { shard, entry in
            guard entry.lack == .nothing, let answeredAt = entry.answeredAt, now - answeredAt <= Self.answerAge else {
                return nil
            }
            return (shard, entry.wish.heir)
        }.sorted { $0.shard < $1.shard }
    }

    /// Whom to ask now, and about which shards. Each is answered by `answer`.
    package mutating func takeQuestions(at now: Duration) -> [(heir: NodeID, shards: [ShardID])] {
        var due: [NodeID: [ShardID: UInt64]] = [:]
        for (shard, entry) in waiting where questions[entry.wish.heir] == nil {
            if let last = askedAt[entry.wish.heir], now - last < Self.interval { continue }
            due[entry.wish.heir, default: [:]][shard] = entry.wish.number
        }
        for (heir, numbers) in due {
            questions[heir] = numbers
            askedAt[heir] = now
        }
        return due.sorted { $0.key < $1.key }.map { ($0.key, $0.value.keys.sorted()) }
    }

    /// - Parameter applied: the last record of each shard that the node follows; nil if it did not answer
    package mutating func answer(of heir: NodeID, _ applied: [ShardID: UInt64]?, at now: Duration) {
        for (shard, number) in questions.removeValue(forKey: heir) ?? [:] where waiting[shard]?.wish.heir == heir {
            waiting[shard]!.lack = applied.map { Self.lack(of: $0[shard], number) } ?? .unknown
            waiting[shard]!.answeredAt = now
        }
    }

    /// What an heir lacks that has applied a record, or nothing, while the owner had `number`.
    private static func lack(of applied: UInt64?, _ number: UInt64) -> Lack {
        guard let applied else { return .everything }
        return applied + distanceMax >= number ? .nothing : .records(number - applied)
    }

    /// Nodes whose shards stay where they are for longer than they should, with what they lack; each is told again after a while.
    package mutating func takeNews(at now: Duration) -> [(heir: NodeID, lacks: [ShardID: Lack])] {
        var late: [NodeID: [ShardID: Lack]] = [:]
        for (shard, entry) in waiting where now - entry.since >= Self.patience && entry.lack != .nothing {
            let heir = entry.wish.heir
            if let last = toldAt[heir], now - last < Self.patience { continue }
            late[heir, default: [:]][shard] = entry.lack
        }
        for heir in late.keys { toldAt[heir] = now }
        return late.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    /// Whom a node that ends gives a shard to: the first who has nearly all, or else who has most. Nil if nobody follows it.
    ///
    /// - Parameters:
    ///   - preference: nodes, best first
    ///   - applied: the last record of each node that follows the shard
    ///   - number: the owner's last record
    package static func heir(
        among preference: [NodeID], applied: [NodeID: UInt64], number: UInt64
    ) -> NodeID? {
        let followers = preference.filter { applied[$0] != nil }
        if let ready = followers.first(where: { lack(of: applied[$0], number) == .nothing }) { return ready }
        return followers.enumerated().max { left, right in
            (applied[left.element]!, right.offset) < (applied[right.element]!, left.offset)
        }?.element
    }
}
