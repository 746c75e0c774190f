/// A value in every column of a leaderboard, up to five, stored in place as raw bits.
package struct Score: Sendable {
    package static let columnCountMax = 5

    package private(set) var count = 0
    /// Bit *i* is set where column *i* holds a double.
    private var decimals: UInt8 = 0
    /// Zero behind `count`.
    private var lanes = InlineArray<5, UInt64>(repeating: 0)

    package init() {}

    package init(_ values: [Column.Value]) {
        for value in values { append(value) }
    }

    /// The raw bits of a column.
    package subscript(index: Int) -> UInt64 {
        get { lanes[index] }
        set { lanes[index] = newValue }
    }

    package mutating func append(_ value: Column.Value) {
        switch value {
        case .integer(let integer): append(bits: UInt64(bitPattern: integer), type: .integer)
        case .decimal(let decimal): append(bits: decimal.bitPattern, type: .decimal)
        }
    }

    /// Precondition: there are fewer than five columns yet.
    package mutating func append(bits: UInt64, type: Column.ValueType) {
        precondition(count < Self.columnCountMax)
        lanes[count] = bits
        if type == .decimal { decimals |= 1 << UInt8(count) }
        count += 1
    }

    package func value(_ index: Int) -> Column.Value {
        decimals & 1 << UInt8(index) == 0
            ? .integer(Int64(bitPattern: lanes[index])) : .decimal(Double(bitPattern: lanes[index]))
    }
}

extension Score: Hashable {
    package static func == (left: Score, right: Score) -> Bool {
        if left.count != right.count || left.decimals != right.decimals { return false }
        for index in 0..<left.count where left.lanes[index] != right.lanes[index] { return false }
        return true
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(decimals)
        for index in 0..<count { hasher.combine(lanes[index]) }
    }
}

/// Why a submitted score can't be taken. Nothing was changed.
package enum ScoreError: Error, Hashable, Sendable {
    /// Not one value for each column.
    case columnCount(expected: Int)
    /// The value's type is not the column's: a fraction for an integer column, NaN, an infinity.
    case type(column: Int)
    /// The value is outside of the column's bounds.
    case bounds(column: Int)
    /// The sum is beyond what the column can hold.
    case overflow(column: Int)
}

extension LeaderboardDefinition {
    /// What the entry becomes when `submitted` meets `current`. Equal to `current` if nothing changes.
    package func combine(_ submitted: Score, with current: Score?) throws(ScoreError) -> Score {
        guard let current else { return first(submitted) }
        var result = current
        var bestIsDecided = false
        var replacesBest = false
        for (index, column) in columns.enumerated() {
            switch column.operator {
            case .best:
                // The first `best` column whose values differ decides for all of them.
                guard !bestIsDecided, submitted[index] != current[index] else { continue }
                bestIsDecided = true
                replacesBest = column.isBetter(submitted[index], than: current[index])
            case .latest: result[index] = submitted[index]
            case .sum: result[index] = try sum(submitted[index], current[index], column: index)
            case .min, .max:
                let isLess = column.magnitude(ofBits: submitted[index]) < column.magnitude(ofBits: current[index])
                if isLess == (column.operator == .min) { result[index] = submitted[index] }
            case .count: result[index] = try sum(one(column), current[index], column: index)
            }
        }
        guard replacesBest else { return result }
        for (index, column) in columns.enumerated() where column.operator == .best { result[index] = submitted[index] }
        return result
    }

    private func first(_ submitted: Score) -> Score {
        var result = submitted
        for (index, column) in columns.enumerated() where column.operator == .count { result[index] = one(column) }
        return result
    }

    private func one(_ column: Column) -> UInt64 { column.type == .integer ? 1 : Double(1).bitPattern }

    private func sum(_ left: UInt64, _ right: UInt64, column index: Int) throws(ScoreError) -> UInt64 {
        switch columns[index].type {
        case .integer:
            let (sum, overflow) = Int64(bitPattern: left).addingReportingOverflow(Int64(bitPattern: right))
            if overflow { throw .overflow(column: index) }
            return UInt64(bitPattern: sum)
        case .decimal:
            // Old + new, in this order: what a client that adds up its own scores computes.
            let sum = Double(bitPattern: right) + Double(bitPattern: left)
            if !sum.isFinite { throw .overflow(column: index) }
            return sum == 0 ? 0 : sum.bitPattern
        }
    }

    /// A submission's values in the columns' types, checked against types and bounds. `count` columns take anything.
    package func score(of submitted: Score) throws(ScoreError) -> Score {
        guard submitted.count == columns.count else { throw .columnCount(expected: columns.count) }
        var score = Score()
        for (index, column) in columns.enumerated() {
            score.append(bits: try bits(of: submitted.value(index), in: column, index), type: column.type)
        }
        return score
    }

    package func bits(of value: Column.Value, in column: Column, _ index: Int) throws(ScoreError) -> UInt64 {
        if column.operator == .count { return one(column) }
        guard let bits = column.bits(of: value) else { throw .type(column: index) }
        if let minimum = column.minimum.flatMap(column.bits(of:)),
            column.magnitude(ofBits: bits) < column.magnitude(ofBits: minimum)
        {
            throw .bounds(column: index)
        }
        if let maximum = column.maximum.flatMap(column.bits(of:)),
            column.magnitude(ofBits: maximum) < column.magnitude(ofBits: bits)
        {
            throw .bounds(column: index)
        }
        return bits
    }
}
