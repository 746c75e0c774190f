internal import Leaderboards
internal import Logging
internal import Sharding

// Answers from what this node has, to who said how old that may be.
extension ShardActor {
    /// How long ago it was, at most, that this node had all of the shard that was acknowledged. Nil if it can't say.
    ///
    /// An owner has everything while its lease lasts, for nobody else can be one then. A follower has what it was certain of last: the
    /// log's end was asked for at that moment, and has been applied since.
    var age: Duration? {
        switch role {
        case .vacant: nil
        case .owner: leaseEnd > .zero ? max(environment.clock.uptime() - leaseEnd, .zero) : nil
        case .follower: completeAt.map { max(environment.clock.uptime() - $0, .zero) }
        }
    }

    /// The log was read to where it ended at a time, by `NodeClock.uptime`, and its record `number` was the shard's last then.
    func noteComplete(through number: UInt64, at time: Duration?) {
        guard let time, role == .follower, !isLent, tail.number >= number else { return }
        completeAt = max(completeAt ?? time, time)
    }

    /// Answers a question: from what is here if the reader said so, or else as fresh as can be.
    func answer<Value: Sendable>(
        _ key: LeaderboardKey, _ board: BoardSelector, _ options: ReadOptions,
        _ body: (Shard, Timestamp) throws(Refusal) -> Value
    ) async throws(ServiceError) -> Positioned<Value> {
        if let bound = options.ageMax, let old = try await old(key, board, within: bound, body) { return old }
        do {
            while true {
                let now = try await prepareRead(key, board)
                let patience = options.ageMaxOnError == nil ? nil : Self.logPatience
                let answer = try await read(key, relaxed: options.relaxed, patience) { shard throws(Refusal) in
                    try body(shard, now)
                }
                if let answer { return answer }
            }
        } catch {
            // Who is not the owner says so first: that one may have an answer.
            guard let bound = options.ageMaxOnError, !error.isRouted, !error.isRefusal,
                let old = try await old(key, board, within: bound, body)
            else { throw error }
            return old
        }
    }

    /// How long an owner whose lease is over waits for the log, if there is an older answer.
    private static var logPatience: Duration { .seconds(1) }

    /// From memory, as it is. Nil if that is too old, or says that there is no such thing: the owner may know better.
    private func old<Value: Sendable>(
        _ key: LeaderboardKey, _ board: BoardSelector, within bound: Duration,
        _ body: (Shard, Timestamp) throws(Refusal) -> Value
    ) async throws(ServiceError) -> Positioned<Value>? {
        while let age, age <= bound, isReadable(key) {
            if isLent {
                try await waitForReturn()
                continue
            }
            let now = environment.clock.now()
            let missing = shard.missing(for: key, board, now: now)
            if !missing.isEmpty {
                guard try await bring(missing) else { return nil }
                continue
            }
            do {
                var answer = Positioned(try body(shard, now), at: tail.position ?? .start)
                answer.age = age
                return answer
            } catch {
                return nil
            }
        }
        return nil
    }

    /// Whether memory has nothing of a leaderboard that may be lost, and need not be asked for otherwise.
    private func isReadable(_ key: LeaderboardKey) -> Bool {
        guard isReadableAtAll else { return false }
        return role == .follower || (shard.contains(key) ? shard.lastChange(of: key) : lastBatch) <= durableBatch
    }

    private var isReadableAtAll: Bool {
        if case .failed = state { return false }
        guard environment.sharing != nil else { return false }
        // Within its lease an owner's usual answer costs no more.
        return reloading == nil && (role == .follower || environment.clock.uptime() >= leaseEnd)
    }

    /// The newest record that anything in memory depends on.
    private var lastBatch: UInt64 { batchInTheMaking - (record == nil ? 1 : 0) }

    private func waitForReturn() async throws(ServiceError) {
        guard lentWaiters.count < environment.configuration.waitersMax else { throw .overloaded(retryAfter: 1) }
        await waitUntilReturned()
    }

    /// Brings pieces into memory. False if they can't be read, which is for the owner to get over.
    private func bring(_ pieces: [MissingPiece]) async throws(ServiceError) -> Bool {
        guard role == .follower else {
            try await load(pieces)
            return true
        }
        guard lentWaiters.count < environment.configuration.waitersMax else { throw .overloaded(retryAfter: 1) }
        // Records are applied on another thread, which brings in pieces as well.
        await borrow()
        defer { endLending() }
        for piece in pieces where role == .follower && shard.isMissing(piece) {
            do throws(LoadError) {
                try await loadNow(piece)
            } catch {
                environment.logger.error("checkpoint of shard \(id) is damaged: \(error)")
                return false
            }
        }
        return true
    }
}

// Work of a client who said that old data will do.
extension ShardActor {
    /// True if the work is answered from what is here, or will be looked at again.
    func attemptFromMemory(_ work: any ShardWork) -> Bool {
        guard !work.isChanging, let bound = work.ageMax, let age, age <= bound,
            isReadableAtAll, role == .follower || lastBatch <= durableBatch
        else { return false }
        let missing = isLent ? [] : work.missing(in: shard)
        guard !isLent, missing.isEmpty else {
            return environment.inBackground { [self] in await prepare(missing, then: work) }
        }
        // What only reads writes nothing into it.
        var record = shard.makeRecord(at: environment.clock.now())
        work.run(ShardStep(shard: shard, seed: nextSeed(), waiting: nil), into: &record)
        assert(record.isEmpty)
        work.finish(.success(()))
        return true
    }

    private func prepare(_ missing: [MissingPiece], then work: any ShardWork) async {
        do throws(ServiceError) {
            if missing.isEmpty {
                try await waitForReturn()
            } else if try await !bring(missing) {
                throw moved
            }
        } catch {
            return work.finish(.failure(error))
        }
        attempt(work)
    }
}

extension ServiceError {
    fileprivate var isRefusal: Bool {
        if case .refused = self { true } else { false }
    }
}
