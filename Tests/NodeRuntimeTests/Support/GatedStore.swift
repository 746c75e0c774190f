import CheckpointStores
import Dispatch
import Leaderboards
import Synchronization

/// A store that can keep a commit waiting, and counts what is read.
final class GatedStore: CheckpointStore {
    let base: InMemoryCheckpointStore
    private struct State {
        var holds = false
        var held = 0
        var waitingForHeld: [CheckedContinuation<Void, Never>] = []
        var fault: (InMemoryCheckpointDisk.Fault, after: Int)?
    }
    private let state = Mutex(State())
    private let gate = DispatchSemaphore(value: 0)

    init(disk: InMemoryCheckpointDisk) { base = InMemoryCheckpointStore(disk: disk) }

    /// Lets no commit begin until `release`.
    func hold() { state.withLock { $0.holds = true } }

    /// Lets `fault` happen to a commit, after so many others.
    func inject(_ fault: InMemoryCheckpointDisk.Fault, after count: Int) {
        state.withLock { $0.fault = (fault, count) }
    }

    func heldCommit() async {
        await withCheckedContinuation { continuation in
            let isThere = state.withLock { state in
                if state.held > 0 { return true }
                state.waitingForHeld.append(continuation)
                return false
            }
            if isThere { continuation.resume() }
        }
    }

    func release() {
        let held = state.withLock { state in
            state.holds = false
            defer { state.held = 0 }
            return state.held
        }
        for _ in 0..<held { gate.signal() }
    }

    func withPiece<Result>(
        _ key: CheckpointKey, _ body: (UnsafeRawBufferPointer) throws(CheckpointStoreError) -> Result
    ) throws(CheckpointStoreError) -> Result? {
        try base.withPiece(key, body)
    }

    func serials(of kind: CheckpointKey.Kind, shard: ShardID) throws(CheckpointStoreError) -> [UInt64] {
        try base.serials(of: kind, shard: shard)
    }

    func commit(_ batch: CheckpointBatch) throws(CheckpointStoreError) {
        let (isHeld, watchers) = state.withLock { state -> (Bool, [CheckedContinuation<Void, Never>]) in
            guard state.holds, !batch.isEmpty else { return (false, []) }
            state.held += 1
            defer { state.waitingForHeld = [] }
            return (true, state.waitingForHeld)
        }
        for watcher in watchers { watcher.resume() }
        if isHeld { gate.wait() }
        let fault = state.withLock { state -> InMemoryCheckpointDisk.Fault? in
            guard let fault = state.fault, !batch.isEmpty else { return nil }
            state.fault = fault.after == 0 ? nil : (fault.0, fault.after - 1)
            return fault.after == 0 ? fault.0 : nil
        }
        if let fault { base.disk.inject(fault) }
        try base.commit(batch)
    }

    func close() { base.close() }
}
