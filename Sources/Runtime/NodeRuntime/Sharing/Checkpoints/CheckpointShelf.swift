internal import CheckpointStores
internal import Leaderboards
internal import Sharding
internal import Synchronization

/// The checkpoints in this node's store, of every shard, and which of them were verified since the process began.
final class CheckpointShelf: Sendable {
    private struct Key: Hashable {
        var shard: ShardID
        var generation: UInt64
    }

    private struct State {
        var known: [Key: HeldCheckpoint] = [:]
        var damaged: Set<Key> = []
        /// Shards whose checkpoints are to be verified, in the order in which that was asked for.
        var wanted: [ShardID] = []
        var isStopped = false
    }

    private let store: any CheckpointStore
    private let state = Mutex(State())

    private let isVoid: @Sendable (ShardID, CheckpointRecord) -> Bool

    /// - Parameter isVoid: whether what a checkpoint reflects was given up
    init(
        _ store: any CheckpointStore,
        isVoid: @escaping @Sendable (ShardID, CheckpointRecord) -> Bool = { _, _ in false }
    ) {
        self.store = store
        self.isVoid = isVoid
    }

    /// Oldest first; without those that are void. Blocks.
    func checkpoints(of shard: ShardID) throws(CheckpointTransferError) -> [HeldCheckpoint] {
        let generations: [UInt64]
        do throws(CheckpointStoreError) {
            generations = try store.serials(of: .shardManifest, shard: shard)
        } catch {
            throw CheckpointTransferError(reading: error)
        }
        var held: [HeldCheckpoint] = []
        for generation in generations {
            let key = Key(shard: shard, generation: generation)
            if let known = state.withLock({ $0.known[key] }) {
                held.append(known)
                continue
            }
            // One that can't be read is none.
            guard let manifest = try? store.manifest(generation, of: shard) else { continue }
            let found = HeldCheckpoint(
                generation: generation, record: CheckpointRecord(manifest), isVerified: false)
            held.append(found)
            state.withLock { state in if state.known[key] == nil { state.known[key] = found } }
        }
        let kept = Set(generations)
        state.withLock { state in
            for key in state.known.keys where key.shard == shard && !kept.contains(key.generation) {
                state.known[key] = nil
            }
        }
        return held.filter { !isVoid(shard, $0.record) }
    }

    /// A checkpoint is about to be written under a number that another may have had.
    func forget(_ shard: ShardID, _ generation: UInt64) {
        let key = Key(shard: shard, generation: generation)
        state.withLock { state in
            state.known[key] = nil
            state.damaged.remove(key)
        }
    }

    func noteVerified(_ shard: ShardID, _ checkpoint: HeldCheckpoint) {
        let key = Key(shard: shard, generation: checkpoint.generation)
        var verified = checkpoint
        verified.isVerified = true
        state.withLock { [verified] in $0.known[key] = verified }
    }

    // MARK: Verifying

    func want(_ shard: ShardID) {
        state.withLock { state in if !state.wanted.contains(shard) { state.wanted.append(shard) } }
    }

    /// What is being verified is given up.
    func stop() {
        state.withLock { state in
            state.isStopped = true
            state.wanted = []
        }
    }

    private var isStopped: Bool { state.withLock { $0.isStopped } }

    func nextWanted() -> ShardID? {
        state.withLock { $0.wanted.isEmpty ? nil : $0.wanted.removeFirst() }
    }

    /// Loads those of a shard's checkpoints that were not verified yet, the oldest first. Answers what is wrong with those that are
    /// damaged, each once, and whether any was found whole. Blocks for as long as that takes.
    func verify(_ shard: ShardID) -> (problems: [String], isAnyNew: Bool) {
        var problems: [String] = []
        var isAnyNew = false
        for held in (try? checkpoints(of: shard)) ?? [] where !held.isVerified {
            let key = Key(shard: shard, generation: held.generation)
            if state.withLock({ $0.damaged.contains(key) }) { continue }
            do throws(CheckpointTransferError) {
                var verified = held
                verified.byteCount = try store.verify(held.generation, of: shard) { isStopped }
                noteVerified(shard, verified)
                isAnyNew = true
            } catch {
                if case .gone = error { continue }
                state.withLock { _ = $0.damaged.insert(key) }
                problems.append("checkpoint \(held.generation) of shard \(shard): \(error)")
            }
        }
        return (problems, isAnyNew)
    }
}

extension CheckpointStore {
    /// Loads a checkpoint completely, one leaderboard at a time, and compares all content hashes. Answers how many bytes were read.
    fileprivate func verify(
        _ generation: UInt64, of shard: ShardID, unless isStopped: () -> Bool
    ) throws(CheckpointTransferError) -> Int {
        let manifest = try manifest(generation, of: shard)
        let count = ByteCount()
        let loader = LeaderboardLoader(of: shard, in: self) { count.add($0) }
        for stored in manifest.leaderboards {
            if isStopped() { throw .gone("the node is stopping") }
            do throws(LoadError) {
                _ = try loader.verify(stored)
            } catch {
                if case .missing(let piece) = error {
                    // Removed together with its checkpoint, or lost.
                    _ = try self.manifest(generation, of: shard)
                    throw .damaged("\(piece) is missing")
                }
                throw .damaged("\(error)")
            }
        }
        return count.value
    }
}

private final class ByteCount: Sendable {
    private let count = Mutex(0)
    var value: Int { count.withLock { $0 } }
    func add(_ more: Int) { count.withLock { $0 += more } }
}
