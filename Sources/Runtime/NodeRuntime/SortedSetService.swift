package import Leaderboards
package import Sharding

/// What a protocol of many small commands asks of a node: to run them where the data is, many at a time.
package protocol SortedSetService: Sendable {
    /// Where the sets of a project are.
    func place(of key: LeaderboardKey) -> ShardPlace

    /// Runs `body` in one step on the shard at a place, with everything known of `keys` in memory. Answers when what it
    /// changed, and what it saw, is durable.
    ///
    /// Precondition: the keys are at that place, and `body` touches no others. The number is random.
    func perform<Value: Sendable>(
        at place: ShardPlace, loading keys: [LeaderboardKey], changing: Bool,
        _ body: @escaping @Sendable (Shard, inout RecordBuilder, _ seed: UInt64) -> Value
    ) async throws(ServiceError) -> Value

    /// Carries out work at a place; see `ShardWork`.
    func enqueue(_ work: any ShardWork, at place: ShardPlace)

    /// Carries out work at a place as soon as it finds entries and it is its turn; see `WaitingWork`.
    func wait(_ work: any WaitingWork, at place: ShardPlace)

    /// Ends the wait of work that says it was given up, unless it is over.
    func endWait(of work: any WaitingWork, at place: ShardPlace)

    /// How much work waits for entries.
    func waitingCount() async -> Int

    /// All keys of a project, in no order.
    func keys(of project: String) async throws(ServiceError) -> [LeaderboardKey]

    func readiness() async -> Readiness

    /// How to reach the nodes that own what this one does not; nil where there are no others.
    var routing: RoutedService? { get }
}

extension SortedSetService {
    package var routing: RoutedService? { nil }
}

/// One of the places among which keys are divided. Commands to keys at the same place are done in one step.
package struct ShardPlace: Hashable, Sendable {
    let index: Int

    package init(index: Int) { self.index = index }
}

extension Node: SortedSetService {
    package func place(of key: LeaderboardKey) -> ShardPlace {
        ShardPlace(index: ShardMap.place(of: key, among: configuration.shardCount))
    }

    /// Another node, if it is known to own what lies there.
    func owner(at place: ShardPlace) -> UInt64? { (try? shards())?[place.index].ownerElsewhere }

    package func perform<Value: Sendable>(
        at place: ShardPlace, loading keys: [LeaderboardKey], changing: Bool,
        _ body: @escaping @Sendable (Shard, inout RecordBuilder, _ seed: UInt64) -> Value
    ) async throws(ServiceError) -> Value {
        try await shards()[place.index].perform(loading: keys, changing: changing, body)
    }

    package func enqueue(_ work: any ShardWork, at place: ShardPlace) {
        do throws(ServiceError) {
            try shards()[place.index].enqueue(work)
        } catch {
            work.finish(.failure(error))
        }
    }

    package func wait(_ work: any WaitingWork, at place: ShardPlace) {
        do throws(ServiceError) {
            try shards()[place.index].wait(work)
        } catch {
            work.finish(.failure(error))
        }
    }

    package func endWait(of work: any WaitingWork, at place: ShardPlace) {
        // A node that stops ends every wait.
        guard let shards = try? shards() else { return }
        shards[place.index].endWait(of: work)
    }

    package func waitingCount() async -> Int {
        var count = 0
        for shard in (try? shards()) ?? [] { count += await shard.waitingCount }
        return count
    }

    package func keys(of project: String) async throws(ServiceError) -> [LeaderboardKey] {
        var keys: [LeaderboardKey] = []
        for shard in try shards() { keys += try await shard.keys(of: project) }
        return keys
    }
}

extension ShardActor {
    func perform<Value: Sendable>(
        loading keys: [LeaderboardKey], changing: Bool,
        _ body: (Shard, inout RecordBuilder, _ seed: UInt64) -> Value
    ) async throws(ServiceError) -> Value {
        if let project = keys.first?.project { try await turn(of: project, cost: keys.count) }
        while true {
            if changing { try admitWrite() } else { try await admitRead() }
            guard let missing = keys.lazy.map({ self.shard.missing(for: $0) }).first(where: { !$0.isEmpty }) else {
                break
            }
            try await load(missing)
        }
        let seed = nextSeed()
        return try await write { shard, record in body(shard, &record, seed) }.value
    }
}
