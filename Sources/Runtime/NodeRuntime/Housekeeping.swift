internal import CommitLogs
internal import Leaderboards
internal import Logging
internal import Sharding

/// What has to be done now and then: closing seasons, deleting what has expired, counting what projects have, taking
/// checkpoints, giving memory and log space back.
struct Housekeeping: Sendable {
    let shards: [ShardActor]
    let environment: ShardEnvironment

    /// Until it is cancelled.
    func run() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                try await every(.milliseconds(500)) {
                    await closeSeasons()
                    await deleteExpiredSets()
                }
            }
            group.addTask {
                try await every(.seconds(1)) {
                    await countHoldings()
                    if await takeDueCheckpoints() { await truncateLog() }
                    await giveMemoryBack()
                }
            }
            if let sharing = environment.sharing { keep(sharing, &group) }
            try await group.waitForAll()
        }
    }

    /// What is due where the log is shared.
    private func keep(_ sharing: Sharing, _ group: inout ThrowingTaskGroup<Void, any Error>) {
        let truncation = LogTruncation(sharing, shards: shards, environment: environment)
        let verification = CheckpointVerification(
            shards: shards, environment: environment, exchange: sharing.exchange)
        group.addTask { try await every(.seconds(1)) { await truncation.step() } }
        group.addTask { try await every(.milliseconds(500)) { await verification.verifyWanted() } }
    }

    private func every(_ interval: Duration, _ body: () async -> Void) async throws {
        while true {
            try await environment.clock.sleep(for: interval)
            await body()
        }
    }

    func closeSeasons() async {
        for shard in shards {
            do throws(ServiceError) {
                try await shard.closeDueSeasons()
            } catch {
                environment.logger.warning("seasons of shard \(shard.id) are closed later: \(error)")
            }
        }
    }

    func deleteExpiredSets() async {
        for shard in shards {
            do throws(ServiceError) {
                try await shard.deleteExpiredSets()
            } catch {
                environment.logger.warning("expired sets of shard \(shard.id) are deleted later: \(error)")
            }
        }
    }

    /// True if any checkpoint was taken.
    func takeDueCheckpoints() async -> Bool {
        var any = false
        for shard in shards where await shard.needsCheckpoint() {
            if await shard.takeCheckpoint() { any = true }
        }
        return any
    }

    /// When the shards have stopped, and nothing changes any more.
    func takeLastCheckpoints() async {
        for shard in shards where await shard.needsCheckpoint() { _ = await shard.takeCheckpoint() }
    }

    /// The log is needed from the older of the two kept checkpoints on, whichever shard's is the oldest.
    func truncateLog() async {
        // What others may need is given back by `LogTruncation`.
        guard environment.sharing == nil else { return }
        var newest = LogPosition.start
        for shard in shards { newest = max(newest, await shard.checkpoint.lastPosition ?? .start) }
        // Idle shards are brought forward only when they hold back a good deal of log.
        let slack = UInt64(4 * environment.configuration.checkpointBytes)
        if newest.value > slack {
            for shard in shards { await shard.renew(below: LogPosition(newest.value - slack)) }
        }
        var needed: LogPosition?
        for shard in shards {
            guard let position = await shard.neededLogPosition() else { continue }
            needed = min(needed ?? position, position)
        }
        guard let needed, needed > .start else { return }
        do throws(AppendError) {
            try await environment.log.truncate(below: needed)
        } catch {
            environment.logger.error("old log is kept for now: \(error)")
        }
    }

    func giveMemoryBack() async {
        var used = 0
        for shard in shards { used += await shard.memoryBytes }
        var excess = used - environment.configuration.memoryBytesMax
        for shard in shards where excess > 0 { excess -= await shard.evict(byteCount: excess) }
    }
}
