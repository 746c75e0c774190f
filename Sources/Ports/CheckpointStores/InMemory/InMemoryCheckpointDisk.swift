import Leaderboards
import Synchronization

/// What an `InMemoryCheckpointStore` leaves behind when it closes or crashes, and where its failures come from.
package final class InMemoryCheckpointDisk: Sendable {
    /// What may happen to one commit.
    package enum Fault: Hashable, Sendable {
        /// Refused as by a full disk; nothing is applied.
        case noSpace
        /// Refused; nothing is applied.
        case failed
        /// The process dies before the batch is on disk. The store answers nothing more; open another.
        case crashBefore
        /// The process dies when the batch is on disk but the caller doesn't know. The store answers nothing more.
        case crashAfter
    }

    /// One opening of the disk. A later opening doesn't revive an earlier one.
    struct Session: Hashable, Sendable { fileprivate let number: Int }

    private struct Shelf: Hashable {
        let kind: CheckpointKey.Kind
        let shard: ShardID

        init(_ kind: CheckpointKey.Kind, _ shard: ShardID) {
            self.kind = kind
            self.shard = shard
        }
    }

    private struct Contents {
        var shelves: [Shelf: [UInt64: [UInt8]]] = [:]
        var damaged: Set<CheckpointKey> = []
        var faults: [Fault] = []
        var isFull = false
        var sessionCount = 0
        var openSession: Session?
        var commitCount = 0
    }

    private let contents = Mutex(Contents())

    package init() {}
}

// Failures to order.
extension InMemoryCheckpointDisk {
    /// Lets the next commit that isn't empty meet `fault`; faults queue up, one for each commit.
    package func inject(_ fault: Fault) { contents.withLock { $0.faults.append(fault) } }

    /// While true, every commit is refused with `.noSpace`.
    package func setFull(_ isFull: Bool) { contents.withLock { $0.isFull = isFull } }

    /// Lets the piece read as corrupted until it is removed or written again.
    package func damage(_ key: CheckpointKey) { contents.withLock { _ = $0.damaged.insert(key) } }

    /// How many batches were applied since the disk was made.
    package var commitCount: Int { contents.withLock { $0.commitCount } }
}

// What the store does.
extension InMemoryCheckpointDisk {
    func startSession() -> Session {
        contents.withLock { contents in
            contents.sessionCount += 1
            let session = Session(number: contents.sessionCount)
            contents.openSession = session
            return session
        }
    }

    func endSession(_ session: Session) {
        contents.withLock { contents in
            if contents.openSession == session { contents.openSession = nil }
        }
    }

    func piece(_ key: CheckpointKey, _ session: Session) throws(CheckpointStoreError) -> [UInt8]? {
        try contents.withLock { contents throws(CheckpointStoreError) in
            try Self.check(session, contents)
            guard let bytes = contents.shelves[Shelf(key.kind, key.shard)]?[key.serial] else { return nil }
            guard !contents.damaged.contains(key) else { throw .corrupted("\(key): damaged by the test") }
            return bytes
        }
    }

    func serials(
        of kind: CheckpointKey.Kind, shard: ShardID, _ session: Session
    ) throws(CheckpointStoreError) -> [UInt64] {
        try contents.withLock { contents throws(CheckpointStoreError) in
            try Self.check(session, contents)
            return (contents.shelves[Shelf(kind, shard)] ?? [:]).keys.sorted()
        }
    }

    func commit(_ batch: CheckpointBatch, _ session: Session) throws(CheckpointStoreError) {
        try contents.withLock { contents throws(CheckpointStoreError) in
            try Self.check(session, contents)
            try batch.validate()
            guard !batch.isEmpty else { return }
            guard !contents.isFull else { throw .noSpace("the disk is full, by order of the test") }
            switch contents.faults.isEmpty ? nil : contents.faults.removeFirst() {
            case nil:
                Self.apply(batch, to: &contents)
            case .noSpace:
                throw .noSpace("the disk is full, by order of the test")
            case .failed:
                throw .failed("a failure, by order of the test")
            case .crashBefore:
                contents.openSession = nil
                throw .failed("a crash before the commit, by order of the test")
            case .crashAfter:
                Self.apply(batch, to: &contents)
                contents.openSession = nil
                throw .failed("a crash after the commit, by order of the test")
            }
        }
    }

    private static func check(_ session: Session, _ contents: Contents) throws(CheckpointStoreError) {
        guard contents.openSession == session else { throw .failed("the store is closed") }
    }

    private static func apply(_ batch: CheckpointBatch, to contents: inout Contents) {
        for (key, bytes) in batch.writes {
            contents.shelves[Shelf(key.kind, key.shard), default: [:]][key.serial] = bytes
            contents.damaged.remove(key)
        }
        for key in batch.removals {
            contents.shelves[Shelf(key.kind, key.shard)]?[key.serial] = nil
            contents.damaged.remove(key)
        }
        contents.commitCount += 1
    }
}
