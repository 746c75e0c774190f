/// A node that holds nodes: for every child its number, how many entries lie beneath it, and its first entry.
///
/// Twigs (parents of leaves, 24 children) and inner nodes (64 children) share this layout:
/// ```
/// 0    count, parent, tree, flags    4 × u32     tree: set in a root only; flags: twigs only
/// 16   tag                           u64         twigs only
/// 24   unused
/// 32   counts                        capacity × u32
///      children                      capacity × u32
///      first slots                   capacity × u32
///      first keys                    capacity × u64
/// ```
/// The first entry of a child is its separator. It names the slot too, so that a search inside a run of equal keys that
/// spans many leaves can be decided here, by the caller's order, without visiting them.
/// Invariant: a child's count and separator are exact; cells of `children` and of the first keys past the last child
/// hold all-ones.
@safe
struct Branch {
    static let twigCapacity = 24
    static let innerCapacity = 64
    private static let headerBytes = 32

    private let base: UnsafeMutableRawPointer
    let capacity: Int

    @inline(__always) init(_ base: UnsafeMutableRawPointer, capacity: Int) {
        unsafe self.base = unsafe base
        self.capacity = capacity
    }

    @inline(__always) private var header: UnsafeMutablePointer<UInt32> {
        unsafe base.assumingMemoryBound(to: UInt32.self)
    }
    @inline(__always) var counts: UnsafeMutablePointer<UInt32> {
        unsafe (base + Self.headerBytes).assumingMemoryBound(to: UInt32.self)
    }
    @inline(__always) var children: UnsafeMutablePointer<UInt32> { unsafe counts + capacity }
    @inline(__always) var firstSlots: UnsafeMutablePointer<UInt32> { unsafe counts + capacity &* 2 }
    @inline(__always) var firstKeys: UnsafeMutablePointer<UInt64> {
        unsafe (base + (Self.headerBytes &+ capacity &* 12)).assumingMemoryBound(to: UInt64.self)
    }

    @inline(__always) var count: Int {
        get { unsafe Int(truncatingIfNeeded: header[0]) }
        nonmutating set { unsafe header[0] = UInt32(truncatingIfNeeded: newValue) }
    }
    @inline(__always) var parent: UInt32 {
        get { unsafe header[1] }
        nonmutating set { unsafe header[1] = newValue }
    }
    @inline(__always) var tree: UInt32 {
        get { unsafe header[2] }
        nonmutating set { unsafe header[2] = newValue }
    }
    @inline(__always) var flags: TwigFlags {
        get { unsafe TwigFlags(rawValue: header[3]) }
        nonmutating set { unsafe header[3] = newValue.rawValue }
    }
    @inline(__always) var tag: UInt64 {
        get { unsafe base.load(fromByteOffset: 16, as: UInt64.self) }
        nonmutating set { unsafe base.storeBytes(of: newValue, toByteOffset: 16, as: UInt64.self) }
    }

    @inline(__always) func child(at place: Int) -> UInt32 { unsafe children[place] }
    @inline(__always) func entryCount(at place: Int) -> Int { unsafe Int(counts[place]) }
    @inline(__always) func firstKey(at place: Int) -> UInt64 { unsafe firstKeys[place] }
    @inline(__always) func firstSlot(at place: Int) -> UInt32 { unsafe firstSlots[place] }

    @inline(__always) func place(of child: UInt32) -> Int {
        unsafe index(of: child, in: children, capacity: capacity)
    }
    /// Entries beneath the children before `place`.
    @inline(__always) func entries(before place: Int) -> Int { unsafe sum(ofFirst: place, in: counts) }
    /// Entries beneath this node.
    @inline(__always) var entries: Int { entries(before: count) }

    @inline(__always) func add(_ delta: Int32, at place: Int) {
        unsafe counts[place] &+= UInt32(bitPattern: delta)
    }
    @inline(__always) func setCount(_ entries: Int, at place: Int) {
        unsafe counts[place] = UInt32(truncatingIfNeeded: entries)
    }
    @inline(__always) func setFirst(key: UInt64, slot: UInt32, at place: Int) {
        unsafe firstKeys[place] = key
        unsafe firstSlots[place] = slot
    }

    /// The last child whose first key is less than `key`, or the first child.
    @inline(__always) func lastChild(startingBelow key: UInt64) -> Int {
        max(unsafe countLess(than: key, in: firstKeys, capacity: capacity) &- 1, 0)
    }
    /// The last child whose first key is at most `key`, or the first child.
    @inline(__always) func lastChild(startingUpTo key: UInt64) -> Int {
        key == .max ? count &- 1 : lastChild(startingBelow: key &+ 1)
    }

    func makeEmpty(parent: UInt32, tree: UInt32) {
        unsafe children.update(repeating: .max, count: capacity)
        unsafe firstKeys.update(repeating: .max, count: capacity)
        count = 0
        self.parent = parent
        self.tree = tree
        flags = []
        tag = 0
    }

    func insert(child: UInt32, entries: Int, key: UInt64, slot: UInt32, at place: Int) {
        shift(from: place, by: 1)
        unsafe children[place] = child
        setCount(entries, at: place)
        setFirst(key: key, slot: slot, at: place)
        count += 1
    }

    func remove(at place: Int) {
        shift(from: place + 1, by: -1)
        count -= 1
        clear(from: count, to: count + 1)
    }

    /// Moves `moved` children from the end of `self` to the front of `other`, its neighbour to the right.
    func moveLast(_ moved: Int, toFrontOf other: Branch) {
        other.shift(from: 0, by: moved)
        other.copy(moved, from: self, at: count - moved, to: 0)
        other.count += moved
        count -= moved
        clear(from: count, to: count + moved)
    }

    /// Moves `moved` children from the front of `other`, the neighbour to the right, to the end of `self`.
    func takeFirst(_ moved: Int, of other: Branch) {
        copy(moved, from: other, at: 0, to: count)
        count += moved
        other.shift(from: moved, by: -moved)
        other.count -= moved
        other.clear(from: other.count, to: other.count + moved)
    }

    private func copy(_ moved: Int, from other: Branch, at source: Int, to place: Int) {
        unsafe (counts + place).update(from: other.counts + source, count: moved)
        unsafe (children + place).update(from: other.children + source, count: moved)
        unsafe (firstSlots + place).update(from: other.firstSlots + source, count: moved)
        unsafe (firstKeys + place).update(from: other.firstKeys + source, count: moved)
    }

    private func shift(from place: Int, by distance: Int) {
        copy(count - place, from: self, at: place, to: place + distance)
    }

    private func clear(from start: Int, to end: Int) {
        unsafe (children + start).update(repeating: .max, count: end - start)
        unsafe (firstKeys + start).update(repeating: .max, count: end - start)
    }

    @inline(__always) func prefetchHeader() { unsafe prefetchLines(base, bytes: Self.headerBytes) }
    @inline(__always) func prefetch() {
        unsafe prefetchLines(base, bytes: 32 &+ capacity &* 20)
    }
    /// What the way up of a rank reads: the children's numbers and counts.
    @inline(__always) func prefetchCounts() {
        unsafe prefetchLines(base, bytes: 32 &+ capacity &* 8)
    }
}

/// What a snapshot must know of a twig.
struct TwigFlags: OptionSet {
    let rawValue: UInt32

    /// Changed since the last snapshot was begun.
    static let dirty = TwigFlags(rawValue: 1)
    /// Was dirty when the snapshot in progress was begun.
    static let wasDirty = TwigFlags(rawValue: 2)
    /// Belongs to the snapshot in progress and was not copied yet.
    static let pending = TwigFlags(rawValue: 4)
}

enum TwigLayout: NodeLayout {
    static let stride = 512
    static let chunkShift = 12
}

enum InnerLayout: NodeLayout {
    static let stride = 1344
    static let chunkShift = 10
}
