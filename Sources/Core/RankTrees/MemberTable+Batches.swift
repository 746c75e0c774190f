import CIntrinsics

extension MemberTable {
    /// How many names are looked up at once: enough to hide the latency, few enough to stay in the nearest cache.
    private static var groupSize: Int { 32 }

    /// Looks many names up: `slots[i]` becomes the slot of the bytes at `ranges[i]`, or `noSlot`. Two to three times as
    /// fast as one by one in a large table, since the waits for memory overlap.
    package func find(
        _ bytes: UnsafeRawBufferPointer, at ranges: UnsafeBufferPointer<Range<Int>>,
        into slots: UnsafeMutableBufferPointer<UInt32>
    ) {
        precondition(slots.count >= ranges.count)
        unsafe withUnsafeTemporaryAllocation(of: UInt64.self, capacity: Self.groupSize) { hashes in
            var start = 0
            while start < ranges.count {
                let end = min(start + Self.groupSize, ranges.count)
                unsafe findGroup(
                    bytes, at: UnsafeBufferPointer(rebasing: ranges[start..<end]), hashes: hashes.baseAddress!,
                    into: slots.baseAddress! + start)
                start = end
            }
        }
    }

    private func findGroup(
        _ bytes: UnsafeRawBufferPointer, at ranges: UnsafeBufferPointer<Range<Int>>,
        hashes: UnsafeMutablePointer<UInt64>, into slots: UnsafeMutablePointer<UInt32>
    ) {
        for place in ranges.indices {
            let range = unsafe ranges[place]
            guard 1...Self.nameBytesMax ~= range.count else { continue }
            unsafe hashes[place] = hash(of: UnsafeRawBufferPointer(rebasing: bytes[range]))
            unsafe index.prefetch(hash: hashes[place])
        }
        for place in ranges.indices {
            guard unsafe 1...Self.nameBytesMax ~= ranges[place].count else { continue }
            unsafe slots[place] = index.guess(hash: hashes[place])
            guard unsafe slots[place] != none else { continue }
            unsafe intrinsic_prefetch(offsets.address(of: Int(slots[place])))
        }
        for place in ranges.indices {
            guard unsafe 1...Self.nameBytesMax ~= ranges[place].count && slots[place] != none else { continue }
            unsafe intrinsic_prefetch(names.address(of: offset(of: slots[place])))
        }
        for place in ranges.indices {
            let range = unsafe ranges[place]
            guard 1...Self.nameBytesMax ~= range.count else {
                unsafe slots[place] = none
                continue
            }
            let name = unsafe UnsafeRawBufferPointer(rebasing: bytes[range])
            let guess = unsafe slots[place]
            if guess != none, unsafe isName(name, of: guess) { continue }
            unsafe slots[place] = find(name, hash: hashes[place]) ?? none
        }
    }

    /// Adds a slot to the index, which grows by a segment if need be.
    mutating func place(_ slot: UInt32, hash: UInt64) {
        while !index.insert(slot, hash: hash) {
            let slots = index.slots(besides: hash)
            index.grow(at: hash, slots: slots, hashes: hashes(of: slots))
        }
    }

    /// The hashes of the names of many slots.
    private func hashes(of slots: [UInt32]) -> [UInt64] {
        let ahead = Self.groupSize
        for slot in slots { unsafe intrinsic_prefetch(offsets.address(of: Int(slot))) }
        return slots.indices.map { place in
            if place + ahead < slots.count {
                unsafe intrinsic_prefetch(names.address(of: offset(of: slots[place + ahead])))
            }
            return hash(ofName: slots[place])
        }
    }
}
