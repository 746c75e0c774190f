import Foundation

/// What goes to standard output and standard error.
enum Output {
    static func say(_ text: String) { FileHandle.standardOutput.write(Data((text + "\n").utf8)) }

    /// A terminal's screen, for what is shown anew.
    static func clear() {
        if isatty(STDOUT_FILENO) == 1 { say("\u{1B}[2J\u{1B}[H") }
    }

    static func complain(_ text: String) {
        let text = text.hasPrefix("Error:") || text.hasPrefix("Usage:") ? text : "laurel: \(text)"
        FileHandle.standardError.write(Data((text + "\n").utf8))
    }

    static func json(_ value: Value) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        say(String(decoding: try encoder.encode(value), as: UTF8.self))
    }

    /// Without what would move a terminal's cursor or change its colours.
    static func printable(_ text: String) -> String {
        String(
            String.UnicodeScalarView(
                text.unicodeScalars.map {
                    $0.properties.generalCategory == .control || $0.properties.generalCategory == .format
                        ? "\u{FFFD}" : $0
                }))
    }
}

extension AdminOptions {
    /// A list, as a table or as JSON.
    func show(_ items: [Value], as table: [Column]) throws {
        if json { return try Output.json(.object(["items": .array(items)])) }
        Output.say(Table(columns: table, items: items).text)
    }

    /// One record, as lines or as JSON.
    func show(_ record: Value, as fields: [Column]) throws {
        if json { return try Output.json(record) }
        Output.say(Table.lines(of: record, fields))
    }
}
