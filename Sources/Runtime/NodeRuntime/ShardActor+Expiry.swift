internal import Leaderboards
internal import Sharding

extension ShardActor {
    /// Deletes the sets whose deadline has come. Nobody sees them any more: it gives memory and disk back.
    func deleteExpiredSets() async throws(ServiceError) {
        resumeWrites()
        while role == .owner, state == .serving, reloading == nil, let next = shard.nextExpiry,
            next <= environment.clock.now()
        {
            let (numbers, stored) = shard.expiredSets(at: environment.clock.now(), countMax: Self.expiredAtOnce)
            var pieces: [StoredPieces] = []
            for stored in stored {
                // One that can't be read must not keep the others.
                if let list = await piecesToDelete(stored) { pieces.append(list) }
            }
            guard state == .serving, reloading == nil else { return }
            let lists = pieces
            let deleted = try await write { shard, record in
                shard.deleteExpired(numbers, stored: lists, into: &record)
            }
            if deleted.value == 0 { return }
        }
    }

    /// Sets that are deleted before other commands get their turn.
    private static var expiredAtOnce: Int { 256 }

    /// What a set consists of that is on disk only: its members and entries stay unread.
    private func piecesToDelete(_ stored: StoredLeaderboard) async -> StoredPieces? {
        let loader = environment.loader(of: id)
        do throws(LoadError) {
            return try await onThread { () throws(LoadError) in try loader.pieces(of: stored) }
        } catch {
            // Loaded the usual way, its checkpoint is found to be damaged and the one before takes its place.
            try? await load([.leaderboard(stored)])
            return nil
        }
    }
}
