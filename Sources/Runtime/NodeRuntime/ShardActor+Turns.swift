internal import Leaderboards
internal import NIOCore
internal import Sharding

// Whatever arrives at a shard is taken at once, or in its project's turn: `FairQueue` decides.
extension ShardActor {
    /// What waits for its turn.
    enum Arrival {
        case work(any ShardWork)
        case waitingWork(any WaitingWork)
        /// A command or question of a task.
        case task(CheckedContinuation<Void, Never>)
    }

    func arrive(_ work: any ShardWork) {
        let (project, cost) = (work.project, work.cost)
        if turns.admits(project, cost: cost) { return attempt(work) }
        if !put(.work(work), of: project, cost: cost) { work.finish(.failure(.overloaded(retryAfter: 1))) }
    }

    func arrive(_ work: any WaitingWork) {
        let project = work.keys.first?.project ?? ""
        if turns.admits(project, cost: 1) { return takeOrEnter(work) }
        if !put(.waitingWork(work), of: project, cost: 1) { work.finish(.failure(.overloaded(retryAfter: 1))) }
    }

    /// Waits for the turn of a project.
    func turn(of project: String, cost: Int = 1) async throws(ServiceError) {
        if turns.admits(project, cost: cost) { return }
        guard let ticket = turns.enter(project, cost: cost) else { throw .overloaded(retryAfter: 1) }
        await withCheckedContinuation { put(.task($0), as: ticket) }
    }

    /// False if too much waits.
    private func put(_ arrival: Arrival, of project: String, cost: Int) -> Bool {
        guard let ticket = turns.enter(project, cost: cost) else { return false }
        put(arrival, as: ticket)
        return true
    }

    private func put(_ arrival: Arrival, as ticket: FairQueue.Ticket) {
        arrivals[ticket] = arrival
        scheduleTurn()
    }

    /// The next turn comes when the event loop has looked for what else has arrived. What is executed on it comes before that,
    /// and so does what is due at once: so it is due a moment later, in which the loop gets there.
    private func scheduleTurn() {
        if isTurnScheduled { return }
        isTurnScheduled = true
        eventLoop.scheduleTask(in: .microseconds(5)) { self.assumeIsolated { $0.takeTurn() } }
    }

    private func takeTurn() {
        isTurnScheduled = false
        turns.beginTurn()
        while let ticket = turns.next() { take(ticket) }
        if !turns.isEmpty { scheduleTurn() }
    }

    /// Lets nobody wait any longer: the shard is about to stop, or has failed.
    func endTurns() {
        for ticket in turns.removeAll() { take(ticket) }
    }

    private func take(_ ticket: FairQueue.Ticket) {
        switch arrivals.removeValue(forKey: ticket) {
        case .work(let work)?: attempt(work)
        case .waitingWork(let work)?: takeOrEnter(work)
        case .task(let continuation)?: continuation.resume()
        case nil: break
        }
    }
}

extension NodeConfiguration {
    var turns: FairQueue.Bounds {
        FairQueue.Bounds(quantum: turnQuantum, countOfProjectMax: queuedOfProjectMax, countMax: queuedMax)
    }
}
