import Leaderboards
import TestSupport
import Testing

/// The 64-bit key by which a column is sorted, against the order of the values themselves.
@Suite("Column keys")
struct ColumnKeyTests {
    private static func integers() -> [Int64] {
        var random = SplitMix64(seed: 1)
        return [.min, .min + 1, -2, -1, 0, 1, 2, .max - 1, .max]
            + (0..<60).map { _ in Int64(bitPattern: random.next()) >> Int64(random.next() % 60) }
    }

    private static func decimals() -> [Double] {
        var random = SplitMix64(seed: 2)
        let special: [Double] = [
            0, .leastNonzeroMagnitude, .leastNormalMagnitude, 1, 1.0.nextUp, .pi, .greatestFiniteMagnitude,
        ]
        let seeded = (0..<80).map { _ in Double(bitPattern: random.next()) }.filter(\.isFinite)
        return special + special.dropFirst().map { -$0 } + seeded
    }

    @Test("a lesser key is a better value, in both orders and types", arguments: Column.Order.allCases)
    func order(order: Column.Order) throws {
        func check<Number: Comparable>(_ numbers: [Number], _ column: Column, _ value: (Number) -> Column.Value) throws
        {
            for left in numbers {
                for right in numbers {
                    let (leftBits, rightBits) = (
                        try #require(column.bits(of: value(left))), try #require(column.bits(of: value(right)))
                    )
                    let isBetter = order == .ascending ? left < right : left > right
                    #expect(
                        (column.key(ofBits: leftBits) < column.key(ofBits: rightBits)) == isBetter, "\(left) \(right)")
                    #expect(column.isBetter(leftBits, than: rightBits) == isBetter)
                    #expect(
                        (column.magnitude(ofBits: leftBits) < column.magnitude(ofBits: rightBits)) == (left < right))
                }
            }
        }
        try check(Self.integers(), Column(name: "a", type: .integer, order: order, operator: .best)) { .integer($0) }
        try check(Self.decimals(), Column(name: "a", type: .decimal, order: order, operator: .best)) { .decimal($0) }
    }

    @Test("the key is the value: it leads back to the bits, whatever they are")
    func bijection() {
        var random = SplitMix64(seed: 3)
        let words: [UInt64] = [0, 1, 1 << 63, 1 << 63 - 1, .max] + (0..<1000).map { _ in random.next() }
        for type in Column.ValueType.allCases {
            for order in Column.Order.allCases {
                let column = Column(name: "a", type: type, order: order, operator: .best)
                for bits in words { #expect(column.bits(ofKey: column.key(ofBits: bits)) == bits) }
            }
        }
    }

    @Test("values come back from their bits")
    func values() {
        let integer = Column(name: "a", type: .integer, order: .ascending, operator: .best)
        let decimal = Column(name: "a", type: .decimal, order: .ascending, operator: .best)
        for value in Self.integers() {
            #expect(integer.bits(of: .integer(value)).map(integer.value) == .integer(value))
        }
        for value in Self.decimals() {
            #expect(decimal.bits(of: .decimal(value)).map(decimal.value) == .decimal(value))
        }
    }
}
