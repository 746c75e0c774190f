/// The number that stands for "no node", "no slot" and "no tree".
let none = UInt32.max

/// How the nodes of one kind lie in memory.
protocol NodeLayout {
    /// Bytes of a node: whole cache lines.
    static var stride: Int { get }
    /// log2 of the nodes of a chunk, chosen so that a chunk fills whole huge pages where the pool can get large.
    static var chunkShift: Int { get }
}

/// Nodes of one kind, addressed by 32-bit number: half of a pointer, and the link of a free node costs nothing.
///
/// Invariant: every number below `highWater` is either in use or on the free list exactly once.
@safe
struct NodePool<Layout: NodeLayout>: ~Copyable {
    private var memory = ChunkedMemory(stride: Layout.stride, chunkShift: Layout.chunkShift, fill: nil)
    private var firstFree = none
    private(set) var freeCount = 0
    /// Numbers from here on have never been used; their memory was never touched.
    private(set) var highWater = 0

    var inUse: Int { highWater - freeCount }
    var memoryBytes: Int { highWater * Layout.stride }

    @inline(__always)
    subscript(node: UInt32) -> UnsafeMutableRawPointer {
        unsafe memory.address(of: Int(truncatingIfNeeded: node))
    }

    /// A node with unspecified content. O(1), apart from the growth of the pool.
    ///
    /// A small pool may move to grow: addresses asked for before this call are void after it.
    mutating func allocate() -> UInt32 {
        guard firstFree == none else {
            let node = firstFree
            unsafe firstFree = self[node].load(as: UInt32.self)
            freeCount -= 1
            return node
        }
        precondition(highWater < Int(none), "a pool holds at most 2^32 - 1 nodes")
        memory.grow(toHold: highWater + 1)
        highWater += 1
        return UInt32(highWater - 1)
    }

    mutating func release(_ node: UInt32) {
        unsafe self[node].storeBytes(of: firstFree, as: UInt32.self)
        firstFree = node
        freeCount += 1
    }

    /// The numbers on the free list, at most one more than there can be, so that a loop in it ends.
    func freeNodes() -> [UInt32] {
        var nodes: [UInt32] = []
        var node = firstFree
        while node != none && nodes.count <= freeCount {
            nodes.append(node)
            guard Int(node) < highWater else { break }
            unsafe node = self[node].load(as: UInt32.self)
        }
        return nodes
    }
}
