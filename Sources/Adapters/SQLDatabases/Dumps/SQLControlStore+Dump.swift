package import ControlPlane
private import Foundation

extension SQLControlStore {
    private static let dumpFormat = 1

    /// All that the database holds, as it is at one moment, in the layout of `DumpLayout`. Held in memory as a whole.
    ///
    /// Keys are in it as digests, which are worth nothing without the pepper, and that is not in it.
    package func dump() async throws(ControlError) -> [UInt8] {
        try await translated { () throws(SQLError) in
            try await database.read { (connection) throws(SQLError) in
                var lines = Lines()
                lines.add(DumpMark(format: Self.dumpFormat, schema: Schema.steps.count))
                for table in DumpTable.all {
                    lines.add(DumpMark(table: table.name, columns: table.columns))
                    for var row in try connection.run(table.select) {
                        var values: [DumpValue] = []
                        for isInteger in table.isInteger {
                            values.append(
                                isInteger
                                    ? try row.optionalInteger().map(DumpValue.integer) ?? .null
                                    : try row.optionalText().map(DumpValue.text) ?? .null)
                        }
                        lines.add(row: values)
                    }
                }
                lines.add(DumpMark(rows: lines.rowCount))
                return lines.bytes
            }
        }
    }

    /// Enters a dump into a database that has nothing in it yet. All or nothing, but for what was given up of a cluster's log: the
    /// one that is restored has another.
    package func load(dump bytes: [UInt8]) async throws(ControlError) {
        let dump: ParsedDump
        do throws(SQLError) { dump = try ParsedDump(bytes, format: Self.dumpFormat) } catch { throw error.forCallers }
        try await translated { () throws(SQLError) in
            try await database.write { (connection) throws(SQLError) in
                var counter = try connection.run(
                    "UPDATE revision_counter SET value = value WHERE id = 1 RETURNING value")
                let revision = counter.isEmpty ? 1 : try counter[0].integer()
                let tenants = try connection.run("SELECT id FROM tenants LIMIT 1")
                guard revision == 0, tenants.isEmpty else {
                    throw .refused(.exists("something in the control database, which a dump is not entered over"))
                }
                for row in dump.rows where !row.isLoss {
                    if row.table.name == "revision_counter" {
                        try connection.run("UPDATE revision_counter SET value = $1 WHERE id = 1", row.values[1])
                    } else {
                        try connection.run(row.table.insert(row.columns), row.values)
                    }
                }
            }
        }
    }

    /// Whether a dump can be entered.
    package func isUntouched() async throws(ControlError) -> Bool {
        try await translated { () throws(SQLError) in
            try await database.read { (connection) throws(SQLError) in
                var counter = try connection.run("SELECT value FROM revision_counter WHERE id = 1")
                return counter.isEmpty ? false : try counter[0].integer() == 0
            }
        }
    }
}

private struct Lines {
    var bytes: [UInt8] = []
    var rowCount = 0
    private let encoder: JSONEncoder

    init() {
        encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    }

    // There is nothing in them that JSON can't say.
    mutating func add(_ mark: DumpMark) { bytes += try! encoder.encode(mark) + [0x0A] }

    mutating func add(row: [DumpValue]) {
        bytes += try! encoder.encode(row) + [0x0A]
        rowCount += 1
    }
}

private struct ParsedDump: Sendable {
    struct Row {
        let table: DumpTable
        let columns: [String]
        let values: [SQLValue]

        var isLoss: Bool {
            table.name == "cluster_orders"
                && zip(columns, values).contains { $0 == "kind" && $1 == .text(ClusterOrder.Kind.loss.rawValue) }
        }
    }

    private(set) var rows: [Row] = []

    init(_ bytes: [UInt8], format: Int) throws(SQLError) {
        let decoder = JSONDecoder()
        var table: (layout: DumpTable, columns: [String])?
        var isOver = false
        for (index, line) in bytes.split(separator: 0x0A).enumerated() {
            guard !isOver else { throw Self.damaged(index) }
            let data = Data(line)
            if line.first == UInt8(ascii: "[") {
                guard let table, let values = try? decoder.decode([DumpValue].self, from: data),
                    values.count == table.columns.count
                else { throw Self.damaged(index) }
                rows.append(Row(table: table.layout, columns: table.columns, values: values.map(\.stored)))
                continue
            }
            guard let mark = try? decoder.decode(DumpMark.self, from: data) else { throw Self.damaged(index) }
            if index == 0 {
                guard mark.format == format, mark.schema ?? 0 <= Schema.steps.count else {
                    throw .failed("the dump of the control database is of a newer Laurel")
                }
            } else if let name = mark.table {
                guard let layout = DumpTable.all.first(where: { $0.name == name }), let columns = mark.columns,
                    !columns.isEmpty, columns.allSatisfy({ layout.columns.contains($0) })
                else { throw Self.damaged(index) }
                table = (layout, columns)
            } else {
                guard mark.rows == rows.count else { throw Self.damaged(index) }
                isOver = true
            }
        }
        guard isOver else { throw .failed("the dump of the control database ends too early") }
    }

    private static func damaged(_ line: Int) -> SQLError {
        .failed("the dump of the control database is damaged in line \(line + 1)")
    }
}
