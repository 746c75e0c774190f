internal import CheckpointStores
internal import CommitLogs
internal import Dispatch
internal import Leaderboards
internal import Logging
internal import NIOPosix
internal import Sharding

extension ShardActor {
    /// Brings pieces into memory. Commands to other leaderboards go on meanwhile; a piece that is on its way already is
    /// waited for.
    func load(_ pieces: [MissingPiece]) async throws(ServiceError) {
        for piece in pieces {
            if loading[piece] != nil {
                await withCheckedContinuation { loading[piece]!.append($0) }
                continue
            }
            loading[piece] = []
            defer { for waiter in loading.removeValue(forKey: piece) ?? [] { waiter.resume() } }
            do throws(LoadError) {
                try await loadNow(piece)
            } catch {
                // A leaderboard deleted while it was read has lost its pieces rightly.
                guard shard.isMissing(piece) else { continue }
                environment.logger.error("checkpoint of shard \(id) is damaged: \(error)")
                // The older of the two kept checkpoints and the log lead to the same state.
                guard await fallBack() else { throw .corrupted("checkpoint of shard \(id): \(error)") }
                // All is as if it had never been in memory: the caller looks again at what is missing.
                return
            }
        }
    }

    /// Lets `run` drop memory and go back to the checkpoint before the newest, from where the log leads to the same
    /// state. Returns when that is done; false if there is nothing to go back to.
    private func fallBack() async -> Bool {
        if reloading == nil {
            guard state != .stopping, let newest = checkpoint.generations.last else { return false }
            if checkpoint.generations.count < 2 {
                guard await environment.log(of: id).firstPosition() == .start else { return false }
            }
            guard reloading == nil, checkpoint.generations.last == newest, state != .stopping else { return false }
            reloading = .unavailable("shard \(id) goes back to an older checkpoint", retryAfter: 1)
            damagedGeneration = newest
            wake()
        }
        while reloading != nil { await withCheckedContinuation { reloadWaiters.append($0) } }
        return true
    }

    func loadNow(_ piece: MissingPiece) async throws(LoadError) {
        let loader = environment.loader(of: id)
        switch piece {
        case .leaderboard(let stored):
            shard.install(try await onThread { () throws(LoadError) in try loader.load(stored) })
        case .season(let leaderboard, let window, let season):
            guard let sealed = shard.season(season, of: window, leaderboard: leaderboard) else { return }
            try await onThread { () throws(LoadError) in try loader.read(sealed) }
            while try !sealed.check(slotsMax: Self.checkedAtOnce) { await Task.yield() }
            shard.install(sealed)
        }
    }

    /// Entries of a season checked before other commands get their turn: about a millisecond.
    private static var checkedAtOnce: Int { 8192 }

    /// Runs work that blocks on a thread for such work.
    func onThread<Value: Sendable>(
        _ body: @escaping @Sendable () throws(LoadError) -> Value
    ) async throws(LoadError) -> Value {
        let result: Result<Value, LoadError>
        do {
            result = try await environment.threads.runIfActive {
                Result { () throws(LoadError) -> Value in try body() }
            }
        } catch {
            result = .failure(.contentDiffers("the node is stopping"))
        }
        return try result.get()
    }
}

extension ShardEnvironment {
    /// Loads leaderboards of a shard from the store, each on the caller's thread and one more.
    func loader(of shard: ShardID) -> LeaderboardLoader {
        let (store, helpers) = (store, loadingThread)
        return LeaderboardLoader(
            reading: { piece, body throws(LoadError) in
                let key = CheckpointKey(piece, of: shard)
                var problem: LoadError?
                let found: Void?
                do throws(CheckpointStoreError) {
                    found = try store.withPiece(key) { bytes throws(CheckpointStoreError) in
                        do throws(LoadError) { try body(bytes) } catch { problem = error }
                    }
                } catch {
                    throw .unreadable(piece, "\(error)")
                }
                if let problem { throw problem }
                if found == nil { throw .missing(piece) }
            },
            beside: { work in
                let isDone = DispatchSemaphore(value: 0)
                // Done even if the pool is shut down already: the caller waits for it.
                helpers.submit { _ in
                    work()
                    isDone.signal()
                }
                return { isDone.wait() }
            })
    }
}
