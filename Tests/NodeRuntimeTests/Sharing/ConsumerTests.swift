import CommitLogs
import Leaderboards
import Logging
import NodeRuntime
import Sharding
import Synchronization
import TestSupport
import Testing

/// The log is cut, and one that must not miss a record is away.
@Suite("Consumers of the shared log", .timeLimit(.minutes(5)))
struct ConsumerTests {
    /// A sixteenth is for leases, and has to do for all the time for which nothing is cut.
    private static let limit = 128 << 10
    private static let ballast = String(repeating: "x", count: 200)

    @Test(
        "Scenarios 25 and 35: nothing is cut before a consumer has it, however full the log; back, it has every record in order, and the log has room again",
        arguments: 1...3)
    func away(seed: UInt64) async throws {
        var generator = SplitMix64(seed: seed)
        let place = ClusterPlace(shardCount: 2, checkpointAge: .seconds(3))
        place.records.limit(byteCount: Self.limit)
        let keys = LeaderboardKey.spread(over: 2)
        let lines = KeptLines(.warning)
        let members = (1...2).map { place.member($0, logger: lines.logger) }
        let consumer = Consumer(of: place.records)
        for member in members {
            member.log.observeTruncation.withLock { $0 = { consumer.check($0, $1) } }
        }
        try await place.run(members) {
            for key in keys {
                try await place.pass { await holder(of: key, among: members) != nil }
                _ = try await holder(of: key, among: members)!.node.create(key, .points())
            }
            var expected: [LeaderboardKey: Int64] = [:]
            /// False if the log takes no more.
            func write(_ key: LeaderboardKey) async throws -> Bool {
                guard let owner = await holder(of: key, among: members) else { return true }
                do {
                    try await owner.node.add("ann", "u\(generator.next() % 50)\(Self.ballast)", to: key)
                    expected[key, default: 0] += 1
                    return true
                } catch ServiceError.noSpace {
                    return false
                } catch ServiceError.unavailable {
                    return true
                }
            }
            // Away, while as much is written as there is room for.
            try await place.pass { try await !write(keys[Int(generator.next() % 2)]) }
            try await place.pass {
                lines.lines.contains {
                    $0.contains("nearly full") && $0.contains("consumer rows has not acknowledged")
                }
            }
            #expect(consumer.cutCount == 0)
            // Back: it is behind for a while, and what it did not acknowledge comes once more. Writes go on.
            for _ in 0..<150 {
                _ = try await consumer.take(upTo: 1 + Int(generator.next() % 20), keeping: Int(generator.next() % 4))
                await place.pass(.milliseconds(100))
                _ = try await write(keys[Int(generator.next() % 2)])
            }
            #expect(consumer.cutCount > 0)
            try await place.pass {
                _ = try await consumer.take(upTo: 100, keeping: 0)
                return try await place.records.fill().byteCount < Self.limit / 4 * 3
            }
            for key in keys {
                try await place.pass { await holder(of: key, among: members) != nil }
                let table = try await holder(of: key, among: members)!.node.table(key)
                #expect(table.hasPrefix("ann \(expected[key] ?? 0)"))
            }
            while try await consumer.take(upTo: 100, keeping: 0) > 0 {}
            for shard in [ShardID(0), ShardID(1)] {
                #expect(try await consumer.number(of: shard) == place.records.tail(of: shard)?.number)
            }
        }
        #expect(consumer.problems == [])
        #expect(consumer.duplicateCount > 0)
    }

    @Test("While nobody can say who the consumers are nothing is cut, and when it is known that there are none, it is")
    func unknown() async throws {
        let place = ClusterPlace(shardCount: 1, keep: .zero, checkpointAge: .seconds(2))
        place.records.hideConsumers("nobody answers")
        let lines = KeptLines(.warning)
        let member = place.member(1, logger: lines.logger)
        let cuts = Mutex(0)
        member.log.observeTruncation.withLock { $0 = { _, _ in cuts.withLock { $0 += 1 } } }
        try await place.run(member) {
            try await place.pass { await holder(of: .a, among: [member]) != nil }
            _ = try await member.node.create(.a, .points())
            for _ in 0..<30 {
                try await member.node.add("ann")
                await place.pass(.seconds(1))
            }
            #expect(cuts.withLock { $0 } == 0)
            #expect(
                lines.lines.contains { $0.contains("log group 0 can't be listed") && $0.contains("nobody answers") })
            place.records.hideConsumers(nil)
            try await place.pass {
                try await member.node.add("ann")
                return cuts.withLock { $0 } > 0
            }
        }
    }
}

/// One that turns records into rows: each once, by its shard and number.
private final class Consumer: Sendable {
    private struct State {
        var floor = LogPosition(1)
        var numbers: [ShardID: UInt64] = [:]
        var duplicateCount = 0
        var cutCount = 0
        var problems: [String] = []
    }

    private let log: InMemoryCommitLog
    private let state = Mutex(State())

    init(of log: InMemoryCommitLog) {
        self.log = log
        log.note(LogConsumer("rows", floor: LogPosition(1)))
    }

    var problems: [String] { state.withLock { $0.problems } }
    var duplicateCount: Int { state.withLock { $0.duplicateCount } }
    var cutCount: Int { state.withLock { $0.cutCount } }
    func number(of shard: ShardID) -> UInt64? { state.withLock { $0.numbers[shard] } }

    /// Its own floor is never below what the log was told.
    func check(_ shard: ShardID, _ position: LogPosition) {
        state.withLock { state in
            // Below the first there is none.
            if position > LogPosition(1) { state.cutCount += 1 }
            if position > state.floor { state.problems.append("\(shard) is cut at \(position), above \(state.floor)") }
        }
    }

    /// Takes so many records, and does not acknowledge the last of them. Answers how many it acknowledged.
    func take(upTo count: Int, keeping kept: Int) async throws -> Int {
        func first(_ entries: some LogEntries) async throws -> [LogEntry] {
            var found: [LogEntry] = []
            var iterator = entries.makeAsyncIterator()
            while found.count < count, let batch = try await iterator.next(isolation: nil) { found += batch }
            return Array(found.prefix(count))
        }
        let floor = state.withLock { $0.floor }
        let entries = try await first(log.entries(from: floor))
        let acknowledged = entries.dropLast(entries.count > kept ? kept : 0)
        state.withLock { state in
            for entry in entries {
                let (shard, number) = (entry.record.shard, entry.record.number)
                let last = state.numbers[shard] ?? 0
                if number <= last {
                    state.duplicateCount += 1
                } else {
                    if number != last + 1 { state.problems.append("shard \(shard): \(number) after \(last)") }
                    state.numbers[shard] = number
                }
            }
            if let last = acknowledged.last { state.floor = LogPosition(last.position.value + 1) }
        }
        log.note(LogConsumer("rows", floor: state.withLock { $0.floor }))
        return acknowledged.count
    }
}
