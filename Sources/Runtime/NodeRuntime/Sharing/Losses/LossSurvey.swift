package import CommitLogs
package import Leaderboards
internal import Placement
internal import Sharding

/// What a shard's log still has, what its nodes and gossip know to have been in it, and whether the shard can go on from there.
///
/// Nothing is changed for it. Invariant: without `problems`, `end` is a record that all servers of the log were asked about, up to which
/// the log can be read from `basis` on without a gap; and every node of the cluster said that it has let go of the shard.
package struct LossSurvey: Sendable {
    /// Somebody who knows of a record.
    package struct Witness: Hashable, Sendable {
        package enum Source: Hashable, Sendable {
            /// A node has seen it in the log.
            case node(UInt64)
            case checkpoint(node: UInt64, generation: UInt64)
            case gossip
        }

        package var source: Source
        package var number: UInt64
        package var epoch: UInt64

        package init(_ source: Source, number: UInt64, epoch: UInt64) {
            self.source = source
            self.number = number
            self.epoch = epoch
        }
    }

    package var shard: ShardID
    /// The log's last record; nil if it has none, or that is not known.
    package var end: LogTail?
    /// The record that the checkpoint reflects from which the shard would be made again; 0: from the log alone.
    package var basis: UInt64?
    package var witnesses: [Witness] = []
    /// Why the shard can't go on from there now.
    package var problems: [String] = []

    /// Nodes that the one which was asked has heard of.
    private var heardOf: Set<UInt64> = []

    package init(shard: ShardID) { self.shard = shard }

    /// The records that are known to have been behind the end; nil if none is.
    package var lost: ClosedRange<UInt64>? {
        guard let last = witnesses.map(\.number).max(), last > end?.number ?? 0 else { return nil }
        return (end?.number ?? 0) + 1...last
    }

    /// Those who know of records behind the end, who knows most first.
    package var ahead: [Witness] {
        witnesses.filter { $0.number > end?.number ?? 0 }.sorted { ($0.number, $0.epoch) > ($1.number, $1.epoch) }
    }

    /// What would be ordered.
    package var loss: AcceptedLoss? {
        guard problems.isEmpty, let end else { return nil }
        let known = max(end.epoch, witnesses.map(\.epoch).max() ?? 0)
        return AcceptedLoss(
            number: end.number, position: end.position, hash: end.hash, epoch: known + AcceptedLoss.unknownEpochs)
    }
}

// What nodes say.
extension LossSurvey {
    /// - Parameter isRemoved: of nodes that nobody waits for: an operator answers for it that they have stopped
    mutating func take(_ nodes: [NodeSight], isRemoved: (UInt64) -> Bool) {
        let versions = Set(nodes.filter { $0.member.isPresent }.map(\.member.version)).sorted()
        if versions.count > 1 {
            // What a node can't read it can't obey.
            problems.append("Nodes have the versions \(versions.joined(separator: ", ")): finish the upgrade first.")
        }
        for node in nodes {
            let number = node.member.id.number
            heardOf.insert(number)
            switch node.report {
            case .success(let report)?: take(report, of: number)
            case .failure(let error)?: problems.append("Node \(number) does not answer: \(error.text).")
            case nil:
                // Who has said that it leaves is not there any more.
                if node.member.state == .left || isRemoved(number) { continue }
                problems.append(
                    "Node \(number) is \(node.member.state.rawValue), and may have more of the shard than the log: start it. If it never comes back and is certain not to run, remove it first (laurel nodes remove \(number))."
                )
            }
        }
    }

    /// A node that has written to the shard's log must be among those that were asked: one that has just started, or is cut off, may
    /// not have heard of the others, and who believes to own the shard is the one who could write to it.
    mutating func expect(_ writer: UInt64, isRemoved: Bool) {
        guard !isRemoved, heardOf.insert(writer).inserted else { return }
        problems.append(
            "Node \(writer) has owned the shard, and the node that was asked has not heard of it: ask again, or another one. If it never comes back and is certain not to run, remove it first (laurel nodes remove \(writer))."
        )
    }

    private mutating func take(_ report: NodeReport, of node: UInt64) {
        guard let sight = report.shards.first(where: { $0.shard == shard }) else {
            problems.append("Node \(node) does not say what it has of the shard: it is \(report.state).")
            return
        }
        witnesses.append(
            Witness(
                .node(node), number: max(sight.number, sight.log.number), epoch: max(sight.epoch, sight.log.epoch)))
        if let problem = sight.problem {
            problems.append("Node \(node) has failed with the shard and has to be restarted first: \(problem).")
        } else if sight.role != .vacant || sight.log.quarantine == nil {
            problems.append("Node \(node) has not let go of the shard yet: ask again.")
        }
    }

    /// Answers the checkpoints of which one might be gone on from, the newest first.
    mutating func take(_ found: [NodeCheckpoints]) -> [CheckpointRecord] {
        var records: [CheckpointRecord] = []
        for node in found {
            switch node.result {
            case .failure(let error):
                problems.append("Node \(node.node) does not say which checkpoints it has: \(error.text).")
            case .success(let sights):
                for sight in sights where sight.shard == shard {
                    if case .damaged = sight.verdict { continue }
                    witnesses.append(
                        Witness(
                            .checkpoint(node: node.node, generation: sight.generation), number: sight.number,
                            epoch: sight.epoch))
                    records.append(
                        CheckpointRecord(
                            position: sight.position, number: sight.number, hash: sight.hash, epoch: sight.epoch))
                }
            }
        }
        return records.sorted { $0.number > $1.number }
    }

    mutating func take(_ condition: LogCondition) {
        if let problem = condition.problem {
            problems.append("The log does not say how it fares: \(problem).")
        }
        for replica in condition.replicas where !replica.isCurrent {
            problems.append(
                "Server \(replica.name) of the log does not have all that the others have, or is not there: it may have the records."
            )
        }
    }
}
