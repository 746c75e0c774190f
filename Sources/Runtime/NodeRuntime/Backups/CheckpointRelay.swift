internal import CheckpointStores
internal import CommitLogs
internal import Leaderboards
internal import Logging
internal import Sharding

/// Hands out another node's checkpoint of a shard, piece by piece, as it comes.
///
/// Nothing of it is kept: this node may be nothing to the shard. It is not verified either, which whoever gets it does; but its last
/// record is the log's, and its manifest comes last, so that pieces without one are no checkpoint.
struct CheckpointRelay {
    let environment: ShardEnvironment
    let exchange: CheckpointExchange
    let id: ShardID

    private static let attemptsMax = 8

    /// False if no other node has one that fits the log. Of an attempt that failed, pieces may have been sent.
    func send(_ body: (CheckpointKey, [UInt8]) async throws -> Void) async throws -> Bool {
        var failed: Set<CheckpointOffer> = []
        while failed.count < Self.attemptsMax, let offer = try await next(without: failed) {
            do {
                try await pass(offer, body)
                return true
            } catch let error as CheckpointTransferError {
                environment.logger.warning("\(offer.name) could not be fetched for a backup of shard \(id): \(error)")
                failed.insert(offer)
            }
        }
        return false
    }

    /// Asks anew each time: whoever reads slowly finds that a node has newer checkpoints, and no more the one that it began with.
    private func next(without failed: Set<CheckpointOffer>) async throws -> CheckpointOffer? {
        guard let end = try await environment.log(for: id)?.tail(of: id) else { return nil }
        let recovery = ShardRecovery(environment: environment)
        for offer in try await exchange.offers(of: id, reaching: 1) where !failed.contains(offer) {
            if try await recovery.fit(offer.checkpoint.record, of: id, before: end) == .fits { return offer }
        }
        return nil
    }

    private func pass(_ offer: CheckpointOffer, _ body: (CheckpointKey, [UInt8]) async throws -> Void) async throws {
        var assembly = PieceAssembly(of: id)
        while !assembly.isComplete {
            let chunk = try await exchange.chunk(of: offer, shard: id, at: assembly.place)
            for (piece, bytes) in try assembly.take(chunk) {
                if let piece {
                    try await body(CheckpointKey(piece, of: id), bytes)
                    continue
                }
                let manifest = try? bytes.withUnsafeBytes { try ShardManifest($0) }
                guard manifest.map({ CheckpointRecord($0) }) == offer.checkpoint.record else {
                    throw CheckpointTransferError.damaged("it reflects another record")
                }
                try await body(
                    CheckpointKey(kind: .shardManifest, shard: id, serial: offer.checkpoint.generation), bytes)
            }
        }
    }
}
