import Glibc

/// The members of one leaderboard: names of 1 to 255 bytes, each with a dense 32-bit *slot*, found either way.
///
/// Names lie in an arena; `offsets` says where for each slot; `index` finds a slot by the name's hash. A slot that was
/// removed is given to a later name, the one freed last first. What changed is remembered for chunks of 1024 slots, the
/// unit of checkpointing (`MemberTable+Snapshots.swift`).
///
/// No call waits for the table as a whole to grow: the index grows by segments of a few thousand names, offsets and arena
/// by chunks. Invariant: a name is in the index exactly if its slot has an offset.
@safe
package struct MemberTable: ~Copyable {
    let seed: UInt64
    var names: NameArena
    var index: SlotTable
    var offsets = ChunkedMemory(stride: 4, chunkShift: 19, fill: 0xFF)
    /// Slots below this have been given out at some time.
    package internal(set) var slotCapacity = 0
    /// The number of names.
    package internal(set) var count = 0
    var firstFree = FreeLink.end
    var compaction: (chunk: Int, position: Int)?
    var snapshot = ChunkSnapshotState()

    /// - Parameters:
    ///   - seed: of the hash. With an equal seed equal calls have equal results.
    ///   - limits: of the parts that the table grows by; small ones make small tests grow.
    package init(seed: UInt64, limits: Limits = .full) {
        self.seed = seed
        names = NameArena(chunkShift: limits.arenaChunkShift)
        index = SlotTable(linesMax: limits.segmentLines)
    }

    package struct Limits: Sendable {
        /// log2 of the 4-byte units of an arena chunk.
        package let arenaChunkShift: Int
        /// Lines of 16 slots a segment of the index may have.
        package let segmentLines: Int

        package static let full = Limits(arenaChunkShift: 19, segmentLines: 256)

        package init(arenaChunkShift: Int, segmentLines: Int) {
            precondition(6...24 ~= arenaChunkShift && 2...1024 ~= segmentLines)
            self.arenaChunkShift = arenaChunkShift
            self.segmentLines = segmentLines
        }
    }

    /// What batch calls answer for a name that is not there.
    package static let noSlot = UInt32.max
    package static let nameBytesMax = NameArena.nameBytesMax
    /// Slots are less than this.
    package static let slotsMax = 1 << 30

    /// What `offsets` holds for a slot without a name: the next such slot, marked by the top bit.
    enum FreeLink {
        static let end: UInt32 = 0xFFFF_FFFF
        @inline(__always) static func isFree(_ offset: UInt32) -> Bool { offset >> 31 == 1 }
        @inline(__always) static func to(_ slot: UInt32) -> UInt32 { slot | 0x8000_0000 }
        @inline(__always) static func next(_ link: UInt32) -> UInt32 { link == end ? none : link & 0x7FFF_FFFF }
    }

    /// Memory in use, in bytes.
    package var memoryBytes: Int {
        names.memoryBytes + index.memoryBytes + slotCapacity * 4 + snapshot.memoryBytes
    }
}

// Sound because the table alone owns its memory and is not copied: whoever holds it holds all of it.
extension MemberTable: @unchecked Sendable {}

// MARK: Names and slots

extension MemberTable {
    /// The hash of a name, as the table uses it.
    @inline(__always)
    package func hash(of name: UnsafeRawBufferPointer) -> UInt64 {
        unsafe NameHash.hash(name.baseAddress!, count: name.count, seed: seed)
    }

    /// The hash of a slot's name. The slot must have one.
    package func hash(ofName slot: UInt32) -> UInt64 { unsafe hash(of: name(of: slot)) }

    /// Whether the slot has a name. O(1).
    package func contains(_ slot: UInt32) -> Bool {
        Int(slot) < slotCapacity && !FreeLink.isFree(offset(of: slot))
    }

    /// The slot of a name. O(1).
    package func find(_ name: UnsafeRawBufferPointer) -> UInt32? {
        guard 1...Self.nameBytesMax ~= name.count else { return nil }
        return unsafe find(name, hash: hash(of: name))
    }

    /// The slot of a name, given to it now if it had none. O(1), but for a segment's growth: a fraction of a millisecond.
    package mutating func insert(_ name: UnsafeRawBufferPointer) -> (slot: UInt32, isNew: Bool) {
        precondition(1...Self.nameBytesMax ~= name.count, "a name has 1 to 255 bytes")
        let hash = unsafe hash(of: name)
        if let slot = unsafe find(name, hash: hash) { return (slot, false) }
        let slot = takeSlot()
        setOffset(unsafe names.append(name), of: slot)
        place(slot, hash: hash)
        count += 1
        return (slot, true)
    }

    /// Forgets the name of a slot; the slot will be given to another name. False if it has none. O(1).
    @discardableResult
    package mutating func remove(_ slot: UInt32) -> Bool {
        guard contains(slot) else { return false }
        willChange(slot)
        index.remove(slot, hash: hash(ofName: slot))
        names.discard(offset(of: slot))
        pushFree(slot)
        count -= 1
        return true
    }

    /// Calls `body` with the bytes of a slot's name, which must have one.
    package func withName<Result>(of slot: UInt32, _ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result
    {
        precondition(contains(slot), "the slot has no name")
        return try unsafe body(name(of: slot))
    }

    /// The bytes of a slot's name, which must have one. Valid until the table changes.
    @inline(__always)
    package func name(of slot: UInt32) -> UnsafeRawBufferPointer { unsafe names.name(at: offset(of: slot)) }

    @inline(__always)
    func find(_ name: UnsafeRawBufferPointer, hash: UInt64) -> UInt32? {
        index.find(hash: hash) { slot in unsafe isName(name, of: slot) }
    }

    @inline(__always)
    func isName(_ name: UnsafeRawBufferPointer, of slot: UInt32) -> Bool {
        let stored = unsafe self.name(of: slot)
        return unsafe stored.count == name.count
            && memcmp(stored.baseAddress!, name.baseAddress!, name.count) == 0
    }

    private mutating func takeSlot() -> UInt32 {
        guard firstFree != FreeLink.end else {
            let slot = UInt32(slotCapacity)
            extend(to: slotCapacity + 1)
            willChange(slot)
            return slot
        }
        let slot = FreeLink.next(firstFree)
        willChange(slot)
        firstFree = offset(of: slot)
        return slot
    }

    /// Makes room for slots below `capacity`; they are holes until they get names.
    mutating func extend(to capacity: Int) {
        precondition(capacity <= Self.slotsMax, "a table has at most 2^30 slots")
        offsets.grow(toHold: capacity)
        slotCapacity = capacity
        snapshot.extend(to: (capacity + Self.chunkSlots - 1) / Self.chunkSlots)
    }

    mutating func pushFree(_ slot: UInt32) {
        setOffset(firstFree, of: slot)
        firstFree = FreeLink.to(slot)
    }

    @inline(__always)
    func offset(of slot: UInt32) -> UInt32 {
        unsafe offsets.address(of: Int(truncatingIfNeeded: slot)).load(as: UInt32.self)
    }
    @inline(__always)
    func setOffset(_ offset: UInt32, of slot: UInt32) {
        unsafe offsets.address(of: Int(truncatingIfNeeded: slot)).storeBytes(of: offset, as: UInt32.self)
    }
}
