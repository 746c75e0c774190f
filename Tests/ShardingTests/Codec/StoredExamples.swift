import Leaderboards
import Sharding

/// A short history in which every kind of operation and of stored piece occurs, always the same bytes.
enum StoredExamples {
    static let definition = LeaderboardDefinition(
        columns: [
            Column(
                name: "war", type: .decimal, order: .descending, operator: .sum, minimum: .decimal(-9),
                maximum: .decimal(99)),
            Column(name: "games", type: .integer, order: .ascending, operator: .count),
        ], tie: .sharedDense,
        windows: [
            WindowDefinition(
                name: "fortnight",
                schedule: .every(
                    CalendarCycle(.week, count: 2, anchor: CivilDate("2026-01-05"), at: TimeOfDay("04:00")!)),
                timeZone: "Europe/Oslo", grace: .seconds(60)),
            WindowDefinition(name: "hourly", schedule: .cron(try! CronExpression("0 * * * *"))),
        ], dimensions: ["country"])

    /// One record for each operation.
    static func harness() throws -> ShardHarness {
        let harness = ShardHarness(at: Timestamp(seconds: 1_792_929_600))
        func commit() {
            harness.commit()
            harness.now = harness.now.advanced(by: .seconds(1))
        }
        _ = harness.create(Examples.key, definition, seed: 0x0102_0304_0506_0708)
        commit()
        var ann = Entrant(user: "ann", score: [.decimal(1.5), .integer(0)], metadata: "{\"a\":1}")
        ann.attributes = [("country", "NO")]
        ann.requestKey = "key"
        _ = try harness.submit(SubmissionBatch([ann]))
        commit()
        var bob = Entrant(user: "bob", score: [.decimal(-2), .integer(0)])
        bob.line = 7
        _ = try harness.submit(SubmissionBatch([bob]), upload: "file")
        commit()
        var changed = definition
        changed.windows.append(
            WindowDefinition(
                name: "cup",
                schedule: .fixed(from: Timestamp(seconds: 1_800_000_000), until: Timestamp(seconds: 1_800_100_000))))
        _ = harness.command { shard, record throws(Refusal) in
            try shard.update(Examples.key, changed, replacing: 1, into: &record)
        }
        commit()
        harness.now = Timestamp(seconds: 1_792_929_600 + 7200)
        try harness.closeDueSeasons()
        commit()
        _ = harness.command { shard, record throws(Refusal) in
            try shard.removeEntry(Examples.key, user: Array("bob".utf8), into: &record)
        }
        commit()
        let other = LeaderboardKey(project: "p", id: "b")
        _ = harness.create(other, LeaderboardDefinition(columns: [Examples.column()]))
        _ = harness.delete(other)
        commit()
        return harness
    }

    static func hex(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
