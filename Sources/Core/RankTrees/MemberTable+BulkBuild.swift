extension MemberTable {
    /// Adds a stored name at its slot, to a table being restored: in slot order, and followed by `finishRestore`. Slots left
    /// out are holes. Names must differ from each other. O(1).
    package mutating func restore(_ name: UnsafeRawBufferPointer, at slot: UInt32) {
        precondition(1...Self.nameBytesMax ~= name.count, "a name has 1 to 255 bytes")
        precondition(slot >= slotCapacity, "names must be restored in slot order")
        let holes = slotCapacity..<Int(slot)
        extend(to: Int(slot) + 1)
        for hole in holes { pushFree(UInt32(hole)) }
        setOffset(unsafe names.append(name), of: slot)
        count += 1
    }

    /// Ends a restore: makes slots up to `slotCapacity` known, and every name found. Nothing counts as changed since the
    /// last snapshot. O(n), about 20 million names a second.
    package mutating func finishRestore(slotCapacity capacity: Int? = nil) {
        let holes = slotCapacity..<max(slotCapacity, capacity ?? 0)
        extend(to: holes.upperBound)
        for hole in holes { pushFree(UInt32(hole)) }
        index.prepare(for: count, slotsBelow: slotCapacity)
        let groupSize = 64
        unsafe withUnsafeTemporaryAllocation(of: UInt64.self, capacity: groupSize) { hashes in
            for start in stride(from: 0, to: slotCapacity, by: groupSize) {
                let group = start..<min(start + groupSize, slotCapacity)
                for slot in group where contains(UInt32(slot)) {
                    unsafe hashes[slot - start] = hash(ofName: UInt32(slot))
                    unsafe index.prefetch(hash: hashes[slot - start])
                }
                for slot in group where contains(UInt32(slot)) {
                    unsafe place(UInt32(slot), hash: hashes[slot - start])
                }
            }
        }
        snapshot.markAllClean()
    }
}
