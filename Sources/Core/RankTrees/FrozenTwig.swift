/// The entries of a twig as they were when a snapshot was begun.
@safe
package struct FrozenTwig: ~Copyable {
    private let content: Content

    init(_ content: Content) { self.content = content }

    deinit { content.free() }

    package var id: UInt32 { content.twig }
    package var tree: UInt32 { content.tree }
    package var count: Int { content.count }
    package func key(at place: Int) -> UInt64 { unsafe keys[place] }
    package func slot(at place: Int) -> UInt32 { unsafe slots[place] }

    /// Valid as long as the twig.
    package var keys: UnsafeBufferPointer<UInt64> {
        unsafe UnsafeBufferPointer(start: content.keys, count: content.count)
    }
    /// Valid as long as the twig.
    package var slots: UnsafeBufferPointer<UInt32> {
        unsafe UnsafeBufferPointer(start: content.slots, count: content.count)
    }

    /// What a frozen twig consists of, without the duty to free it.
    @safe
    struct Content {
        let twig: UInt32
        let tree: UInt32
        let capacity: Int
        private(set) var count = 0
        private let memory: UnsafeMutableRawPointer

        init(twig: UInt32, tree: UInt32, capacity: Int) {
            self.twig = twig
            self.tree = tree
            self.capacity = capacity
            unsafe memory = .allocate(byteCount: capacity * 12, alignment: 16)
        }

        func free() { unsafe memory.deallocate() }

        var keys: UnsafeMutablePointer<UInt64> { unsafe memory.assumingMemoryBound(to: UInt64.self) }
        var slots: UnsafeMutablePointer<UInt32> {
            unsafe (memory + capacity * 8).assumingMemoryBound(to: UInt32.self)
        }

        mutating func append(
            keys newKeys: UnsafePointer<UInt64>, slots newSlots: UnsafePointer<UInt32>, count newCount: Int
        ) {
            precondition(count + newCount <= capacity)
            unsafe (keys + count).update(from: newKeys, count: newCount)
            unsafe (slots + count).update(from: newSlots, count: newCount)
            count += newCount
        }
    }
}

/// How far the snapshot in progress has come.
struct SnapshotState: ~Copyable {
    private(set) var isActive = false
    private var pending: [UInt32] = []
    private var taken = 0
    private var setAside: [FrozenTwig.Content] = []

    deinit { for content in setAside { content.free() } }

    var hasSetAside: Bool { !setAside.isEmpty }
    var memoryBytes: Int { pending.capacity * 4 + setAside.reduce(0) { $0 + $1.capacity * 12 } }

    mutating func begin(with twigs: some Sequence<UInt32>) {
        isActive = true
        pending = Array(twigs)
        taken = 0
    }

    mutating func end() {
        for content in setAside { content.free() }
        setAside = []
        pending = []
        taken = 0
        isActive = false
    }

    mutating func setAside(_ content: FrozenTwig.Content) { setAside.append(content) }
    mutating func popSetAside() -> FrozenTwig? { setAside.popLast().map { FrozenTwig($0) } }

    /// The next twig that was dirty at the beginning; whether it was set aside meanwhile is for the caller to see.
    mutating func nextPending() -> UInt32? {
        guard taken < pending.count else { return nil }
        taken += 1
        return pending[taken - 1]
    }
}
