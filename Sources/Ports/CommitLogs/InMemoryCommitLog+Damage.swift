package import Leaderboards
internal import Sharding
internal import Synchronization

// What becomes of logs when their servers lose what they had.
extension InMemoryCommitLog {
    /// A shard's records behind one are gone.
    ///
    /// - Parameter numbersAnew: the log takes the positions of what it lost once more
    package func loseEnd(of shard: ShardID, behind number: UInt64, numbersAnew: Bool) {
        state.withLock { state in
            state.records.removeAll { $0.record.shard == shard && $0.record.number > number }
            state.findLast(of: shard)
            if numbersAnew { state.nextPosition = (state.records.map(\.position.value).max() ?? 0) + 1 }
        }
    }

    /// A shard's records from one to another are gone.
    package func lose(_ numbers: ClosedRange<UInt64>, of shard: ShardID) {
        state.withLock { state in
            state.records.removeAll { $0.record.shard == shard && numbers.contains($0.record.number) }
            state.findLast(of: shard)
        }
    }
}

extension InMemoryCommitLog.State {
    fileprivate mutating func findLast(of shard: ShardID) {
        last[shard] = records.last { $0.record.shard == shard }.map { position, record in
            let decoded = try! record.bytes.withUnsafeBytes { try LogRecord.decode($0) }
            return (position, decoded.record, record.hash)
        }
    }
}
