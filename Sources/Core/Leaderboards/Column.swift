/// One component of a score: its type, which direction is better, and how a new value meets the old one.
package struct Column: Hashable, Sendable {
    /// What a value is. Numbers once used stay used: they are stored.
    package enum ValueType: UInt8, Sendable, CaseIterable {
        /// A signed 64-bit integer.
        case integer = 0
        /// A finite IEEE 754 double. -0 is stored as 0.
        case decimal = 1
    }

    package enum Order: UInt8, Sendable, CaseIterable {
        /// The least value leads: a lap time.
        case ascending = 0
        /// The greatest value leads: points.
        case descending = 1
    }

    package enum Operator: UInt8, Sendable, CaseIterable {
        /// The best run stands. All `best` columns of a leaderboard form one tuple that is kept or replaced as a whole,
        /// so that the result of one run is never mixed with that of another.
        case best = 0
        /// The last run stands.
        case latest = 1
        /// Runs add up. A sum beyond the type's range is refused.
        case sum = 2
        /// The least value stands, whatever the order.
        case min = 3
        /// The greatest value stands, whatever the order.
        case max = 4
        /// Runs are counted; the submitted value is not used.
        case count = 5
    }

    package var name: String
    package var type: ValueType
    package var order: Order
    package var `operator`: Operator
    /// The least and greatest value a submission may carry.
    package var minimum: Value?
    package var maximum: Value?

    package init(
        name: String, type: ValueType, order: Order, operator: Operator, minimum: Value? = nil, maximum: Value? = nil
    ) {
        self.name = name
        self.type = type
        self.order = order
        self.operator = `operator`
        self.minimum = minimum
        self.maximum = maximum
    }

    /// A value of one column.
    package enum Value: Hashable, Sendable {
        case integer(Int64)
        case decimal(Double)
    }
}

/// A column's values travel as 64 raw bits: of the integer, or of the double.
extension Column {
    package func bits(of value: Value) -> UInt64? {
        switch (type, value) {
        case (.integer, .integer(let integer)): UInt64(bitPattern: integer)
        case (.decimal, .decimal(let decimal)): decimal.isFinite ? (decimal == 0 ? 0 : decimal.bitPattern) : nil
        // An integer beyond 2^53 that no double can tell from its neighbours would be changed by storing it.
        case (.decimal, .integer(let integer)): Double(exactly: integer)?.normalizedBits
        case (.integer, .decimal): nil
        }
    }

    package func value(ofBits bits: UInt64) -> Value {
        switch type {
        case .integer: .integer(Int64(bitPattern: bits))
        case .decimal: .decimal(Double(bitPattern: bits))
        }
    }

    /// Maps bits to a key such that a lesser key is a better value. A bijection, so that the key is the value.
    package func key(ofBits bits: UInt64) -> UInt64 {
        let magnitude = magnitude(ofBits: bits)
        return order == .ascending ? magnitude : ~magnitude
    }

    /// Maps bits to an unsigned integer that orders as the values do, whatever the column's order.
    package func magnitude(ofBits bits: UInt64) -> UInt64 {
        let sign: UInt64 = 1 << 63
        return switch type {
        case .integer: bits ^ sign
        case .decimal: bits & sign == 0 ? bits ^ sign : ~bits
        }
    }

    package func bits(ofKey key: UInt64) -> UInt64 {
        let sign: UInt64 = 1 << 63
        let ascending = order == .ascending ? key : ~key
        return switch type {
        case .integer: ascending ^ sign
        case .decimal: ascending & sign != 0 ? ascending ^ sign : ~ascending
        }
    }

    package func isBetter(_ bits: UInt64, than other: UInt64) -> Bool { key(ofBits: bits) < key(ofBits: other) }
}

extension Double {
    fileprivate var normalizedBits: UInt64 { self == 0 ? 0 : bitPattern }
}
