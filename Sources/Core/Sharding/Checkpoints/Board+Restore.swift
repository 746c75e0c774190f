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
                try check(chunk, UnsafeBufferPointer(slots))
                restoreColumns(chunk, UnsafeBufferPointer(slots))
                _ = ranking.forest.appendTwig(
                    keys: UnsafeBufferPointer(keys), slots: UnsafeBufferPointer(slots), to: 0, storedAs: serial)
                restoreSlices(chunk, UnsafeBufferPointer(keys), UnsafeBufferPointer(slots))
                let count: UInt32 = try chunk.metadata.read()
                for _ in 0..<count {
                    let index = Int(try chunk.metadata.read(UInt32.self))
                    guard index < chunk.count else { throw .invalid("metadata of no entry") }
                    setMetadata(Array(try chunk.metadata.readRun()), of: slots[index])
                }
                addContent(chunk, UnsafeBufferPointer(slots))
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
    ) {
        for (dimension, slice) in slices.enumerated() {
            let values = chunk.values[dimension]
            for index in 0..<chunk.count {
                let value = UInt32(littleEndian: values.loadUnaligned(fromByteOffset: index * 4, as: UInt32.self))
                guard value != 0 else { continue }
                slice.forest.insert(slots[index], key: keys[index], in: value, placing: .afterEqual)
            }
        }
    }

    /// How many entries' memory is asked for at once.
    private static var groupSize: Int { 64 }

    /// That every entry is of a member, and of one that has no other.
    private func check(
        _ chunk: borrowing EntryChunk.View, _ slots: UnsafeBufferPointer<UInt32>
    ) throws(ByteReader.Problem) {
        for index in 0..<chunk.count {
            if index % Self.groupSize == 0 { prefetch(chunk, slots, from: index) }
            guard members.table.contains(chunk.member(index)) else { throw .invalid("entry of no member") }
            guard !ranking.forest.contains(slots[index]) else { throw .invalid("two entries of a member") }
            if !isAllTime, slotOfMember[Int(chunk.member(index))] != .max { throw .invalid("two entries of a member") }
        }
    }

    private func prefetch(_ chunk: borrowing EntryChunk.View, _ slots: UnsafeBufferPointer<UInt32>, from start: Int) {
        let group = start..<min(start + Self.groupSize, chunk.count)
        for index in group { updatedAt.prefetch(Int(slots[index])) }
        ranking.forest.prefetchIndex(of: UnsafeBufferPointer(rebasing: slots[group]))
    }

    private func addContent(_ chunk: borrowing EntryChunk.View, _ slots: UnsafeBufferPointer<UInt32>) {
        guard rules.hasOneColumn, slices.isEmpty, metadata.isEmpty else {
            for slot in slots { content += hash(of: slot) }
            return
        }
        withUnsafeTemporaryAllocation(of: UInt32.self, capacity: chunk.count) { entrants in
            for index in 0..<chunk.count { entrants[index] = chunk.member(index) }
            var sum = content
            for start in stride(from: 0, to: chunk.count, by: Self.groupSize) {
                // The names of the next group are on their way while those of this one are hashed.
                if start == 0 { prefetchNames(UnsafeBufferPointer(entrants), from: 0) }
                prefetchNames(UnsafeBufferPointer(entrants), from: start + Self.groupSize)
                for index in start..<min(start + Self.groupSize, chunk.count) {
                    sum += Self.hash(
                        nameHash: members.nameHash(of: entrants[index]), key: chunk.key(index), time: chunk.time(index))
                }
            }
            content = sum
        }
    }

    private func prefetchNames(_ entrants: UnsafeBufferPointer<UInt32>, from start: Int) {
        guard start < entrants.count else { return }
        let group = start..<min(start + Self.groupSize, entrants.count)
        members.table.prefetchNames(of: UnsafeBufferPointer(rebasing: entrants[group]))
    }
}
