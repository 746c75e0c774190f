import CIntrinsics

/// A node that holds entries: up to 62 keys in ascending order, and the slot of each.
///
/// ```
/// 0    count, twig, previous leaf, next leaf     4 × u32
/// 16   slots                                     62 × u32
/// 264  keys                                      62 × u64
/// 760  unused                                    up to 768, twelve cache lines
/// ```
/// Slots come first since the rank of a slot reads only them: five cache lines instead of twelve.
/// Invariant: cells past the last entry hold all-ones.
@safe
struct Leaf {
    static let capacity = 62
    private static let slotsOffset = 16
    private static let keysOffset = 264

    private let base: UnsafeMutableRawPointer

    @inline(__always) init(_ base: UnsafeMutableRawPointer) { unsafe self.base = unsafe base }

    @inline(__always) private var header: UnsafeMutablePointer<UInt32> {
        unsafe base.assumingMemoryBound(to: UInt32.self)
    }
    @inline(__always) var slots: UnsafeMutablePointer<UInt32> {
        unsafe (base + Self.slotsOffset).assumingMemoryBound(to: UInt32.self)
    }
    @inline(__always) var keys: UnsafeMutablePointer<UInt64> {
        unsafe (base + Self.keysOffset).assumingMemoryBound(to: UInt64.self)
    }

    @inline(__always) var count: Int {
        get { unsafe Int(truncatingIfNeeded: header[0]) }
        nonmutating set { unsafe header[0] = UInt32(truncatingIfNeeded: newValue) }
    }
    @inline(__always) var twig: UInt32 {
        get { unsafe header[1] }
        nonmutating set { unsafe header[1] = newValue }
    }
    @inline(__always) var previous: UInt32 {
        get { unsafe header[2] }
        nonmutating set { unsafe header[2] = newValue }
    }
    @inline(__always) var next: UInt32 {
        get { unsafe header[3] }
        nonmutating set { unsafe header[3] = newValue }
    }

    @inline(__always) func key(at place: Int) -> UInt64 { unsafe keys[place] }
    @inline(__always) func slot(at place: Int) -> UInt32 { unsafe slots[place] }
    @inline(__always) func entry(at place: Int) -> RankForest.Entry {
        RankForest.Entry(key: key(at: place), slot: slot(at: place))
    }

    /// Where a slot of this leaf stands in it.
    @inline(__always) func place(of slot: UInt32) -> Int {
        unsafe index(of: slot, in: slots, capacity: Self.capacity)
    }
    @inline(__always) func countBelow(_ key: UInt64) -> Int {
        unsafe countLess(than: key, in: keys, capacity: Self.capacity)
    }
    @inline(__always) func countUpTo(_ key: UInt64) -> Int {
        key == .max ? count : countBelow(key &+ 1)
    }

    func makeEmpty(in twig: UInt32) {
        unsafe slots.update(repeating: .max, count: Self.capacity)
        unsafe keys.update(repeating: .max, count: Self.capacity)
        count = 0
        self.twig = twig
        previous = none
        next = none
    }

    @inline(__always) func insert(key: UInt64, slot: UInt32, at place: Int) {
        let behind = count &- place
        unsafe (keys + place + 1).update(from: keys + place, count: behind)
        unsafe (slots + place + 1).update(from: slots + place, count: behind)
        unsafe keys[place] = key
        unsafe slots[place] = slot
        count &+= 1
    }

    @inline(__always) func remove(at place: Int) {
        let last = count &- 1
        unsafe (keys + place).update(from: keys + place + 1, count: last &- place)
        unsafe (slots + place).update(from: slots + place + 1, count: last &- place)
        unsafe keys[last] = .max
        unsafe slots[last] = .max
        count = last
    }

    /// Replaces all entries by the given ones.
    func fill(keys newKeys: UnsafePointer<UInt64>, slots newSlots: UnsafePointer<UInt32>, count newCount: Int) {
        unsafe keys.update(from: newKeys, count: newCount)
        unsafe slots.update(from: newSlots, count: newCount)
        unsafe (keys + newCount).update(repeating: .max, count: Self.capacity - newCount)
        unsafe (slots + newCount).update(repeating: .max, count: Self.capacity - newCount)
        count = newCount
    }

    /// What the rank of a slot reads.
    @inline(__always) func prefetchSlots() {
        unsafe prefetchLines(base, bytes: Self.keysOffset)
    }
    /// What an insertion or a removal reads and writes.
    @inline(__always) func prefetchAll() {
        unsafe prefetchLines(base, bytes: LeafLayout.stride)
    }
}

enum LeafLayout: NodeLayout {
    static let stride = 768
    static let chunkShift = 13
}

@inline(__always)
func prefetchLines(_ start: UnsafeMutableRawPointer, bytes: Int) {
    var offset = 0
    while offset < bytes {
        unsafe intrinsic_prefetch(start + offset)
        offset &+= 64
    }
}
