/// How many shards each node of a pool should have, given how many it has: as few moved as the bounds allow.
///
/// A node's share is what its weight entitles it to. Up to a tenth above it, and down to a tenth below, it is left alone;
/// a node below that gets its share, as one that has just come does; one above gives away what is too much. If that does
/// not come out even, those with the most for their weight give, or those with the least receive.
enum Quotas {
    /// Per cent of a share by which a node may be above or below.
    static let tolerancePercent = 10

    /// What a node may have without that anything is moved, and its share rounded down.
    typealias Bounds = (range: ClosedRange<Int>, share: Int)

    /// - Parameters:
    ///   - loads: shards that each node has now
    ///   - weights: at least 1 each
    ///   - total: the sum of `loads`
    static func quotas(loads: [Int], weights: [Int], total: Int) -> [Int] {
        let allWeight = weights.reduce(0, +)
        var quotas = loads.indices.map { node -> Int in
            let bounds = bounds(weight: weights[node], of: allWeight, total: total)
            if loads[node] < bounds.range.lowerBound { return bounds.share }
            return min(loads[node], bounds.range.upperBound)
        }
        var missing = total - quotas.reduce(0, +)
        while missing > 0 {
            let node = quotas.indices.min { (quotas[$0] + 1) * weights[$1] < (quotas[$1] + 1) * weights[$0] }!
            quotas[node] += 1
            missing -= 1
        }
        while missing < 0 {
            let node = quotas.indices.max { quotas[$0] * weights[$1] < quotas[$1] * weights[$0] }!
            quotas[node] -= 1
            missing += 1
        }
        return quotas
    }

    static func bounds(weight: Int, of allWeight: Int, total: Int) -> Bounds {
        let (share, rest) = (total * weight).quotientAndRemainder(dividingBy: allWeight)
        let high = total * weight * (100 + tolerancePercent) / (allWeight * 100)
        let low = (total * weight * (100 - tolerancePercent) + allWeight * 100 - 1) / (allWeight * 100)
        return (min(low, share)...max(high, rest == 0 ? share : share + 1), share)
    }
}
