internal import CheckpointStores
internal import CommitLogs
internal import Leaderboards
internal import Logging
internal import NIOPosix
internal import Placement
internal import Sharding

// How a node comes to own a shard that others can own, and how that ends. Who may is decided elsewhere (`ShardWatch`), and by the log.
extension ShardActor {
    /// Reads the shard's newest checkpoint and the log behind it. Afterwards `apply` keeps it up to date.
    func follow() async throws(RecoveryError) {
        guard role == .vacant, !isChangingRole else { return }
        isChangingRole = true
        defer { isChangingRole = false }
        completeAt = nil
        let recovered = try await ShardRecovery(environment: environment).recoverShared(id)
        install(recovered)
        role = .follower
    }

    /// Takes over what the log has beyond what was applied. Records that were applied already are passed over; what comes before those
    /// given is read from the log.
    func apply(_ entries: [LogEntry]) async throws(RecoveryError) {
        guard let last = entries.last else { return }
        try await advance(to: last.record.number) { recovered throws(RecoveryError) in
            let next = entries.first { $0.record.number > recovered.tail.number }
            let recovery = ShardRecovery(environment: self.environment)
            guard next?.record.number == recovered.tail.number + 1 else {
                return try await recovery.applyShared(to: recovered, through: last.position)
            }
            return try await recovery.applyShared(entries, to: recovered)
        }
    }

    /// Applies what the log has up to its last word.
    func catchUp(through last: LastWord, evenIfHeld: Bool = false) async throws(RecoveryError) {
        try await advance(to: last.number, evenIfHeld: evenIfHeld) { recovered throws(RecoveryError) in
            try await ShardRecovery(environment: self.environment).applyShared(to: recovered, through: last.position)
        }
    }

    private func advance(
        to number: UInt64, evenIfHeld: Bool = false,
        _ body: (RecoveredShard) async throws(RecoveryError) -> RecoveredShard
    ) async throws(RecoveryError) {
        guard role == .follower, !isChangingRole, number > tail.number else { return }
        await borrow()
        defer { endLending() }
        guard role == .follower, number > tail.number, evenIfHeld || !isHeld else { return }
        do throws(RecoveryError) {
            let recovered = try await body(RecoveredShard(shard: shard, tail: tail))
            tail = recovered.tail
            checkpoint.bytesSinceLast += recovered.appliedBytes
            if recovered.damage != nil { empty() }
        } catch {
            // Some of it may have been applied, and nobody knows how much.
            empty()
            throw error
        }
    }

    /// Appends a claim behind what was applied. True if this node is the owner now.
    func claim() async throws(AppendError) -> Bool {
        guard role == .follower, !isChangingRole, state == .serving else { return false }
        isChangingRole = true
        defer { isChangingRole = false }
        // A checkpoint in the making is of this very state, and goes on.
        await waitUntilReturned()
        let losses = environment.sharing?.losses(of: id) ?? AcceptedLosses()
        guard !losses.voids(number: tail.number, epoch: tail.epoch) else { return false }
        let epoch = max(tail.epoch, losses.epoch) + 1
        do throws(AppendError) {
            try await append(encode(kind: .claim, epoch: epoch, payload: []), epoch: epoch)
        } catch {
            if case .conflict = error { return false }
            throw error
        }
        tail.isClaimed = true
        role = .owner
        shard.recordInTheMaking = batchInTheMaking
        environment.budgets.limit(shard)
        environment.logger.info("this node owns shard \(id)", metadata: ["shard": "\(id)", "epoch": "\(epoch)"])
        return true
    }

    /// Gives the shard away once all that was begun is durable. False if that failed, or it was not this node's.
    func handOver(to heir: NodeID?) async -> Bool {
        guard role == .owner, handOver == nil, state == .serving, reloading == nil else { return false }
        return await withCheckedContinuation { continuation in
            handOver = HandOver(heir: heir, whenDone: continuation)
            wake()
        }
    }

    /// Called by `run` when there is a record to append first. Under load there always is a next one, unless nothing more is taken.
    func closeForHandOver() {
        handOver?.isClosed = true
        ownerNumber = handOver?.heir?.number
    }

    /// Called by `run` when nothing is left to append.
    func appendRelease() async throws(AppendError) {
        guard let handOver else { return }
        let payload = ReleasePayload.encode(heir: handOver.heir)
        // From here on nothing is taken any more; what waits is asked of the heir. What is watched may have the release before its
        // append has returned, and must not apply it a second time.
        isChangingRole = true
        defer { isChangingRole = false }
        role = .follower
        ownerNumber = handOver.heir?.number
        leaseEnd = .zero
        endWaiting(moved)
        release(upTo: .max, .failure(moved))
        try await append(encode(kind: .release, epoch: tail.epoch, payload: payload), epoch: tail.epoch)
        leaseEnd = .zero
        tail.isClaimed = false
        shard.recordInTheMaking = 0
        endHandOver(true)
    }

    func endHandOver(_ isDone: Bool) {
        handOver?.whenDone.resume(returning: isDone)
        handOver = nil
    }

    /// What is in memory may be ahead of the log, which takes nothing now. Whoever can claim the shard next may have it.
    func step(down error: ServiceError) async {
        environment.logger.error("shard \(id) is given up: \(error)", metadata: ["shard": "\(id)"])
        await empty(telling: error)
    }

    /// Another node has become owner. What was not durable is not in the log and never will be: it can be asked of the new one.
    func depose() async {
        environment.logger.notice("another node owns shard \(id) now", metadata: ["shard": "\(id)"])
        role = .vacant
        // Whoever waits is told whom to ask.
        if let tail = try? await environment.sharing?.log(of: id).tail(of: id) { ownerNumber = tail.node }
        await empty(telling: moved)
    }

    /// Forgets the shard, which others have, or which is read anew.
    func leave() async {
        guard role == .follower, !isChangingRole else { return }
        await empty(telling: moved)
    }

    private func empty(telling error: ServiceError) async {
        record = nil
        pendingBytes = 0
        role = .vacant
        leaseEnd = .zero
        endHandOver(false)
        endWaiting(error)
        release(upTo: .max, .failure(error))
        endCheckpointStart(nil)
        await waitUntilReturned()
        while isTakingCheckpoint { await withCheckedContinuation { lentWaiters.append($0) } }
        empty()
    }

    private func empty() {
        role = .vacant
        install(RecoveredShard(shard: Shard(id: id, settings: environment.configuration.shard)))
    }

    private func install(_ recovered: RecoveredShard) {
        shard = recovered.shard
        tail = recovered.tail
        checkpoint = CheckpointProgress(recovered)
        batchInTheMaking += 1
        durableBatch = batchInTheMaking - 1
        shard.recordInTheMaking = 0
        environment.budgets.limit(shard)
    }

    // MARK: Lending

    /// Waits until nobody else has the shard, and takes it.
    func borrow() async {
        while isLent || isTakingCheckpoint { await withCheckedContinuation { lentWaiters.append($0) } }
        isLent = true
    }

    func waitUntilReturned() async {
        while isLent { await withCheckedContinuation { lentWaiters.append($0) } }
    }

    func endLending() {
        isLent = false
        let waiting = lentWaiters
        lentWaiters = []
        for waiter in waiting { waiter.resume() }
    }
}

// What the keeper asks of a shard.
extension ShardActor {
    /// Renews the lease, if that is due, and answers how things stand: this node's part in the shard, and, if it owns it, what
    /// the others should know. In one call, since it is made for every shard many times a second.
    ///
    /// - Parameters:
    ///   - number: the last record that was seen
    ///   - time: when the log is known to have ended with it, or earlier
    ///   - rumour: what others say of the shard
    func attend(
        upTo number: UInt64, completeAt time: Duration? = nil, rumour: ShardNote? = nil
    ) -> (role: ShardWatch.Role, note: ShardNote?, damage: String?) {
        let isSucceeded = role == .owner && rumour.map { $0.epoch > tail.epoch } ?? false
        successor = isSucceeded ? rumour?.owner?.number : nil
        renewLease()
        noteComplete(through: number, at: time)
        endPatience()
        defer { damage = nil }
        switch role {
        case .owner: return (.owner, note(), damage)
        case .vacant: return (.vacant, nil, damage)
        case .follower: return (tail.number < number || isLent ? .behind : .follower, nil, damage)
        }
    }

    /// Somebody has written to the log.
    func hear(_ word: LastWord) {
        let me = environment.configuration.node
        guard word.node.number == me, word.incarnation == environment.configuration.incarnation else {
            ownerNumber = word.isRelease ? word.heir?.number : word.node.number
            // An owner that has nothing to write finds out by writing.
            if role == .owner, word.epoch > tail.epoch { appendLease() }
            return
        }
    }

    private func note() -> ShardNote? {
        guard role == .owner, let position = tail.position else { return nil }
        return ShardNote(
            shard: id, owner: NodeID(environment.configuration.node), epoch: tail.epoch, number: tail.number,
            position: position, hash: tail.hash)
    }

    func lastWord() -> LastWord? {
        guard role == .owner, let position = tail.position else { return nil }
        return LastWord(
            position: position, epoch: tail.epoch, number: tail.number, node: NodeID(environment.configuration.node),
            incarnation: environment.configuration.incarnation)
    }
}
