/// A column of a table: its title, and what stands in it.
struct Column: Sendable {
    var title: String
    var text: @Sendable (Value) -> String

    init(_ title: String, _ text: @escaping @Sendable (Value) -> String) {
        self.title = title
        self.text = text
    }

    /// The member of this name.
    init(_ name: String) { self.init(name) { $0[name].text } }
}

/// Aligned columns, two spaces apart, under their titles.
struct Table {
    var columns: [Column]
    var items: [Value]

    var text: String {
        let titles = columns.map { $0.title.uppercased().replacing("_", with: " ") }
        let rows = [titles] + items.map { item in columns.map { Output.printable($0.text(item)) } }
        let widths = columns.indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            let cells = row.indices.map { $0 == row.count - 1 ? row[$0] : Table.padded(row[$0], to: widths[$0]) }
            return cells.joined(separator: "  ")
        }.joined(separator: "\n")
    }

    /// A line for each field of one record.
    static func lines(of record: Value, _ fields: [Column]) -> String {
        let titles = fields.map { $0.title.replacing("_", with: " ") + ":" }
        let width = titles.map(\.count).max() ?? 0
        return zip(titles, fields).map { title, field in
            "\(padded(title, to: width))  \(Output.printable(field.text(record)))"
        }.joined(separator: "\n")
    }

    private static func padded(_ text: String, to width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }
}
