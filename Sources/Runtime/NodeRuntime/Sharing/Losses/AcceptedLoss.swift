package import CommitLogs
package import Leaderboards
package import Sharding

/// Acknowledged records that a shard's log has lost, and that an operator has given up.
///
/// The log goes on behind a record that it still has, with numbers, and perhaps with positions, that were used before. So that nobody
/// takes one for the other, everything above that record with an epoch up to `epoch` is void, for ever and wherever it turns up: in a
/// checkpoint, in what gossip tells, in the log itself. Whoever claims the shard afterwards does so with an epoch above.
///
/// The chain hash would tell the two histories apart as well, and does: what is void never fits the log. This only says that it was
/// to be expected, and is no new damage.
package struct AcceptedLoss: Hashable, Sendable {
    /// The last record that is kept.
    package var number: UInt64
    package var position: LogPosition
    /// The chain hash after it.
    package var hash: ChainHash
    /// No epoch that anybody knew of before is higher.
    package var epoch: UInt64

    package init(number: UInt64, position: LogPosition, hash: ChainHash, epoch: UInt64) {
        self.number = number
        self.position = position
        self.hash = hash
        self.epoch = epoch
    }

    package func voids(number: UInt64, epoch: UInt64) -> Bool { number > self.number && epoch <= self.epoch }

    /// Nodes that could not be asked may have claimed the shard meanwhile: their epochs are to be covered, too.
    package static let unknownEpochs: UInt64 = 1000
}

/// All that were accepted of one shard.
package struct AcceptedLosses: Hashable, Sendable {
    package var all: [AcceptedLoss]

    package init(_ all: [AcceptedLoss] = []) { self.all = all }

    package func voids(number: UInt64, epoch: UInt64) -> Bool {
        all.contains { $0.voids(number: number, epoch: epoch) }
    }

    /// A claim has a higher one than that.
    package var epoch: UInt64 { all.map(\.epoch).max() ?? 0 }

    /// Why a log that ends like this is not the one that was accepted; nil if it is.
    package func problem(of end: LogTail?) -> String? {
        guard let last = all.max(by: { $0.epoch < $1.epoch }) else { return nil }
        guard let end else { return "the log is empty, and record \(last.number) was kept when a loss was accepted" }
        if end.epoch > last.epoch { return nil }
        if end.number == last.number, end.hash == last.hash, end.position == last.position { return nil }
        return end.number > last.number
            ? "the log has records again that were given up: record \(end.number) of epoch \(end.epoch), behind \(last.number)"
            : "the log ends with record \(end.number), and record \(last.number) was kept when a loss was accepted"
    }
}
