internal import Leaderboards
package import Sharding

/// Where a shard's history ended that a new log goes on with: what a checkpoint reflects, whose records are not in the log.
///
/// A log that begins behind one looks the same as one that was truncated there. Its first record has the number after, and
/// the hash, so only a checkpoint that reflects this very record fits before it.
package struct LogFoundation: Hashable, Sendable {
    package var number: UInt64
    package var epoch: UInt64
    /// The chain hash after the record.
    package var hash: ChainHash

    package init(number: UInt64, epoch: UInt64, hash: ChainHash) {
        self.number = number
        self.epoch = epoch
        self.hash = hash
    }
}

extension LogTail {
    /// As a tail at `.start`.
    package init(_ foundation: LogFoundation) {
        position = .start
        kind = .checkpointMark
        epoch = foundation.epoch
        node = 0
        incarnation = 0
        number = foundation.number
        hash = foundation.hash
    }
}
