internal import CIntrinsics
internal import Leaderboards
internal import RankTrees

/// A board on its way back from a checkpoint, in two steps:
///
/// 1. `add`: its chunks go into trees and columns. Touches nothing but the board, so any thread can do it.
/// 2. `check`: every entry is matched with its member, and the content hash computed anew. Needs the members; can be done
///    in slices, between which whoever owns them goes on.
///
/// Nobody else sees the board meanwhile.
final class BoardRestoration {
    let board: Board
    private let stored: LeaderboardManifest.StoredBoard
    /// How many values each dimension has.
    private let valueCounts: [Int]
    /// By slot, until checked. Columns are written in slot order then, which is several times as fast.
    private let entries: RestoredEntries
    private var lastKey: UInt64 = 0
    private var slotCount = 0
    private var nextUnchecked = 0
    /// The content of the chunks, times included.
    private var storedContent = ContentHash.zero

    /// - Parameter members: how many slots the members of the leaderboard take
    init(_ board: Board, _ stored: LeaderboardManifest.StoredBoard, members: Int) {
        self.board = board
        self.stored = stored
        valueCounts = (0..<board.rules.dimensionCount).map { board.members.valueCount(dimension: $0) }
        entries = RestoredEntries(count: board.isAllTime ? members : stored.entryCount)
    }

    // MARK: First step

    /// Reads all chunks.
    func read(_ readPiece: LeaderboardLoader.Reader) throws(LoadError) {
        for serial in stored.chunks {
            let piece = StoredPiece(kind: .entryChunk, serial: serial)
            try readPiece(piece) { bytes throws(LoadError) in
                do throws(ByteReader.Problem) { try add(bytes, serial: serial) } catch {
                    throw .malformed(piece, error)
                }
            }
        }
        board.ranking.representAll(in: board)
        for slice in board.slices { slice.representAll(in: board) }
    }

    private func add(_ bytes: UnsafeRawBufferPointer, serial: UInt64) throws(ByteReader.Problem) {
        var chunk = try EntryChunk.View(bytes, rules: board.rules)
        let count = chunk.count
        try withUnsafeTemporaryAllocation(of: UInt64.self, capacity: count) { keys throws(ByteReader.Problem) in
            try withUnsafeTemporaryAllocation(of: UInt32.self, capacity: count) { slots throws(ByteReader.Problem) in
                var last = lastKey
                for index in 0..<count {
                    keys[index] = chunk.key(index)
                    guard keys[index] >= last else { throw .invalid("entries out of order") }
                    last = keys[index]
                }
                lastKey = last
                try makeSlots(UnsafeMutableBufferPointer(rebasing: slots[..<count]), of: chunk)
                let (keys, slots) = (UnsafeBufferPointer(keys), UnsafeBufferPointer(slots))
                do throws(OccupiedSlot) {
                    try board.ranking.forest.appendTwig(keys: keys, slots: slots, to: 0, storedAs: serial)
                } catch {
                    throw .invalid("two entries of a member")
                }
                keepEntries(chunk, keys, slots)
                addFurther(chunk, slots)
                try addSlices(chunk, keys, slots)
                try addMetadata(&chunk, slots)
            }
        }
    }

    private func makeSlots(
        _ slots: UnsafeMutableBufferPointer<UInt32>, of chunk: borrowing EntryChunk.View
    ) throws(ByteReader.Problem) {
        guard board.isAllTime else {
            guard slotCount + chunk.count <= entries.count else { throw .invalid("more entries than announced") }
            for index in slots.indices {
                let (slot, member) = (UInt32(slotCount + index), chunk.member(index))
                guard board.slotOfMember[Int(member)] == .max else { throw .invalid("two entries of a member") }
                slots[index] = slot
                board.memberOfSlot[Int(slot)] = member
                board.slotOfMember[Int(member)] = slot
            }
            slotCount += chunk.count
            board.slotCount = UInt32(slotCount)
            return
        }
        for index in slots.indices {
            slots[index] = chunk.member(index)
            guard Int(slots[index]) < entries.count else { throw .invalid("entry of no member") }
        }
    }

    private func keepEntries(
        _ chunk: borrowing EntryChunk.View, _ keys: UnsafeBufferPointer<UInt64>, _ slots: UnsafeBufferPointer<UInt32>
    ) {
        // Far enough ahead for the memory to arrive.
        let ahead = 48
        for index in keys.indices {
            if index + ahead < slots.count { entries.prefetch(Int(slots[index + ahead])) }
            entries[Int(slots[index])] = (keys[index], chunk.time(index))
        }
    }

    private func addFurther(_ chunk: borrowing EntryChunk.View, _ slots: UnsafeBufferPointer<UInt32>) {
        for column in 1..<max(board.rules.columns.count, 1) {
            let bits = chunk.further[column - 1]
            for index in slots.indices {
                board.further[board.furtherIndex(slots[index], column)] = UInt64(
                    littleEndian: bits.loadUnaligned(fromByteOffset: index * 8, as: UInt64.self))
            }
        }
    }

    /// Entries of one value come in the order they have in the whole, so each tree grows at its end.
    private func addSlices(
        _ chunk: borrowing EntryChunk.View, _ keys: UnsafeBufferPointer<UInt64>, _ slots: UnsafeBufferPointer<UInt32>
    ) throws(ByteReader.Problem) {
        for (dimension, slice) in board.slices.enumerated() {
            let values = chunk.values[dimension]
            for index in slots.indices {
                let value = UInt32(littleEndian: values.loadUnaligned(fromByteOffset: index * 4, as: UInt32.self))
                guard value != 0 else { continue }
                guard value <= valueCounts[dimension] else { throw .invalid("value \(value)") }
                slice.forest.insert(slots[index], key: keys[index], in: value, placing: .afterEqual)
            }
        }
    }

    private func addMetadata(
        _ chunk: inout EntryChunk.View, _ slots: UnsafeBufferPointer<UInt32>
    ) throws(ByteReader.Problem) {
        let count: UInt32 = try chunk.metadata.read()
        for _ in 0..<count {
            let index = Int(try chunk.metadata.read(UInt32.self))
            guard index < chunk.count else { throw .invalid("metadata of no entry") }
            board.setMetadata(Array(try chunk.metadata.readRun()), of: slots[index])
        }
    }

    // MARK: Second step

    /// Checks about `slotsMax` slots more. True when all are.
    func check(slotsMax: Int = .max, _ names: borrowing some NameHashes & ~Copyable) throws(LoadError) -> Bool {
        let end = nextUnchecked + min(slotsMax, entries.count - nextUnchecked)
        while nextUnchecked < end {
            let block = nextUnchecked..<min(nextUnchecked + PagedColumn<Int64>.pageCount, entries.count)
            try check(block, names)
            nextUnchecked = block.upperBound
        }
        guard nextUnchecked == entries.count else { return false }
        // A board that keeps no times may have chunks from when it kept them, all of them or what has not changed since.
        guard board.count == stored.entryCount, storedContent == stored.content || board.content == stored.content
        else {
            throw .contentDiffers("\(board.window ?? "all-time") \(board.season.id)")
        }
        return true
    }

    private func check(_ block: Range<Int>, _ names: borrowing some NameHashes & ~Copyable) throws(LoadError) {
        try withUnsafeTemporaryAllocation(of: UInt32.self, capacity: 2 * block.count) { numbers throws(LoadError) in
            try withUnsafeTemporaryAllocation(of: UInt64.self, capacity: block.count) { hashes throws(LoadError) in
                let slots = UnsafeMutableBufferPointer(rebasing: numbers[..<block.count])
                let members = UnsafeMutableBufferPointer(rebasing: numbers[block.count...])
                let count = listEntries(block, slots, members)
                guard count > 0 else { return }
                guard names.read(UnsafeBufferPointer(rebasing: members[..<count]), into: hashes) else {
                    throw .contentDiffers("entry of no member, \(board.window ?? "all-time") \(board.season.id)")
                }
                addContent(of: UnsafeBufferPointer(rebasing: slots[..<count]), UnsafeBufferPointer(hashes))
                setTimes(block)
            }
        }
    }

    /// The slots of a block that have entries, with their members. Answers how many.
    private func listEntries(
        _ block: Range<Int>, _ slots: UnsafeMutableBufferPointer<UInt32>, _ members: UnsafeMutableBufferPointer<UInt32>
    ) -> Int {
        let isFull = board.count == entries.count
        let isAllTime = board.isAllTime
        var count = 0
        for slot in block where isFull || board.ranking.forest.contains(UInt32(slot)) {
            slots[count] = UInt32(slot)
            members[count] = isAllTime ? UInt32(slot) : board.memberOfSlot[slot]
            count += 1
        }
        return count
    }

    private func addContent(of slots: UnsafeBufferPointer<UInt32>, _ nameHashes: UnsafeBufferPointer<UInt64>) {
        var (content, timeless) = (ContentHash.zero, ContentHash.zero)
        let (isPlain, keepsTimes) = (board.entriesArePlain, board.rules.keepsTimes)
        defer {
            storedContent += content
            board.content += keepsTimes ? content : timeless
        }
        for place in slots.indices {
            let entry = entries[Int(slots[place])]
            content +=
                isPlain
                ? Board.hash(nameHash: nameHashes[place], key: entry.key, time: entry.time)
                : board.hash(of: slots[place], nameHash: nameHashes[place], key: entry.key, time: entry.time)
            if !keepsTimes {
                timeless += board.hash(of: slots[place], nameHash: nameHashes[place], key: entry.key, time: 0)
            }
        }
    }

    private func setTimes(_ block: Range<Int>) {
        guard board.rules.keepsTimes else { return }
        withUnsafeTemporaryAllocation(of: Int64.self, capacity: block.count) { times in
            for slot in block {
                // A slot without an entry has whatever; nobody asks for it.
                times[slot - block.lowerBound] = entries[slot].time
            }
            board.updatedAt.set(UnsafeBufferPointer(times), from: block.lowerBound)
        }
    }
}

/// Key and time of every slot of a board that is being read back.
private struct RestoredEntries: ~Copyable {
    typealias Entry = (key: UInt64, time: Int64)
    let count: Int
    private let memory: UnsafeMutablePointer<Entry>

    init(count: Int) {
        self.count = count
        memory = HugePages.allocate(byteCount: count * MemoryLayout<Entry>.stride).bindMemory(
            to: Entry.self, capacity: count)
    }

    deinit { memory.deallocate() }

    subscript(slot: Int) -> Entry {
        @inline(__always) get {
            precondition(slot < count)
            return memory[slot]
        }
        @inline(__always) nonmutating set {
            precondition(slot < count)
            memory[slot] = newValue
        }
    }

    @inline(__always)
    func prefetch(_ slot: Int) {
        if slot < count { intrinsic_prefetch(memory + slot) }
    }
}

/// Where the hashes of members' names come from.
protocol NameHashes: ~Copyable {
    /// Reads the hashes of the names of members. False if one of them is none.
    func read(_ members: UnsafeBufferPointer<UInt32>, into hashes: UnsafeMutableBufferPointer<UInt64>) -> Bool
}

extension RestoredHashes: NameHashes {}

extension Members: NameHashes {
    func read(_ members: UnsafeBufferPointer<UInt32>, into hashes: UnsafeMutableBufferPointer<UInt64>) -> Bool {
        // As many as their memory can be asked for at once.
        let groupSize = 64
        for start in stride(from: 0, to: members.count, by: groupSize) {
            let group = start..<min(start + groupSize, members.count)
            table.prefetchNames(of: UnsafeBufferPointer(rebasing: members[group]))
            for place in group {
                guard table.contains(members[place]) else { return false }
                hashes[place] = nameHash(of: members[place])
            }
        }
        return true
    }
}
