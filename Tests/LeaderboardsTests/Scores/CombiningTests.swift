import Leaderboards
import TestSupport
import Testing

/// How a submitted value meets the standing one, against a reference written with Swift's own arithmetic.
@Suite("Combining scores")
struct CombiningTests {
    private static let integers: [Int64] = [.min, -7, -1, 0, 1, 3, 1 << 53, .max]
    private static let decimals: [Double] = [
        -.greatestFiniteMagnitude, -2.5, -.leastNonzeroMagnitude, 0, .leastNonzeroMagnitude, 1, 0.1, 1e300,
        .greatestFiniteMagnitude,
    ]

    private func definition(_ columns: Column...) -> LeaderboardDefinition { LeaderboardDefinition(columns: columns) }

    private func column(
        _ name: String = "a", _ type: Column.ValueType = .integer, _ order: Column.Order = .descending,
        _ operation: Column.Operator = .best, minimum: Column.Value? = nil, maximum: Column.Value? = nil
    ) -> Column {
        Column(name: name, type: type, order: order, operator: operation, minimum: minimum, maximum: maximum)
    }

    private func combine(
        _ definition: LeaderboardDefinition, _ submitted: [Column.Value], with current: [Column.Value]?
    ) throws(ScoreError) -> Score {
        try definition.combine(
            try definition.score(of: Score(submitted)),
            with: try current.map { values throws(ScoreError) in Score(values) })
    }

    /// What the operator is defined to leave standing; nil for a sum that is refused.
    private func reference<Number: Comparable>(
        _ operation: Column.Operator, _ order: Column.Order, old: Number, new: Number, one: Number,
        adding: (Number, Number) -> Number?
    ) -> Number? {
        switch operation {
        case .best: return order == .ascending ? Swift.min(old, new) : Swift.max(old, new)
        case .latest: return new
        case .sum: return adding(old, new)
        case .min: return Swift.min(old, new)
        case .max: return Swift.max(old, new)
        case .count: return adding(old, one)
        }
    }

    @Test("each operator does what it is called, for integers in either order", arguments: Column.Operator.allCases)
    func integerOperators(operation: Column.Operator) {
        for order in Column.Order.allCases {
            let definition = definition(column("a", .integer, order, operation))
            for old in Self.integers {
                for new in Self.integers {
                    let expected = reference(operation, order, old: old, new: new, one: 1) { left, right in
                        let (sum, overflow) = left.addingReportingOverflow(right)
                        return overflow ? nil : sum
                    }
                    let result = try? combine(definition, [.integer(new)], with: [.integer(old)])
                    #expect(result == expected.map { Score([.integer($0)]) }, "\(operation) \(order) \(old) \(new)")
                }
            }
        }
    }

    @Test("each operator does what it is called, for decimals in either order", arguments: Column.Operator.allCases)
    func decimalOperators(operation: Column.Operator) {
        for order in Column.Order.allCases {
            let definition = definition(column("a", .decimal, order, operation))
            for old in Self.decimals {
                for new in Self.decimals {
                    let expected = reference(operation, order, old: old, new: new, one: 1) { left, right in
                        (left + right).isFinite ? left + right : nil
                    }
                    let result = try? combine(definition, [.decimal(new)], with: [.decimal(old)])
                    #expect(result == expected.map { Score([.decimal($0)]) }, "\(operation) \(order) \(old) \(new)")
                }
            }
        }
    }

    @Test("the first score stands as submitted, and counts as one")
    func firstScore() throws {
        for operation in Column.Operator.allCases {
            let integer = definition(column("a", .integer, .ascending, operation))
            let decimal = definition(column("a", .decimal, .ascending, operation))
            let isCount = operation == .count
            #expect(try combine(integer, [.integer(-9)], with: nil) == Score([.integer(isCount ? 1 : -9)]))
            #expect(try combine(decimal, [.decimal(2.5)], with: nil) == Score([.decimal(isCount ? 1 : 2.5)]))
        }
    }

    @Test("best keeps the values of one run together, decided by the first that differs")
    func bestIsATuple() throws {
        let definition = definition(
            column("points", .integer, .descending, .best), column("time", .decimal, .ascending, .best))
        let standing: [Column.Value] = [.integer(10), .decimal(30)]
        func after(_ points: Int64, _ time: Double) throws -> Score {
            try combine(definition, [.integer(points), .decimal(time)], with: standing)
        }
        #expect(try after(11, 99) == Score([.integer(11), .decimal(99)]))
        #expect(try after(9, 1) == Score(standing))
        #expect(try after(10, 29) == Score([.integer(10), .decimal(29)]))
        #expect(try after(10, 31) == Score(standing))
        #expect(try after(10, 30) == Score(standing))
    }

    @Test("best columns form their tuple across the other columns between them")
    func bestAmongOthers() throws {
        let definition = definition(
            column("plays", .integer, .descending, .count), column("points", .integer, .descending, .best),
            column("total", .integer, .descending, .sum), column("time", .integer, .ascending, .best),
            column("last", .integer, .descending, .latest))
        let standing: [Column.Value] = [.integer(3), .integer(10), .integer(50), .integer(7), .integer(1)]
        let worse = try combine(
            definition, [.integer(0), .integer(9), .integer(5), .integer(1), .integer(2)], with: standing)
        #expect(worse == Score([.integer(4), .integer(10), .integer(55), .integer(7), .integer(2)]))
        let better = try combine(
            definition, [.integer(0), .integer(12), .integer(5), .integer(99), .integer(2)], with: standing)
        #expect(better == Score([.integer(4), .integer(12), .integer(55), .integer(99), .integer(2)]))
    }

    @Test("a sum beyond the type is refused, and names its column")
    func overflow() {
        let definition = definition(
            column("a", .integer, .descending, .latest), column("b", .integer, .descending, .sum),
            column("c", .decimal, .descending, .sum))
        let current: [Column.Value] = [.integer(0), .integer(.max), .decimal(.greatestFiniteMagnitude)]
        #expect(throws: ScoreError.overflow(column: 1)) {
            try combine(definition, [.integer(1), .integer(1), .decimal(0)], with: current)
        }
        #expect(throws: ScoreError.overflow(column: 2)) {
            try combine(definition, [.integer(1), .integer(0), .decimal(.greatestFiniteMagnitude)], with: current)
        }
    }

    @Test("a sum adds the new value to the old one, in this order")
    func sumOrder() throws {
        let definition = definition(column("a", .decimal, .descending, .sum))
        var random = SplitMix64(seed: 11)
        var total = 0.0
        var standing: [Column.Value]?
        for _ in 0..<500 {
            let value = Double(Int64(bitPattern: random.next()) >> 20) / 1000
            total += value
            let score = try combine(definition, [.decimal(value)], with: standing)
            #expect(score == Score([.decimal(total)]))
            standing = [score.value(0)]
        }
    }

    @Test("a sum that comes to minus zero is zero")
    func sumOfZeros() throws {
        let definition = definition(column("a", .decimal, .descending, .sum))
        let score = try combine(definition, [.decimal(-0.0)], with: [.decimal(-0.0)])
        #expect(score[0] == 0)
    }
}
