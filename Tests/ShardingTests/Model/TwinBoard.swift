import Leaderboards
import Sharding

/// A ranking as the definitions put it, by sorting an array whenever it is asked anything.
struct TwinBoard {
    struct Row {
        var user: [UInt8]
        var values: [Column.Value]
        var at: Timestamp
        var metadata: [UInt8]?
        /// Counts changes of scores: who reached a score earlier has the lesser number.
        var reached: Int
        /// The member's dimension values while the board is open.
        var attributes: [String]
    }

    let definition: LeaderboardDefinition
    var rows: [[UInt8]: Row] = [:]

    /// A dimension's place and one of its values.
    typealias Part = (dimension: Int, value: String)

    func sorted(_ part: Part? = nil) -> [Row] {
        let rows = rows.values.filter { row in
            part.map { !$0.value.isEmpty && row.attributes[$0.dimension] == $0.value } ?? true
        }
        return rows.sorted { left, right in
            let order = Self.compare(left.values, right.values, definition.columns)
            if order != 0 { return order < 0 }
            switch definition.tie {
            case .first, .sharedWithGap, .sharedDense: return left.reached < right.reached
            case .last: return left.reached > right.reached
            case .member: return left.user.lexicographicallyPrecedes(right.user)
            }
        }
    }

    /// Negative if `left` is better.
    static func compare(_ left: [Column.Value], _ right: [Column.Value], _ columns: [Column]) -> Int {
        for (index, column) in columns.enumerated() where left[index] != right[index] {
            let isLess =
                switch (left[index], right[index]) {
                case (.integer(let left), .integer(let right)): left < right
                case (.decimal(let left), .decimal(let right)): left < right
                default: preconditionFailure("columns have one type")
                }
            return isLess == (column.order == .ascending) ? -1 : 1
        }
        return 0
    }

    /// The ranks of sorted rows.
    func ranks(of rows: [Row]) -> [Rank] {
        var ranks: [Rank] = []
        var distinct = 0
        for (index, row) in rows.enumerated() {
            let isNew = index == 0 || Self.compare(rows[index - 1].values, row.values, definition.columns) != 0
            if isNew { distinct += 1 }
            switch definition.tie {
            case .first, .last, .member: ranks.append(Rank(index + 1))
            case .sharedWithGap: ranks.append(isNew ? Rank(index + 1) : ranks[index - 1])
            case .sharedDense: ranks.append(Rank(distinct))
            }
        }
        return ranks
    }

    func rank(of user: [UInt8]) -> Rank? {
        let rows = sorted()
        return rows.firstIndex { $0.user == user }.map { ranks(of: rows)[$0] }
    }

    func entries(_ part: Part?, metadata: Bool) -> [Entry] {
        let rows = sorted(part)
        return zip(rows, ranks(of: rows)).map { row, rank in
            Entry(
                rank: rank, user: row.user, score: Score(row.values), updatedAt: row.at,
                metadata: metadata ? row.metadata : nil)
        }
    }
}
