import RankTrees

extension Board {
    /// Adds a stored chunk behind what the board has.
    func restore(_ bytes: UnsafeRawBufferPointer, serial: UInt64) throws(ByteReader.Problem) {
        var chunk = try EntryChunk.View(bytes, rules: rules)
        let first = slotCount
        try withUnsafeTemporaryAllocation(of: UInt64.self, capacity: chunk.count) { keys throws(ByteReader.Problem) in
            try withUnsafeTemporaryAllocation(of: UInt32.self, capacity: chunk.count) {
                slots throws(ByteReader.Problem) in
                var last = lastKey
                for index in 0..<chunk.count {
                    keys[index] = chunk.key(index)
                    guard keys[index] >= last else { throw .invalid("entries out of order") }
                    last = keys[index]
                    slots[index] = isAllTime ? chunk.member(index) : first + UInt32(index)
                }
                lastKey = last
                let isSimple = rules.hasOneColumn && slices.isEmpty && chunk.hasNoMetadata
                try check(chunk, UnsafeBufferPointer(slots), hashing: isSimple)
                restoreColumns(chunk, UnsafeBufferPointer(slots))
                _ = ranking.forest.appendTwig(
                    keys: UnsafeBufferPointer(keys), slots: UnsafeBufferPointer(slots), to: 0, storedAs: serial)
                try restoreSlices(chunk, UnsafeBufferPointer(keys), UnsafeBufferPointer(slots))
                let count: UInt32 = try chunk.metadata.read()
                for _ in 0..<count {
                    let index = Int(try chunk.metadata.read(UInt32.self))
                    guard index < chunk.count else { throw .invalid("metadata of no entry") }
                    setMetadata(Array(try chunk.metadata.readRun()), of: slots[index])
                }
                if !isSimple { for slot in slots { content += hash(of: slot) } }
            }
        }
    }

    /// Called when all chunks were added.
    func finishRestore() {
        ranking.representAll(in: self)
        for slice in slices { slice.representAll(in: self) }
    }

    private func restoreColumns(_ chunk: borrowing EntryChunk.View, _ slots: UnsafeBufferPointer<UInt32>) {
        for index in 0..<chunk.count { updatedAt[Int(slots[index])] = chunk.time(index) }
        for column in 1..<max(rules.columns.count, 1) {
            let bits = chunk.further[column - 1]
            for index in 0..<chunk.count {
                further[furtherIndex(slots[index], column)] = UInt64(
                    littleEndian: bits.loadUnaligned(fromByteOffset: index * 8, as: UInt64.self))
            }
        }
        guard !isAllTime else { return }
        for index in 0..<chunk.count {
            memberOfSlot[Int(slots[index])] = chunk.member(index)
            slotOfMember[Int(chunk.member(index))] = slots[index]
        }
        slotCount += UInt32(chunk.count)
    }

    /// Entries of one value come in the order they have in the whole, so each tree grows at its end.
    private func restoreSlices(
        _ chunk: borrowing EntryChunk.View, _ keys: UnsafeBufferPointer<UInt64>, _ slots: UnsafeBufferPointer<UInt32>
    ) throws(ByteReader.Problem) {
        for (dimension, slice) in slices.enumerated() {
            let values = chunk.values[dimension]
            for index in 0..<chunk.count {
                let value = UInt32(littleEndian: values.loadUnaligned(fromByteOffset: index * 4, as: UInt32.self))
                guard value != 0 else { continue }
                guard value <= members.valueCount(dimension: dimension) else { throw .invalid("value \(value)") }
                slice.forest.insert(slots[index], key: keys[index], in: value, placing: .afterEqual)
            }
        }
    }

    /// How many entries' memory is asked for at once.
    private static var groupSize: Int { 64 }

    /// That every entry is of a member, and of one that has no other. Prefetches as it goes. Entries that have no more
    /// than a score and a time are hashed as well, while their names are near.
    private func check(
        _ chunk: borrowing EntryChunk.View, _ slots: UnsafeBufferPointer<UInt32>, hashing isSimple: Bool
    ) throws(ByteReader.Problem) {
        try withUnsafeTemporaryAllocation(of: UInt32.self, capacity: chunk.count) {
            entrants throws(ByteReader.Problem) in
            for index in 0..<chunk.count { entrants[index] = chunk.member(index) }
            let entrants = UnsafeBufferPointer(entrants)
            var sum = content
            prefetch(entrants, slots, from: 0)
            for start in stride(from: 0, to: chunk.count, by: Self.groupSize) {
                prefetch(entrants, slots, from: start + Self.groupSize)
                for index in start..<min(start + Self.groupSize, chunk.count) {
                    let member = entrants[index]
                    guard members.table.contains(member) else { throw .invalid("entry of no member") }
                    guard !ranking.forest.contains(slots[index]), isAllTime || slotOfMember[Int(member)] == .max else {
                        throw .invalid("two entries of a member")
                    }
                    guard isSimple else { continue }
                    sum += Self.hash(
                        nameHash: members.nameHash(of: member), key: chunk.key(index), time: chunk.time(index))
                }
            }
            guard Self.areDistinct(entrants) else { throw .invalid("two entries of a member") }
            content = sum
        }
    }

    /// Whether nobody is twice in a chunk. By a small hash table: sorting would take longer than all the rest.
    private static func areDistinct(_ entrants: UnsafeBufferPointer<UInt32>) -> Bool {
        var capacity = 64
        while capacity < entrants.count * 2 { capacity *= 2 }
        let shift = UInt32(32 - capacity.trailingZeroBitCount)
        return withUnsafeTemporaryAllocation(of: UInt32.self, capacity: capacity) { seen in
            seen.initialize(repeating: .max)
            for member in entrants {
                var place = Int((member &* 0x9E37_79B1) >> shift)
                while seen[place] != .max {
                    if seen[place] == member { return false }
                    place = (place + 1) & (capacity - 1)
                }
                seen[place] = member
            }
            return true
        }
    }

    private func prefetch(
        _ entrants: UnsafeBufferPointer<UInt32>, _ slots: UnsafeBufferPointer<UInt32>, from start: Int
    ) {
        guard start < entrants.count else { return }
        let group = start..<min(start + Self.groupSize, entrants.count)
        members.table.prefetchNames(of: UnsafeBufferPointer(rebasing: entrants[group]))
        ranking.forest.prefetchIndex(of: UnsafeBufferPointer(rebasing: slots[group]))
        for index in group { updatedAt.prefetch(Int(slots[index])) }
    }
}
