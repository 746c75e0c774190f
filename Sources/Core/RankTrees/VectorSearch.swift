// Searches over the small arrays inside a node. Every array is padded to its capacity with all-ones, so that a search
// reads whole vectors and needs no branch on the number of entries.
//
// A vector comparison is one instruction only if both sides are vectors of a type spelled out. Compared with a scalar, or
// with `SIMD8(repeating:)`, the generic operator is chosen, a loop over the lanes that costs ten times as much.

/// How many of the sorted `keys` are less than `key`. The array has `capacity` cells, at least 8; cells past the last
/// entry hold `UInt64.max`.
///
/// Every eighth key is sampled first: those loads do not depend on each other, so the cache lines of a cold node arrive
/// together, where a binary search would wait for each in turn. Eight comparisons then finish inside the block.
@inline(__always)
func countLess(than key: UInt64, in keys: UnsafePointer<UInt64>, capacity: Int) -> Int {
    var block = 0
    var sample = 8
    while sample < capacity {
        block &+= unsafe keys[sample] < key ? 8 : 0
        sample &+= 8
    }
    // The last block may overlap the one before it: the keys they share are known to be less.
    block = min(block, capacity &- 8)
    let lanes = unsafe keys + block
    func isLess(_ lane: Int) -> Int { unsafe lanes[lane] < key ? 1 : 0 }
    // Written out, this is two vector instructions on processors that compare 64-bit lanes and eight scalar ones elsewhere.
    let low = isLess(0) &+ isLess(1) &+ isLess(2) &+ isLess(3)
    let high = isLess(4) &+ isLess(5) &+ isLess(6) &+ isLess(7)
    return block &+ low &+ high
}

/// The place of `value` among the `capacity` cells, at least 8. It must be there exactly once.
@inline(__always)
func index(of value: UInt32, in cells: UnsafePointer<UInt32>, capacity: Int) -> Int {
    let target = SIMD8<UInt32>(repeating: value)
    var places = SIMD8<UInt32>(0, 1, 2, 3, 4, 5, 6, 7)
    var found = SIMD8<UInt32>.zero
    var block = 0
    while block &+ 8 <= capacity {
        let lanes = unsafe UnsafeRawPointer(cells + block).loadUnaligned(as: SIMD8<UInt32>.self)
        found |= SIMD8<UInt32>.zero.replacing(with: places, where: lanes .== target)
        places &+= 8
        block &+= 8
    }
    if block < capacity {
        // The last vector overlaps the one before it; what they share was looked at already and must not count twice.
        let overlap = SIMD8<UInt32>(repeating: UInt32(truncatingIfNeeded: 8 &- (capacity &- block)))
        let fresh = SIMD8<UInt32>(0, 1, 2, 3, 4, 5, 6, 7) .>= overlap
        let lanes = unsafe UnsafeRawPointer(cells + (capacity &- 8)).loadUnaligned(as: SIMD8<UInt32>.self)
        found |= SIMD8<UInt32>.zero.replacing(with: places &- overlap, where: (lanes .== target) .& fresh)
    }
    return Int(found.wrappedSum())
}

/// The sum of the first `count` of the cells. Reads whole vectors of 8, so the array must be readable to the next one.
@inline(__always)
func sum(ofFirst count: Int, in cells: UnsafePointer<UInt32>) -> Int {
    var total = SIMD8<UInt32>.zero
    var places = SIMD8<UInt32>(0, 1, 2, 3, 4, 5, 6, 7)
    let end = SIMD8<UInt32>(repeating: UInt32(truncatingIfNeeded: count))
    var block = 0
    while block < count {
        let lanes = unsafe UnsafeRawPointer(cells + block).loadUnaligned(as: SIMD8<UInt32>.self)
        total &+= SIMD8<UInt32>.zero.replacing(with: lanes, where: places .< end)
        places &+= 8
        block &+= 8
    }
    return Int(total.wrappedSum())
}

/// The first place in `range` for which `isPast` holds, given that it holds for all places after that one.
@inline(__always)
func partitionPoint(of range: Range<Int>, _ isPast: (Int) -> Bool) -> Int {
    var low = range.lowerBound
    var high = range.upperBound
    while low < high {
        let middle = (low &+ high) / 2
        if isPast(middle) { high = middle } else { low = middle &+ 1 }
    }
    return low
}
