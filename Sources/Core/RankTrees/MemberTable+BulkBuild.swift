import CIntrinsics

/// The hashes of a table's names, while it is read back: what the index is built from, and what whoever else needs the
/// hashes is spared computing.
@safe
package struct RestoredHashes: ~Copyable {
    package let slotCapacity: Int
    /// By slot; 0 for a hole, and for a name with that hash.
    private let hashes: UnsafeMutablePointer<UInt64>
    private var zeroes: Set<UInt32> = []

    package init(slotCapacity: Int) {
        self.slotCapacity = slotCapacity
        unsafe hashes = HugePages.allocate(byteCount: slotCapacity * 8).bindMemory(
            to: UInt64.self, capacity: slotCapacity)
    }

    deinit { unsafe hashes.deallocate() }

    /// Reads the hashes of the names of slots. False if one has no name.
    package func read(_ slots: UnsafeBufferPointer<UInt32>, into target: UnsafeMutableBufferPointer<UInt64>) -> Bool {
        precondition(target.count >= slots.count)
        for place in slots.indices where unsafe Int(slots[place]) < slotCapacity {
            unsafe intrinsic_prefetch(hashes + Int(slots[place]))
        }
        for place in slots.indices {
            guard let hash = unsafe hash(of: slots[place]) else { return false }
            unsafe target[place] = hash
        }
        return true
    }

    /// The hash of a slot's name; nil if it has none.
    @inline(__always)
    func hash(of slot: UInt32) -> UInt64? {
        guard Int(slot) < slotCapacity else { return nil }
        let hash = unsafe hashes[Int(slot)]
        return hash != 0 || zeroes.contains(slot) ? hash : nil
    }

    @inline(__always)
    fileprivate mutating func set(_ hash: UInt64, of slot: Int) {
        unsafe hashes[slot] = hash
        if hash == 0 { zeroes.insert(UInt32(slot)) }
    }

    fileprivate mutating func setHole(_ slot: Int) { unsafe hashes[slot] = 0 }
}

// Sound because whoever holds it holds all of it.
extension RestoredHashes: @unchecked Sendable {}

extension MemberTable {
    /// Adds the names of a stored chunk (see `FrozenNames`) to a table being restored: chunk by chunk in order, followed by
    /// `finishRestore`. Names must differ from each other.
    ///
    /// - Returns: how many slots the chunk has; nil if it is malformed, and the table is of no use then
    package mutating func restore(
        chunk: Int, _ bytes: UnsafeRawBufferPointer, hashes: inout RestoredHashes
    ) -> Int? {
        precondition(chunk * Self.chunkSlots == slotCapacity, "chunks must be restored in order")
        let first = slotCapacity
        let end = min(first + Self.chunkSlots, hashes.slotCapacity)
        extend(to: end)
        var slot = first
        var position = 0
        while position < bytes.count {
            let length = unsafe Int(bytes[position])
            guard slot < first + Self.chunkSlots, position + 1 + length <= bytes.count else { return nil }
            if slot >= end {
                // A hole that came into being after the snapshot began.
                guard length == 0 else { return nil }
            } else if length == 0 {
                pushFree(UInt32(slot))
                hashes.setHole(slot)
            } else {
                let name = unsafe UnsafeRawBufferPointer(rebasing: bytes[(position + 1)..<(position + 1 + length)])
                setOffset(unsafe names.append(name), of: UInt32(slot))
                hashes.set(unsafe hash(of: name), of: slot)
                count += 1
            }
            position += 1 + length
            slot += 1
        }
        for hole in slot..<max(slot, end) {
            pushFree(UInt32(hole))
            hashes.setHole(hole)
        }
        return slot - first
    }

    /// Ends a restore: every name is found from here on. Nothing counts as changed since the last snapshot. O(n).
    package mutating func finishRestore(hashes: borrowing RestoredHashes) {
        precondition(slotCapacity == hashes.slotCapacity, "chunks are missing")
        index.prepare(for: count, slotsBelow: slotCapacity)
        var batch = HashBatch(capacity: min(count, HashBatch.capacityMax))
        for slot in 0..<UInt32(slotCapacity) {
            guard let hash = hashes.hash(of: slot) else { continue }
            batch.add(slot, hash: hash)
            if batch.isFull { placeAll(&batch) }
        }
        placeAll(&batch)
        snapshot.markAllClean()
    }

    private mutating func placeAll(_ batch: inout HashBatch) {
        batch.sort()
        // Far enough ahead for the memory to arrive.
        let ahead = 32
        for place in 0..<batch.count {
            if place + ahead < batch.count { index.prefetch(hash: batch[place + ahead].hash) }
            let (slot, hash) = batch[place]
            self.place(slot, hash: hash)
        }
        batch.removeAll()
    }
}

/// Slots with their hashes, brought roughly into the order in which the index has its segments: insertions then stay among a
/// few hundred pages at a time, whose addresses the processor has at hand.
@safe
private struct HashBatch: ~Copyable {
    typealias Item = (slot: UInt32, hash: UInt64)
    static let capacityMax = 1 << 19
    private static let buckets = 256

    private let capacity: Int
    private let unsorted: UnsafeMutablePointer<Item>
    private let sorted: UnsafeMutablePointer<Item>
    /// How many items each bucket has.
    private var counts = [Int](repeating: 0, count: buckets)
    private(set) var count = 0

    init(capacity: Int) {
        self.capacity = capacity
        unsafe unsorted = .allocate(capacity: capacity)
        unsafe sorted = .allocate(capacity: capacity)
    }

    deinit {
        unsafe unsorted.deallocate()
        unsafe sorted.deallocate()
    }

    var isFull: Bool { count == capacity }

    /// A sorted item.
    @inline(__always)
    subscript(place: Int) -> Item { unsafe sorted[place] }

    @inline(__always)
    private func bucket(of hash: UInt64) -> Int { Int(truncatingIfNeeded: hash &>> 56) }

    @inline(__always)
    mutating func add(_ slot: UInt32, hash: UInt64) {
        precondition(count < capacity)
        unsafe unsorted[count] = (slot, hash)
        count += 1
        counts[bucket(of: hash)] += 1
    }

    mutating func sort() {
        var next = counts
        var sum = 0
        for bucket in next.indices {
            next[bucket] = sum
            sum += counts[bucket]
        }
        for place in 0..<count {
            let item = unsafe unsorted[place]
            let bucket = bucket(of: item.hash)
            unsafe sorted[next[bucket]] = item
            next[bucket] += 1
        }
    }

    mutating func removeAll() {
        count = 0
        for bucket in counts.indices { counts[bucket] = 0 }
    }
}
