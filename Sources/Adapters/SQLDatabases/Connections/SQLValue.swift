/// What a column holds and a parameter is.
enum SQLValue: Hashable, Sendable {
    case null
    case integer(Int64)
    case text(String)

    init(_ text: String?) { self = text.map(SQLValue.text) ?? .null }
    init(_ number: Int64?) { self = number.map(SQLValue.integer) ?? .null }
    init(_ flag: Bool) { self = .integer(flag ? 1 : 0) }
}

extension Sequence<SQLValue> {
    /// Postgres keeps no zero bytes in texts, and SQLite ends some of them there.
    func refuseZeroBytes() throws(SQLError) {
        for case .text(let text) in self where text.utf8.contains(0) {
            throw .failed("a text has a zero byte in it")
        }
    }
}

/// A row of an answer, read from its first column to its last.
struct SQLRow: Hashable, Sendable {
    private let values: [SQLValue]
    private var next = 0

    init(_ values: [SQLValue]) { self.values = values }

    var count: Int { values.count }

    mutating func text() throws(SQLError) -> String {
        guard let text = try optionalText() else { throw unexpected("null") }
        return text
    }

    mutating func optionalText() throws(SQLError) -> String? {
        switch try value() {
        case .null: nil
        case .text(let text): text
        case .integer: throw unexpected("a number")
        }
    }

    mutating func integer() throws(SQLError) -> Int64 {
        guard let number = try optionalInteger() else { throw unexpected("null") }
        return number
    }

    mutating func optionalInteger() throws(SQLError) -> Int64? {
        switch try value() {
        case .null: return nil
        case .integer(let number): return number
        case .text(let digits):
            // Postgres answers in text.
            guard let number = Int64(digits) else { throw unexpected("no number") }
            return number
        }
    }

    mutating func flag() throws(SQLError) -> Bool { try integer() != 0 }

    private mutating func value() throws(SQLError) -> SQLValue {
        guard next < values.count else { throw unexpected("missing") }
        next += 1
        return values[next - 1]
    }

    private func unexpected(_ what: String) -> SQLError { .failed("column \(next) of a row is \(what)") }
}
