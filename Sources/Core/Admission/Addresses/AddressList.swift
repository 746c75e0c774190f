/// Which addresses may come: a deny list, whose members may not, and an allow list. If the allow list is not empty, nobody
/// else may. Who is on both may not.
package struct AddressList: Sendable {
    package enum Verdict: Hashable, Sendable {
        case admitted
        /// On the deny list.
        case denied
        /// Not on the allow list, and there is one.
        case notAllowed
    }

    /// The most ranges in each list.
    package static let rangeCountMax = 10_000

    private let allowed: AddressSet
    private let denied: AddressSet

    package init(allow: [AddressRange] = [], deny: [AddressRange] = []) throws(AddressListProblem) {
        guard max(allow.count, deny.count) <= Self.rangeCountMax else { throw .tooManyRanges }
        allowed = AddressSet(allow)
        denied = AddressSet(deny)
    }

    /// Everybody may come.
    package static let everybody = try! AddressList()

    package func verdict(for address: IPAddress) -> Verdict {
        if denied.contains(address) { return .denied }
        return allowed.isEmpty || allowed.contains(address) ? .admitted : .notAllowed
    }
}

package enum AddressListProblem: Error, Hashable, Sendable, CustomStringConvertible {
    case tooManyRanges

    package var description: String { "a list has at most \(AddressList.rangeCountMax) ranges" }
}

/// Addresses as sorted intervals, for a search by halves: 14 steps in 10,000 ranges.
///
/// Invariant: the intervals of a version are disjoint and in order, so that only the last one that begins at or before an
/// address can contain it. Ranges that lie in or beside each other were joined.
struct AddressSet: Sendable {
    private var v4: [Interval]
    private var v6: [Interval]

    private struct Interval {
        var first: IPAddress
        var last: IPAddress
    }

    init(_ ranges: [AddressRange]) {
        v4 = Self.joined(ranges.filter { $0.first.isV4 })
        v6 = Self.joined(ranges.filter { !$0.first.isV4 })
    }

    var isEmpty: Bool { v4.isEmpty && v6.isEmpty }

    func contains(_ address: IPAddress) -> Bool {
        let intervals = address.isV4 ? v4 : v6
        var low = 0
        var high = intervals.count
        while low < high {
            let middle = (low + high) / 2
            if intervals[middle].first <= address { low = middle + 1 } else { high = middle }
        }
        return low > 0 && address <= intervals[low - 1].last
    }

    private static func joined(_ ranges: [AddressRange]) -> [Interval] {
        var intervals: [Interval] = []
        for range in ranges.sorted(by: { $0.first < $1.first }) {
            if let last = intervals.last?.last, range.first <= last || last.successor == range.first {
                intervals[intervals.count - 1].last = max(last, range.last)
            } else {
                intervals.append(Interval(first: range.first, last: range.last))
            }
        }
        return intervals
    }
}

extension IPAddress {
    /// The next address; nil behind the last of all.
    fileprivate var successor: IPAddress? {
        if low < .max { return IPAddress(high: high, low: low + 1) }
        return high < .max ? IPAddress(high: high + 1, low: 0) : nil
    }
}
