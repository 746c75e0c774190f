internal import CommitLogs
internal import Leaderboards
internal import Placement
internal import Sharding

/// Who waits for what a shard holds.
struct FingerprintWaiter {
    var whenDone: CheckedContinuation<TakenFingerprint?, Never>
}

/// What a shard held at a record, without what is on disk only.
struct TakenFingerprint {
    var number: UInt64
    var position: LogPosition
    var found: ShardFingerprint
    var missing: [StoredLeaderboard]
}

// Replicas are compared at one and the same record. Followers are held where they are, the owner says what it holds at its next
// record, and the followers go on to exactly that one.
extension ShardActor {
    var isHeld: Bool { environment.clock.uptime() < heldUntil }

    /// The longest time for which a follower falls behind because it is compared.
    static var heldMax: Duration { .seconds(5) }

    /// Stays at the record that was applied last, for a while. Answers its number.
    func hold() async throws(ServiceError) -> UInt64 {
        guard role == .follower else { throw .unavailable("the node does not follow shard \(id)", retryAfter: 1) }
        heldUntil = environment.clock.uptime() + Self.heldMax
        await waitUntilReturned()
        return tail.number
    }

    /// What the owner holds at a record that it appends for this.
    func fingerprintOfOwner() async throws(ServiceError) -> PlacedFingerprint {
        guard role == .owner, state == .serving, reloading == nil, handOver == nil else { throw moved }
        let taken = await withCheckedContinuation { continuation in
            fingerprintWaiters.append(FingerprintWaiter(whenDone: continuation))
            appendLease()
            wake()
        }
        guard let taken else { throw .unavailable("the owner could not append", retryAfter: 1) }
        return try await complete(taken)
    }

    /// What a follower holds at a record that is known to be in the log.
    func fingerprintOfFollower(at number: UInt64, _ position: LogPosition) async throws(ServiceError)
        -> PlacedFingerprint
    {
        let word = LastWord(position: position, epoch: 0, number: number, node: NodeID(0), incarnation: 0)
        do throws(RecoveryError) {
            try await catchUp(through: word, evenIfHeld: true)
        } catch {
            throw .corrupted("\(error)")
        }
        await waitUntilReturned()
        defer { heldUntil = .zero }
        guard role == .follower else { throw .unavailable("the node does not follow shard \(id)", retryAfter: 1) }
        guard tail.number == number else {
            throw .unavailable("the node has record \(tail.number), not \(number)", retryAfter: 1)
        }
        let (found, missing) = shard.fingerprint()
        return try await complete(
            TakenFingerprint(number: number, position: position, found: found, missing: missing))
    }

    /// Called when memory is what the log will be with the record that is appended now.
    func beginFingerprints() -> TakenFingerprint? {
        guard !fingerprintWaiters.isEmpty else { return nil }
        fingerprintsOnTheWay = fingerprintWaiters
        fingerprintWaiters = []
        let (found, missing) = shard.fingerprint()
        return TakenFingerprint(number: tail.number + 1, position: .start, found: found, missing: missing)
    }

    /// - Parameter taken: nil if there is none: the append failed, or the shard ends
    func endFingerprints(_ taken: TakenFingerprint?) {
        let waiters = taken == nil ? fingerprintsOnTheWay + fingerprintWaiters : fingerprintsOnTheWay
        fingerprintsOnTheWay = []
        if taken == nil { fingerprintWaiters = [] }
        guard !waiters.isEmpty else { return }
        var placed = taken
        placed?.position = tail.position ?? .start
        for waiter in waiters { waiter.whenDone.resume(returning: placed) }
    }

    /// Adds what is on disk only, read on another thread.
    private func complete(_ taken: TakenFingerprint) async throws(ServiceError) -> PlacedFingerprint {
        var parts = taken.found.leaderboards
        let loader = environment.loader(of: id)
        do throws(LoadError) {
            for stored in taken.missing {
                let hash = try await onThread { () throws(LoadError) in try loader.examine(stored).fingerprint }
                parts.append(.init(stored.key, hash))
            }
        } catch {
            throw .unavailable("a leaderboard can't be read from its checkpoint, or changed: \(error)", retryAfter: 1)
        }
        return PlacedFingerprint(
            number: taken.number, position: taken.position,
            content: ShardFingerprint(rest: taken.found.rest, leaderboards: parts))
    }
}
