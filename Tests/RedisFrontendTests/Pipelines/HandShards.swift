import Leaderboards
import Sharding
import Synchronization

@testable import NodeRuntime

/// Shards that a test carries the work of out for: at once, or when it says so and in the order that it says.
///
/// Everything is called on one event loop, which is what makes it Sendable; only what is asked in tasks is locked.
final class HandShards: SortedSetService, @unchecked Sendable {
    let shards: [Shard]
    let now = Timestamp(seconds: 1_800_000_000)
    /// What was handed over and not yet carried out.
    private(set) var waiting: [(work: any ShardWork, place: ShardPlace)] = []
    private(set) var handedOverCount = 0
    private(set) var payloads: [[[UInt8]]]
    private let isHolding = Mutex(false)

    init(count: Int = 1, records: RecordRoom = RecordRoom()) {
        var settings = ShardSettings()
        settings.records = records
        shards = (0..<count).map { Shard(id: ShardID(UInt16($0)), settings: settings) }
        payloads = Array(repeating: [], count: count)
    }

    /// From now on work waits for `carryOut`, or no more.
    func hold(_ holds: Bool = true) { isHolding.withLock { $0 = holds } }

    /// Carries out the work that waits for so long, or fails it. Answers whether there is any.
    @discardableResult
    func carryOut(at index: Int = 0, failing error: ServiceError? = nil) -> Bool {
        guard waiting.indices.contains(index) else { return false }
        let (work, place) = waiting.remove(at: index)
        if let error { work.finish(.failure(error)) } else { run(work, at: place) }
        return true
    }

    private func run(_ work: any ShardWork, at place: ShardPlace) {
        let shard = shards[place.index]
        var record = shard.makeRecord(at: now)
        work.run(ShardStep(shard: shard, seed: 7, waiting: nil), into: &record)
        if !record.isEmpty { payloads[place.index].append(record.payload) }
        work.finish(.success(()))
    }

    // MARK: SortedSetService

    func place(of key: LeaderboardKey) -> ShardPlace {
        ShardPlace(index: ShardMap.place(of: key, among: shards.count))
    }

    func enqueue(_ work: any ShardWork, at place: ShardPlace) {
        handedOverCount += 1
        if isHolding.withLock({ $0 }) { waiting.append((work, place)) } else { run(work, at: place) }
    }

    func perform<Value: Sendable>(
        at place: ShardPlace, loading keys: [LeaderboardKey], changing: Bool,
        _ body: @escaping @Sendable (Shard, inout RecordBuilder, _ seed: UInt64) -> Value
    ) async throws(ServiceError) -> Value {
        throw .unavailable("no tests of tasks here", retryAfter: 1)
    }

    func wait(_ work: any WaitingWork, at place: ShardPlace) {
        work.finish(.failure(.unavailable("no tests of waiting here", retryAfter: 1)))
    }
    func endWait(of work: any WaitingWork, at place: ShardPlace) {}
    func waitingCount() async -> Int { 0 }

    func keys(of project: String) async throws(ServiceError) -> [LeaderboardKey] { [] }
    func readiness() async -> Readiness { .ready }

    /// A key at each place.
    static func keys(for count: Int) -> [String] {
        var keys: [Int: String] = [:]
        for number in 0... {
            let key = LeaderboardKey(project: "p", id: "set-\(number)")
            keys[ShardMap.place(of: key, among: count)] = key.id
            if keys.count == count { break }
        }
        return (0..<count).map { keys[$0]! }
    }
}

/// Leaderboards with definitions: one of integers whose best counts, and one of decimals that add up.
func createLeaderboards(on shard: Shard, at now: Timestamp) {
    var record = shard.makeRecord(at: now)
    for (id, column) in [
        ("leaderboard", Column(name: "points", type: .integer, order: .descending, operator: .best)),
        ("sum", Column(name: "points", type: .decimal, order: .descending, operator: .sum)),
    ] {
        let definition = LeaderboardDefinition(columns: [column])
        _ = try? shard.create(LeaderboardKey(project: "p", id: id), definition, seed: 1, into: &record)
    }
}
