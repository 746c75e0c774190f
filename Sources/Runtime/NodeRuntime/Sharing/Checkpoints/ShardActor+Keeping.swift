internal import Leaderboards
internal import Logging
internal import NIOPosix
package import Sharding

/// What a shard owes to the cutting of its log.
struct CheckpointKeeping {
    /// Somebody waits for a newer checkpoint.
    var isWanted = false
    var isBeingVerified = false
    /// Two verified checkpoints are kept so long, for whoever wants to cut the log.
    var keepsPairUntil: Duration = .zero
    /// The record on its way says nothing but that the owner is alive, so that memory is not ahead of the log without it.
    var isAppendingLease = false
}

extension ShardActor {
    /// How long a pair of verified checkpoints waits for whoever wanted it. Longer than a round of `LogTruncation`, with what the other
    /// nodes take to verify theirs.
    private static let pairPatience: Duration = .seconds(60)
    /// So many records without a change, leases above all, are worth a checkpoint: then they can be given back.
    private static let recordsMax: UInt64 = 4096

    /// No checkpoint is begun now: it would remove one that somebody has a use for.
    var isKeepingCheckpoints: Bool {
        guard let exchange = environment.sharing?.exchange else { return false }
        let now = environment.clock.uptime()
        if keeping.isBeingVerified || now < keeping.keepsPairUntil { return true }
        guard checkpoint.generations.count > 1 else { return false }
        return exchange.desk.isReading(id, checkpoint.generations[0], at: now)
    }

    /// A checkpoint would let the log be cut further, even if nothing in it changed the shard.
    var hasLogToGiveBack: Bool {
        guard environment.sharing != nil else { return false }
        return isCheckpointDue || tail.number >= checkpoint.lastNumber + Self.recordsMax
    }

    /// What is wanted is two that reflect all there is. Where nothing can be appended, the second is of the same record as the first.
    private var isCheckpointDue: Bool {
        keeping.isWanted
            && (tail.number > checkpoint.lastNumber || checkpoint.previousPosition ?? .start < tail.position ?? .start)
    }

    /// What this node has of the shard. A wish is fulfilled later; who has it asks again.
    func holdings(_ wish: HoldingsQuestion.Wish) async throws(ServiceError) -> ShardHoldings {
        guard let exchange = environment.sharing?.exchange else {
            throw .unavailable("this node shares nothing", retryAfter: 5)
        }
        let (shelf, id) = (exchange.shelf, id)
        let checkpoints: Result<[HeldCheckpoint], CheckpointTransferError>
        do {
            checkpoints = try await environment.threads.runIfActive {
                Result { () throws(CheckpointTransferError) in try shelf.checkpoints(of: id) }
            }
        } catch {
            throw .unavailable("the node is stopping", retryAfter: 2)
        }
        let now = environment.clock.uptime()
        let part: ShardHoldings.Role =
            switch role {
            case .owner: .owner
            case .follower: .follower
            case .vacant: .none
            }
        let holdings = ShardHoldings(
            role: part, applied: role == .vacant ? .start : tail.position ?? .start,
            aged: exchange.aged(id, at: now), floor: exchange.floor(of: id, at: now),
            checkpoints: (try? checkpoints.get()) ?? [])
        if role != .vacant { fulfil(wish, exchange) }
        return holdings
    }

    private func fulfil(_ wish: HoldingsQuestion.Wish, _ exchange: CheckpointExchange) {
        if wish == .newer {
            // Whoever asks so has what it needed of those before.
            keeping.keepsPairUntil = .zero
            keeping.isWanted = true
        }
        if wish != .look { exchange.shelf.want(id) }
    }

    /// The log was cut, and whoever waited has what it needed.
    func releasePair() { keeping.keepsPairUntil = .zero }

    /// False if it has to be tried again later.
    func beginVerification() -> Bool {
        if isTakingCheckpoint || keeping.isBeingVerified { return false }
        // What somebody wants and does not have yet comes first.
        if isCheckpointDue, role != .vacant, reloading == nil { return false }
        keeping.isBeingVerified = true
        return true
    }

    func endVerification(isAnyNew: Bool) {
        keeping.isBeingVerified = false
        if checkpoint.generations.count > 1 {
            if isAnyNew { keeping.keepsPairUntil = environment.clock.uptime() + Self.pairPatience }
        } else if role != .vacant, tail.number > 0 {
            // One is not enough for anybody.
            keeping.isWanted = true
            environment.sharing?.exchange.shelf.want(id)
        }
    }
}

/// What a shard is after a record, for those who compare nodes.
package struct ShardState: Hashable, Sendable {
    package var number: UInt64
    package var hash: ChainHash
}

extension ShardActor {
    func currentState() async throws(ServiceError) -> ShardState {
        try await load(shard.missingAltogether)
        return ShardState(number: tail.number, hash: shard.stateHash(withUsage: false))
    }
}

extension Node {
    /// Loads all that a shard has. For tests and drills.
    package func state(ofShard number: Int) async throws(ServiceError) -> ShardState {
        try await shards()[number].currentState()
    }
}
