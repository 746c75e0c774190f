internal import Leaderboards
internal import NIOCore
internal import Sharding

// Work that waits for entries. It is served by `step`, in the record of the command that made the entries, so that nobody
// comes between; or it gives up, whichever happens first on the shard's event loop.
extension ShardActor {
    nonisolated func wait(_ work: any WaitingWork) {
        if eventLoop.inEventLoop { return assumeIsolated { $0.arrive(work) } }
        eventLoop.execute { self.assumeIsolated { $0.arrive(work) } }
    }

    nonisolated func endWait(of work: any WaitingWork) {
        if eventLoop.inEventLoop { return assumeIsolated { $0.end(work) } }
        eventLoop.execute { self.assumeIsolated { $0.end(work) } }
    }

    var waitingCount: Int { waiting.count }

    func takeOrEnter(_ work: any WaitingWork) {
        do throws(ServiceError) {
            if work.isGivenUp { throw .stopping }
            try admitWrite()
        } catch {
            return work.finish(.failure(error))
        }
        let missing = work.keys.flatMap { shard.missing(for: $0) }
        guard missing.isEmpty else { return load(missing, for: work) }
        // Those that are put off came first.
        if waiting.isPutOff { return enter(work) }
        var hasTaken = false
        let batch = step { record in
            let now = record.time
            guard let key = work.keys.first(where: { shard.hasEntries($0, at: now) }) else { return }
            work.take(from: key, on: shard, into: &record)
            hasTaken = true
        }
        if hasTaken { answer(work, after: batch) } else { enter(work) }
    }

    private func load(_ missing: [MissingPiece], for work: any WaitingWork) {
        let isStarted = environment.inBackground { [self] in await loadAndTake(missing, for: work) }
        if !isStarted { work.finish(.failure(.stopping)) }
    }

    private func loadAndTake(_ missing: [MissingPiece], for work: any WaitingWork) async {
        do throws(ServiceError) {
            try await load(missing)
        } catch {
            return work.finish(.failure(error))
        }
        takeOrEnter(work)
    }

    private func enter(_ work: any WaitingWork) {
        waiting.enter(work, shard)
        guard let deadline = work.deadline else { return }
        let timer = eventLoop.scheduleTask(deadline: deadline) { self.assumeIsolated { $0.timeIsOver(for: work) } }
        waiting.set(timer, of: work)
    }

    // MARK: The end of a wait

    private func timeIsOver(for work: any WaitingWork) {
        guard waiting.leave(work) else { return }
        // That there was nothing may be news which is not durable yet.
        answer(work, after: fresh(batchInTheMaking - (record == nil ? 1 : 0)))
    }

    private func end(_ work: any WaitingWork) {
        if waiting.leave(work) { work.finish(.failure(.stopping)) }
    }

    /// Ends all waits, because of what happened to the shard.
    func endWaiting(_ error: ServiceError) {
        if waiting.isEmpty { return }
        for work in waiting.removeAll() { work.finish(.failure(error)) }
    }

    private func answer(_ work: any WaitingWork, after batch: UInt64) {
        if mayAnswer(batch) { return work.finish(.success(())) }
        waiters.append(Waiter(batch: batch, whom: .waitingWork(work)))
    }

    /// Answers those who were served.
    func answerServed(after batch: UInt64) {
        let served = waiting.takeServed()
        guard mayAnswer(batch) else {
            waiters += served.map { Waiter(batch: batch, whom: .waitingWork($0)) }
            return
        }
        // An answer may bring the next command, which must not come into the midst of a step.
        eventLoop.execute { for work in served { work.finish(.success(())) } }
    }

    /// Serves those for whom the last record had no room.
    func servePutOff() {
        if waiting.isPutOff { _ = step { _ in } }
    }
}

extension ServiceError {
    /// Also what a client is told whose wait was given up, unless it is gone.
    fileprivate static let stopping = ServiceError.unavailable("the node is stopping", retryAfter: 2)
}
