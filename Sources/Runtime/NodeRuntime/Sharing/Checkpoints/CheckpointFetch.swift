internal import CheckpointStores
internal import CommitLogs
internal import Leaderboards
internal import Logging
internal import NIOPosix
internal import Sharding

/// Fetches a checkpoint from another node, of those that fit the log, and makes it this node's own. A mirror gets it from a node of its
/// origin.
///
/// One that contradicts the log, that is damaged, or whose node goes away is given up, and leaves nothing behind; then the next
/// node is asked.
struct CheckpointFetch {
    let environment: ShardEnvironment
    let exchange: CheckpointExchange
    let id: ShardID

    private static let attemptsMax = 8

    /// True if there is one now that reflects record `number` or a later one.
    func fetch(reaching number: UInt64, before end: LogTail) async throws(RecoveryError) -> Bool {
        guard exchange.beginFetch() else { throw .busy }
        defer { exchange.endFetch() }
        let recovery = ShardRecovery(environment: environment)
        var isAhead = false
        for offer in try await offers(reaching: number).prefix(Self.attemptsMax) {
            let (name, checkpoint) = (offer.name, offer.checkpoint)
            // What it reflects is on its way here.
            if exchange.isMirror, checkpoint.record.number > end.number {
                isAhead = true
                continue
            }
            switch try await recovery.fit(checkpoint.record, of: id, before: end) {
            case .tooOld: continue
            case .contradicts(let reason):
                environment.logger.error("\(name) is refused for shard \(id): \(reason)")
                continue
            case .fits: break
            }
            do throws(CheckpointTransferError) {
                let (generation, byteCount) = try await copy(offer)
                environment.logger.info("\(name) was fetched for shard \(id), \(byteCount) bytes")
                exchange.shelf.noteVerified(
                    id,
                    HeldCheckpoint(
                        generation: generation, record: checkpoint.record, byteCount: byteCount, isVerified: true))
                return true
            } catch {
                if error == .busy { throw .busy }
                environment.logger.warning("\(name) could not be fetched for shard \(id): \(error)")
            }
        }
        if isAhead { throw .early(id) }
        return false
    }

    private func offers(reaching number: UInt64) async throws(RecoveryError) -> [CheckpointOffer] {
        do throws(ServiceError) {
            return try await exchange.offers(of: id, reaching: number)
        } catch {
            if case .overloaded = error { throw .busy }
            throw .unreachable(id, "its origin can't be asked for a checkpoint: \(error)")
        }
    }

    private func copy(
        _ offer: CheckpointOffer
    ) async throws(CheckpointTransferError) -> (generation: UInt64, byteCount: Int) {
        let (store, settings, id) = (environment.store, environment.configuration.shard, id)
        let box = try await onThread { () throws(CheckpointTransferError) in
            CopyBox(try CheckpointCopy(of: id, into: store, settings: settings))
        }
        do throws(CheckpointTransferError) {
            var place: CheckpointPlace? = .start
            while let next = place {
                let chunk = try await exchange.chunk(of: offer, shard: id, at: next)
                place = try await onThread { () throws(CheckpointTransferError) in try box.take(chunk) }
            }
            return try await onThread { () throws(CheckpointTransferError) in
                guard box.copy.record == offer.checkpoint.record else { throw .damaged("it reflects another record") }
                let generation = (try store.shardGenerations(of: id).last ?? 0) + 1
                exchange.shelf.forget(id, generation)
                return (try box.copy.finish(), box.copy.byteCount)
            }
        } catch {
            _ = try? await onThread { () throws(CheckpointTransferError) in box.copy.discard() }
            throw error
        }
    }

    private func onThread<Value: Sendable>(
        _ body: @escaping @Sendable () throws(CheckpointTransferError) -> Value
    ) async throws(CheckpointTransferError) -> Value {
        let result: Result<Value, CheckpointTransferError>
        do {
            result = try await environment.threads.runIfActive {
                Result { () throws(CheckpointTransferError) -> Value in try body() }
            }
        } catch {
            throw .store(.failed("the node is stopping"))
        }
        return try result.get()
    }
}

/// A copy on its way from thread to thread.
///
/// Sendable because its steps come one after the other.
private final class CopyBox: @unchecked Sendable {
    var copy: CheckpointCopy

    init(_ copy: CheckpointCopy) { self.copy = copy }

    /// The place of the next chunk; nil after the last.
    func take(_ chunk: CheckpointChunk) throws(CheckpointTransferError) -> CheckpointPlace? {
        try copy.take(chunk)
        return copy.isComplete ? nil : copy.place
    }
}

extension CheckpointStore {
    fileprivate func shardGenerations(of shard: ShardID) throws(CheckpointTransferError) -> [UInt64] {
        do throws(CheckpointStoreError) {
            return try serials(of: .shardManifest, shard: shard)
        } catch {
            throw .store(error)
        }
    }
}
