internal import NIOCore
package import Sharding

/// Commands for one shard that are carried out where the shard is, without a task: what a pipeline has for one place.
///
/// A command that needs a task costs a microsecond and more before it does anything. Work is called instead: on the
/// event loop of its shard, first `missing`, then `run`, and once `finish`.
package protocol ShardWork: AnyObject, Sendable {
    /// Whose it is, and about how many commands it amounts to: a project that asks for much waits for its turn.
    var project: String { get }
    var cost: Int { get }

    /// Whether `run` may change something.
    var isChanging: Bool { get }

    /// How old what it sees may be; nil if it must be fresh.
    var ageMax: Duration? { get }

    /// What `run` needs in memory and is not there.
    func missing(in shard: Shard) -> [MissingPiece]

    /// Carries all of it out in one step.
    func run(_ step: ShardStep, into record: inout RecordBuilder)

    /// What `run` changed and saw is durable, or it did not run, or what it did was lost. Called once, last.
    func finish(_ result: Result<Void, ServiceError>)
}

extension ShardWork {
    package var ageMax: Duration? { nil }
}

/// What work runs on.
package struct ShardStep {
    package let shard: Shard
    /// A random number.
    package let seed: UInt64
    /// Who waits for entries; nil if nobody does.
    let waiting: WaitingList?

    /// Somebody waits for entries, and is served after each command.
    package var isWaitedAt: Bool { waiting != nil }

    /// Serves who waits. Work that consists of several commands calls it between them.
    package func commandEnded(_ record: inout RecordBuilder) { waiting?.serve(shard, into: &record) }
}

extension ShardActor {
    /// Carries work out, at once if the caller is on the shard's event loop and nothing must be waited for. Work of one
    /// project is carried out in the order in which it was handed over.
    nonisolated func enqueue(_ work: any ShardWork) {
        if eventLoop.inEventLoop { return assumeIsolated { $0.arrive(work) } }
        eventLoop.execute { self.assumeIsolated { $0.arrive(work) } }
    }

    func attempt(_ work: any ShardWork) {
        // Memory is read anew. Writes are refused meanwhile.
        if reloading != nil, !work.isChanging { return attempt(work, after: []) }
        if attemptFromMemory(work) { return }
        do throws(ServiceError) {
            if work.isChanging { try admitWrite() } else { try admitReadNow() }
        } catch {
            return work.finish(.failure(error))
        }
        let missing = work.missing(in: shard)
        guard missing.isEmpty else { return attempt(work, after: missing) }
        let waiting = waiting.isEmpty ? nil : waiting
        let batch = step { record in
            work.run(ShardStep(shard: shard, seed: nextSeed(), waiting: waiting), into: &record)
        }
        if mayAnswer(batch) { return work.finish(.success(())) }
        waiters.append(Waiter(batch: batch, whom: .work(work)))
    }

    /// Needs a task, which the node has one for.
    private func attempt(_ work: any ShardWork, after missing: [MissingPiece]) {
        let isStarted = environment.inBackground { [self] in await wait(for: missing, then: work) }
        if !isStarted { work.finish(.failure(.unavailable("the node is stopping", retryAfter: 2))) }
    }

    private func wait(for missing: [MissingPiece], then work: any ShardWork) async {
        do throws(ServiceError) {
            try await admitRead()
            try await load(missing)
        } catch {
            return work.finish(.failure(error))
        }
        attempt(work)
    }
}
