internal import CheckpointStores
internal import Leaderboards
internal import NIOPosix
internal import Sharding

// The checkpoints that a node has on its disk, in the midst of its work.
extension Node {
    /// - Parameters:
    ///   - numbers: of shards; none for all
    ///   - verifies: reads each completely and computes its content hash anew, on threads for work that blocks
    package func checkpoints(
        of numbers: [Int], verifying verifies: Bool
    ) async throws(ServiceError) -> [CheckpointSight] {
        let all = try shards().map(\.id)
        var found: [CheckpointSight] = []
        for id in all where numbers.isEmpty || numbers.contains(Int(id.number)) {
            let recovery = ShardRecovery(environment: environment)
            let sights: Result<[CheckpointSight], CheckpointStoreError>
            do {
                sights = try await environment.threads.runIfActive {
                    Result { () throws(CheckpointStoreError) in
                        try recovery.checkpoints(of: id, verifying: verifies)
                    }
                }
            } catch {
                throw .unavailable("the node is stopping", retryAfter: 2)
            }
            do throws(CheckpointStoreError) {
                found += try sights.get()
            } catch {
                throw .corrupted("the checkpoints of shard \(id): \(error)")
            }
        }
        return found
    }
}

extension ShardRecovery {
    func checkpoints(
        of id: ShardID, verifying verifies: Bool
    ) throws(CheckpointStoreError) -> [CheckpointSight] {
        let store = environment.store
        var sights: [CheckpointSight] = []
        for generation in try store.serials(of: .shardManifest, shard: id) {
            var sight = CheckpointSight(shard: id, generation: generation)
            do throws(LoadError) {
                try examine(&sight, verifying: verifies)
            } catch {
                sight.verdict = .damaged("\(error)")
            }
            // One that was replaced while it was read is no damage.
            if case .damaged = sight.verdict, try !store.serials(of: .shardManifest, shard: id).contains(generation) {
                continue
            }
            sights.append(sight)
        }
        return sights
    }

    private func examine(_ sight: inout CheckpointSight, verifying verifies: Bool) throws(LoadError) {
        let key = CheckpointKey(kind: .shardManifest, shard: sight.shard, serial: sight.generation)
        guard let manifest = manifest(at: key) else { throw .contentDiffers("its list can't be read") }
        sight.number = manifest.number
        sight.position = manifest.position
        sight.epoch = manifest.epoch
        sight.hash = manifest.hash
        sight.leaderboardCount = manifest.leaderboards.count
        for stored in manifest.leaderboards {
            sight.entryCount += stored.entryCount
            sight.byteCount += stored.byteCount
        }
        guard verifies else { return }
        guard let shard = try? Shard(id: sight.shard, manifest, settings: environment.configuration.shard) else {
            throw .contentDiffers("its list can't be read")
        }
        let loader = environment.loader(of: sight.shard)
        let (found, missing) = shard.fingerprint()
        var content = found.leaderboards
        // One after the other: a checkpoint may be larger than memory.
        for stored in missing { content.append(.init(stored.key, try loader.examine(stored).fingerprint)) }
        sight.verdict = .sound(ShardFingerprint(rest: found.rest, leaderboards: content).hash)
    }
}
