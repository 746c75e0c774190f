/// Entries in key order, able to answer "how many are ahead of me?" in O(log n): one or more counted B+trees that share
/// one pool of nodes and one index of slots.
///
/// An entry is a key and a *slot*: a small number of the caller's choosing, by which it is found again. A slot is in one
/// tree at most. Trees are ascending by key; where a new entry stands among equal keys is the caller's to say, and the
/// order among them never changes by itself. Indices are 0-based.
///
/// Entries lie in leaves; the nodes right above the leaves are *twigs*, of about a thousand entries, the unit of
/// checkpointing (`RankForest+Snapshots.swift`); above them stand inner nodes. Each of these remembers how many entries
/// lie beneath every child, so that a rank is a sum along one path, and the first entry of every child.
///
/// Invariant: what a node remembers of a child (count, first entry) is exact between calls, and `leafOf` names the leaf
/// of every entry. `checkInvariants` spells it out.
package struct RankForest: ~Copyable {
    let limits: Limits
    var leaves = NodePool<LeafLayout>()
    var twigs = NodePool<TwigLayout>()
    var inners = NodePool<InnerLayout>()
    var leafOf = SlotIndex()
    var trees: [Tree] = []
    var snapshot = SnapshotState()
    let distinctKeys: DistinctKeys?

    /// - Parameters:
    ///   - countsDistinct: whether `distinctCount(below:in:)` can be asked. Costs memory and time for each distinct key.
    ///   - limits: how full nodes may get; smaller ones make small tests split and merge.
    package init(countsDistinct: Bool = false, limits: Limits = .full) {
        self.limits = limits
        distinctKeys = countsDistinct ? DistinctKeys(limits: limits) : nil
    }

    package struct Entry: Hashable, Sendable {
        package let key: UInt64
        package let slot: UInt32

        package init(key: UInt64, slot: UInt32) {
            self.key = key
            self.slot = slot
        }
    }

    /// Where a new entry stands among entries of the same key.
    package enum Placement: Sendable {
        /// Behind them: the first to reach a score stays ahead.
        case afterEqual
        /// Before them.
        case beforeEqual
    }

    /// The most entries a leaf and children a twig or an inner node may have.
    package struct Limits: Sendable {
        package let leaf: Int
        package let twig: Int
        package let inner: Int

        package static let full = Limits(
            leaf: Leaf.capacity, twig: Branch.twigCapacity, inner: Branch.innerCapacity)

        package init(leaf: Int, twig: Int, inner: Int) {
            precondition((3...Leaf.capacity).contains(leaf))
            precondition((3...Branch.twigCapacity).contains(twig))
            precondition((3...Branch.innerCapacity).contains(inner))
            self.leaf = leaf
            self.twig = twig
            self.inner = inner
        }

        var twigEntries: Int { leaf * twig }
    }

    struct Tree {
        var root = none
        /// Levels above the leaves: 0 for an empty tree, 1 if the root is a twig.
        var height = 0
        var count = 0
    }
}

// Sound because the forest alone owns its memory and is not copied: whoever holds it holds all of it.
extension RankForest: @unchecked Sendable {}

// MARK: Questions about one slot or one tree

extension RankForest {
    /// The number of entries of a tree; 0 for a tree never used. O(1).
    package func count(in tree: UInt32) -> Int {
        Int(tree) < trees.count ? trees[Int(tree)].count : 0
    }

    /// The entries of all trees. O(trees).
    package var totalCount: Int { trees.reduce(0) { $0 + $1.count } }

    /// Trees are numbered below this; some of them may be empty.
    package var treeCount: Int { trees.count }

    /// Whether the slot has an entry. O(1).
    package func contains(_ slot: UInt32) -> Bool { leafOf.leaf(of: slot) != none }

    /// The key of a slot's entry. O(1).
    package func key(of slot: UInt32) -> UInt64? {
        guard let (leaf, place) = find(slot) else { return nil }
        return leaf.key(at: place)
    }

    /// The tree a slot is in. O(log n).
    package func tree(of slot: UInt32) -> UInt32? {
        guard let (leaf, _) = find(slot) else { return nil }
        return tree(ofTwig: leaf.twig)
    }

    /// The entry right before a slot's, in its tree. O(1).
    package func entry(before slot: UInt32) -> Entry? {
        guard let (leaf, place) = find(slot) else { return nil }
        return entry(before: place, in: leaf)
    }

    /// The entry right after a slot's, in its tree. O(1).
    package func entry(after slot: UInt32) -> Entry? {
        guard let (leaf, place) = find(slot) else { return nil }
        return entry(at: place + 1, in: leaf)
    }

    /// Memory in use, in bytes: nodes, slot index and what a snapshot has set aside.
    package var memoryBytes: Int {
        leaves.memoryBytes + twigs.memoryBytes + inners.memoryBytes + leafOf.memoryBytes
            + trees.capacity * MemoryLayout<Tree>.stride + snapshot.memoryBytes + (distinctKeys?.memoryBytes ?? 0)
    }

    /// How full leaves are on average: 1 if every one is.
    package var leafFill: Double {
        leaves.inUse == 0 ? 1 : Double(totalCount) / Double(leaves.inUse * limits.leaf)
    }
}

// MARK: Nodes

extension RankForest {
    @inline(__always) func leaf(_ node: UInt32) -> Leaf { unsafe Leaf(leaves[node]) }
    @inline(__always) func twig(_ node: UInt32) -> Branch {
        unsafe Branch(twigs[node], capacity: Branch.twigCapacity)
    }
    @inline(__always) func inner(_ node: UInt32) -> Branch {
        unsafe Branch(inners[node], capacity: Branch.innerCapacity)
    }
    /// A twig at level 1, an inner node above.
    @inline(__always) func branch(_ node: UInt32, level: Int) -> Branch { level == 1 ? twig(node) : inner(node) }

    @inline(__always) func find(_ slot: UInt32) -> (leaf: Leaf, place: Int)? {
        let node = leafOf.leaf(of: slot)
        guard node != none else { return nil }
        let leaf = leaf(node)
        return (leaf, leaf.place(of: slot))
    }

    func tree(ofTwig node: UInt32) -> UInt32 {
        var branch = twig(node)
        while branch.parent != none { branch = inner(branch.parent) }
        return branch.tree
    }

    @inline(__always) func entry(before place: Int, in leaf: Leaf) -> Entry? {
        if place > 0 { return leaf.entry(at: place - 1) }
        guard leaf.previous != none else { return nil }
        let previous = self.leaf(leaf.previous)
        return previous.entry(at: previous.count - 1)
    }

    /// The entry at a place of a leaf, or the next leaf's first where the place is behind its last.
    @inline(__always) func entry(at place: Int, in leaf: Leaf) -> Entry? {
        if place < leaf.count { return leaf.entry(at: place) }
        return leaf.next == none ? nil : self.leaf(leaf.next).entry(at: 0)
    }
}
