import ControlPlane
import Leaderboards
import TestSupport
import Testing

@testable import SQLDatabases

struct DumpTests {
    private func fill(_ store: any ControlStore) async throws {
        let records = ExampleRecords.smallest + ExampleRecords.fullest
        for record in records { try await store.commit([.insert(record)], .example, at: .example) }
        try await store.noteUse(of: [ExampleRecords.key.id: .example])
        try await store.setUsage([
            UsageRow(project: ExampleRecords.project.id, day: 20_000, metric: "requests", source: "1", value: 7)
        ])
        try await store.setAnomalyStates(["a": "00"], of: "node", at: .example)
    }

    private func dump(_ store: any ControlStore) async throws -> [UInt8] {
        try await (store as! SQLControlStore).dump()
    }

    @Test(arguments: Engine.allCases, Engine.allCases)
    func `A dump of one database makes the same of another, of whatever kind`(_ from: Engine, _ to: Engine) async throws
    {
        let source = try await from.place()
        let original = try await source.open()
        try await fill(original)
        let bytes = try await dump(original)
        let target = try await to.place()
        let copy = try await target.open()
        #expect(try await (copy as! SQLControlStore).isUntouched())
        try await (copy as! SQLControlStore).load(dump: bytes)
        #expect(try await dump(copy) == bytes)
        let changes = try await copy.changes(after: 0, limit: 1000).records
        let expected = try await original.changes(after: 0, limit: 1000).records
        #expect(changes == expected)
        // Revisions go on.
        let next = try await copy.commit([plan("plan_new")], .example, at: .example)
        #expect(next == Int64(ExampleRecords.smallest.count + ExampleRecords.fullest.count) + 1)
        // Not over something.
        await #expect(throws: ControlError.self) { try await (copy as! SQLControlStore).load(dump: bytes) }
        await original.close()
        await copy.close()
        withExtendedLifetime((source, target)) {}
    }

    @Test func `What was given up of a log is not entered, since whoever restores has another log`() async throws {
        let places = [SQLPlace.sqlite(try HeldDirectory()), SQLPlace.sqlite(try HeldDirectory())]
        let (original, copy) = (try await places[0].open(), try await places[1].open())
        let point = LossPoint(number: 7, position: 8, hash: String(repeating: "0", count: 32), epoch: 9)
        let loss = ClusterOrder(
            .loss, of: "a", shard: ShardID(2), reason: point.text, by: "operator", at: .example)
        let drain = ClusterOrder(.drain, of: "a", node: 3, by: "operator", at: .example)
        try await original.commit([.insert(.order(loss)), .insert(.order(drain))], .example, at: .example)
        try await (copy as! SQLControlStore).load(dump: try await dump(original))
        #expect(try await copy.orders(of: "a").map(\.kind) == [.drain])
        await original.close()
        await copy.close()
        withExtendedLifetime(places) {}
    }

    @Test func `Every table is in a dump, with all of its columns`() async throws {
        let place = SQLPlace.sqlite(try HeldDirectory())
        let store = try await place.open()
        await store.close()
        let columns = try await place.with { database in
            try await database.read { (connection) throws(SQLError) in
                var columns: [String: [String]] = [:]
                for var row in try connection.run(
                    """
                    SELECT m.name, c.name FROM sqlite_master m, pragma_table_info(m.name) c
                    WHERE m.type = 'table' AND m.name NOT IN ('schema_version') ORDER BY m.name, c.cid
                    """)
                {
                    columns[try row.text(), default: []].append(try row.text())
                }
                return columns
            }
        }
        let dumped = Dictionary(uniqueKeysWithValues: DumpTable.all.map { ($0.name, $0.columns) })
        #expect(dumped == columns)
    }

    @Test func `A dump that is cut off or changed is entered nowhere`() async throws {
        let source = SQLPlace.sqlite(try HeldDirectory())
        let original = try await source.open()
        try await fill(original)
        let bytes = try await dump(original)
        await original.close()
        let target = SQLPlace.sqlite(try HeldDirectory())
        let store = try await target.open() as! SQLControlStore
        let lines = bytes.split(separator: 0x0A)
        for count in stride(from: 0, to: lines.count, by: 5) {
            let part = Array(lines[..<count].joined(separator: [0x0A]))
            await #expect(throws: ControlError.self) { try await store.load(dump: part) }
        }
        let newer = Array(#"{"format":2,"schema":1}"#.utf8) + [0x0A] + Array(#"{"rows":0}"#.utf8)
        await #expect(throws: ControlError.self) { try await store.load(dump: newer) }
        #expect(try await store.isUntouched())
        await store.close()
        withExtendedLifetime((source, target)) {}
    }

    @Test func `An empty database's dump is what it always was`() async throws {
        let place = SQLPlace.sqlite(try HeldDirectory())
        let store = try await place.open()
        let text = String(decoding: try await dump(store), as: UTF8.self)
        let lines = text.split(separator: "\n")
        #expect(lines.first == #"{"format":1,"schema":4}"#)
        #expect(lines[1] == #"{"columns":["id","name","quota","revision"],"table":"plans"}"#)
        #expect(lines.contains("[1,0]"))
        #expect(lines.last == #"{"rows":1}"#)
        await store.close()
        withExtendedLifetime(place) {}
    }
}
