import CommitLogs
import JetStreamSupport
import Leaderboards
import Sharding
import TestSupport
import Testing

@testable import JetStreamLog

extension RealServers {
    @Suite("Durable consumers of the log", .timeLimit(.minutes(3)))
    struct Consumers {
        @Test("Listed with what each has acknowledged; one that passes by is not. Removed, it is gone, and only then")
        func list() async throws {
            let cluster = try await sharedCluster.value
            let log = try await cluster.open()
            var writers = (0..<2).map { Writer(shard: $0) }
            for _ in 0..<3 { for index in 0..<2 { try await writers[index].append([1], to: log) } }
            var one = PullConsumer.Configuration(durable: "one")
            one.filters = [log.group.subject(of: ShardID(1))]
            try await PullConsumer.with(cluster, stream: log.group.stream, one) { consumer in
                let found = try await taken(2, from: consumer)
                #expect(found.map(\.sequence) == [2, 4])
                try await consumer.acknowledge(found[0])
            }
            var new = PullConsumer.Configuration(durable: "at=the:end")
            new.startsAtEnd = true
            try await PullConsumer.with(cluster, stream: log.group.stream, new) { _ in }
            var passing = PullConsumer.Configuration(durable: nil)
            passing.replicas = 1
            try await PullConsumer.with(cluster, stream: log.group.stream, passing) { _ in
                let found = try await eventually("all have answered") {
                    let found = try await log.consumers()
                    return found.contains { $0.floor == nil } ? nil : found
                }
                // Before it has acknowledged anything, JetStream does not say where it begins.
                #expect(found.map(\.name) == ["at=the:end", "one"])
                #expect(found[0].shards == nil && found[0].unacknowledgedCount == 0)
                #expect(found[1].shards == [ShardID(1)] && found[1].unacknowledgedCount == 2)
                // Of what it reads only 4 and 6 are not acknowledged.
                #expect([LogPosition(3), LogPosition(4)].contains(found[1].floor))
            }
            let condition = await log.condition()
            #expect(condition.consumers.map(\.name) == ["at=the:end", "one"] && condition.consumersProblem == nil)
            #expect(try await log.removeConsumer("two") == false)
            #expect(try await log.removeConsumer("o*") == false)
            #expect(try await log.removeConsumer("") == false)
            #expect(try await log.removeConsumer("one") == true)
            #expect(try await log.removeConsumer("at=the:end") == true)
            #expect(try await log.consumers() == [])
            await log.close()
        }

        @Test(
            "Scenarios 25 and 35: away while much is written and the log cut, then back: every record of each shard in order, what came twice is known by shard and number, and then the log can be cut"
        )
        func away() async throws {
            let cluster = try await sharedCluster.value
            let log = try await cluster.open()
            let shards = (0..<3).map { ShardID(UInt16($0)) }
            var writers = (0..<3).map { Writer(shard: $0) }
            var random = SplitMix64(seed: 35)
            var rows = Rows()
            var rounds = 0
            /// Writes, and cuts as far as consumers allow: everything has a checkpoint here.
            func write(_ count: Int) async throws {
                for _ in 0..<count {
                    let index = Int(random.next() % 3)
                    try await writers[index].append(Array(repeating: UInt8(rounds), count: 500), to: log)
                }
                rounds += 1
                let consumers = try await log.consumers()
                for writer in writers {
                    guard let last = writer.last else { continue }
                    let floors = consumers.filter { $0.reads(writer.chain.shard) }.map { $0.floor ?? .start }
                    try await log.truncate(writer.chain.shard, below: floors.reduce(last, min))
                }
            }
            let durable = PullConsumer.Configuration(durable: "rows")
            // It comes, takes a little, and is gone with some of it not acknowledged.
            try await write(20)
            try await PullConsumer.with(cluster, stream: log.group.stream, durable) { consumer in
                // The first cut was made before it was there.
                for delivery in try await taken(3, from: consumer) {
                    try rows.insert(delivery)
                    if delivery.attempt == 1, rows.count == 1 { try await consumer.acknowledge(delivery) }
                }
            }
            let before = try await log.fill()
            for _ in 0..<6 { try await write(25) }
            let held = try await log.consumers()
            #expect(held.map(\.name) == ["rows"] && held[0].unacknowledgedCount ?? 0 > 150)
            let full = try await log.fill()
            #expect(full.byteCount > before.byteCount + 150 * 500, "it was kept")
            // Back. It acknowledges most, in no order, and writes go on.
            try await PullConsumer.with(cluster, stream: log.group.stream, durable) { consumer in
                var quiet = 0
                var pulls = 0
                while quiet < 3 {
                    let deliveries = try await consumer.pull(20)
                    for delivery in deliveries {
                        try rows.insert(delivery)
                        // What is forgotten comes again a second later.
                        if delivery.attempt > 1 || random.next() % 10 > 0 { try await consumer.acknowledge(delivery) }
                    }
                    if pulls < 5 { try await write(10) }
                    pulls += 1
                    let isDone = try await log.consumers()[0].unacknowledgedCount == 0
                    quiet = deliveries.isEmpty && isDone ? quiet + 1 : 0
                }
            }
            for (shard, writer) in zip(shards, writers) {
                #expect(rows.numbers(of: shard).last == UInt64(writer.acknowledged.count))
                #expect(rows.gaps(of: shard) == [], "shard \(shard)")
                #expect(rows.isInOrder(shard))
            }
            #expect(rows.duplicateCount > 0)
            // Nothing is held any more.
            try await write(3)
            let after = try await log.fill()
            #expect(after.byteCount < full.byteCount / 10)
            for (shard, writer) in zip(shards, writers) {
                let last = try #require(writer.last)
                await #expect(throws: ReadError.self) {
                    try await collect(log.entries(of: shard, from: .start, through: last, following: nil))
                }
            }
            await log.close()
        }

        /// So many deliveries, as soon as they are there.
        private func taken(_ count: Int, from consumer: PullConsumer) async throws -> [PullConsumer.Delivery] {
            var found: [PullConsumer.Delivery] = []
            return try await eventually("\(count) records") {
                found += try await consumer.pull(count - found.count)
                return found.count == count ? found : nil
            }
        }
    }
}

/// What a consumer keeps: a row for each record, by its shard and number.
private struct Rows {
    private var first: [ShardID: [UInt64]] = [:]
    private var seen: [ShardID: Set<UInt64>] = [:]
    private(set) var duplicateCount = 0
    private(set) var count = 0

    mutating func insert(_ delivery: PullConsumer.Delivery) throws {
        let (record, _, _) = try delivery.bytes.withUnsafeBytes { try LogRecord.decode($0) }
        guard seen[record.shard, default: []].insert(record.number).inserted else {
            duplicateCount += 1
            return
        }
        count += 1
        first[record.shard, default: []].append(record.number)
    }

    func numbers(of shard: ShardID) -> [UInt64] { first[shard, default: []].sorted() }

    /// First deliveries come in the order of the log; only what is delivered once more comes later.
    func isInOrder(_ shard: ShardID) -> Bool { first[shard, default: []] == numbers(of: shard) }

    func gaps(of shard: ShardID) -> [UInt64] {
        let numbers = numbers(of: shard)
        return zip(numbers, numbers.dropFirst()).filter { $1 != $0 + 1 }.map(\.0)
    }
}
