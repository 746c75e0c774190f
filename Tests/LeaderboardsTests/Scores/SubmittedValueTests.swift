import Leaderboards
import Testing

/// What a submission may carry, and what it becomes in the columns' types.
@Suite("Submitted values")
struct SubmittedValueTests {
    private func column(
        _ type: Column.ValueType, _ operation: Column.Operator = .best, min: Column.Value? = nil,
        max: Column.Value? = nil
    ) -> Column {
        Column(name: "a", type: type, order: .descending, operator: operation, minimum: min, maximum: max)
    }

    private func score(_ column: Column, _ value: Column.Value) throws(ScoreError) -> Score {
        try LeaderboardDefinition(columns: [column]).score(of: Score([value]))
    }

    @Test("NaN and the infinities are refused", arguments: [Double.nan, .signalingNaN, .infinity, -.infinity])
    func notFinite(value: Double) {
        #expect(throws: ScoreError.type(column: 0)) { try score(column(.decimal), .decimal(value)) }
    }

    @Test("minus zero is stored as zero")
    func minusZero() throws {
        #expect(try score(column(.decimal), .decimal(-0.0)) == Score([.decimal(0)]))
    }

    @Test("an integer column takes no fraction, not even a whole one")
    func integerColumn() {
        #expect(throws: ScoreError.type(column: 0)) { try score(column(.integer), .decimal(1)) }
        #expect(throws: ScoreError.type(column: 0)) { try score(column(.integer), .decimal(1.5)) }
    }

    @Test("a decimal column takes an integer that a double holds exactly, and no other")
    func decimalColumn() throws {
        #expect(try score(column(.decimal), .integer(3)) == Score([.decimal(3)]))
        #expect(try score(column(.decimal), .integer(0)) == Score([.decimal(0)]))
        #expect(try score(column(.decimal), .integer(1 << 53)) == Score([.decimal(9_007_199_254_740_992)]))
        #expect(try score(column(.decimal), .integer(.min)) == Score([.decimal(-9_223_372_036_854_775_808)]))
        #expect(throws: ScoreError.type(column: 0)) { try score(column(.decimal), .integer(1 << 53 + 1)) }
        #expect(throws: ScoreError.type(column: 0)) { try score(column(.decimal), .integer(.max)) }
    }

    @Test("bounds include their ends", arguments: [Int64.min, -6, -5, 0, 5, 6, .max])
    func bounds(value: Int64) {
        let integer = column(.integer, min: .integer(-5), max: .integer(5))
        let decimal = column(.decimal, min: .decimal(-5), max: .integer(5))
        let isInside = (-5...5).contains(value)
        for column in [integer, decimal] {
            let problem: ScoreError?
            do throws(ScoreError) {
                _ = try score(column, .integer(value))
                problem = nil
            } catch {
                problem = error
            }
            // Int64.max is no double: the decimal column can't even say that it is out of bounds.
            let isDouble = column.type == .integer || value != .max
            #expect(problem == (isInside ? nil : isDouble ? .bounds(column: 0) : .type(column: 0)))
        }
    }

    @Test("one bound alone bounds one side")
    func oneBound() throws {
        #expect(try score(column(.decimal, min: .decimal(0)), .decimal(1e308)) == Score([.decimal(1e308)]))
        #expect(throws: ScoreError.bounds(column: 0)) {
            try score(column(.decimal, min: .decimal(0)), .decimal(-.leastNonzeroMagnitude))
        }
        #expect(try score(column(.integer, max: .integer(0)), .integer(.min)) == Score([.integer(.min)]))
        #expect(throws: ScoreError.bounds(column: 0)) { try score(column(.integer, max: .integer(0)), .integer(1)) }
    }

    @Test("a count column takes any value at all")
    func count() throws {
        let counted = column(.integer, .count, min: .integer(100))
        for value: Column.Value in [.integer(7), .decimal(.nan), .decimal(0.5)] {
            #expect(try score(counted, value) == Score([.integer(1)]))
        }
    }

    @Test("a submission has one value for each column")
    func columnCount() {
        let definition = LeaderboardDefinition(columns: Array(repeating: column(.integer), count: 3))
        for count in [0, 1, 2, 4, 5] {
            #expect(throws: ScoreError.columnCount(expected: 3)) {
                try definition.score(of: Score(Array(repeating: .integer(1), count: count)))
            }
        }
    }

    @Test("one to five columns come back as they were put in", arguments: 1...5)
    func columns(count: Int) {
        let values: [Column.Value] = (0..<count).map {
            $0.isMultiple(of: 2) ? .integer(Int64($0)) : .decimal(Double($0))
        }
        let score = Score(values)
        #expect(score.count == count && (0..<count).map { score.value($0) } == values)
        #expect(Set([score, Score(values)]).count == 1)
        var other = score
        other[count - 1] ^= 1
        #expect(other != score)
    }

    @Test("an integer and a double of the same bits are different scores")
    func typesDiffer() {
        #expect(Score([.integer(0)]) != Score([.decimal(0)]))
    }
}
