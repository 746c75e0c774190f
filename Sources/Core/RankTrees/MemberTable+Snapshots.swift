// As in `RankForest+Snapshots.swift`: `beginSnapshot` fixes the content, changed chunks are taken between commands, and a
// command that is about to change a chunk not yet taken first sets a copy of it aside.

extension MemberTable {
    /// Slots of a chunk: chunk `c` has the slots from `c * chunkSlots`.
    package static let chunkSlots = 1024

    package struct ChunkReference: Hashable, Sendable {
        package let chunk: Int
        /// Changed since the last snapshot was begun: its content comes from `takeSetAside` or `takeNextChunk`.
        package let isDirty: Bool
    }

    package var isSnapshotActive: Bool { snapshot.isActive }

    /// Fixes the content of a snapshot and lists its chunks in slot order. O(chunks). All are clean from here on.
    package mutating func beginSnapshot() -> [ChunkReference] { snapshot.begin() }

    package var hasSetAside: Bool { snapshot.hasSetAside }

    /// The next chunk that a command has set aside. O(1).
    package mutating func takeSetAside() -> FrozenNames? { snapshot.popSetAside() }

    /// The next dirty chunk of the snapshot in progress, in any order; nil when all were taken. O(chunk).
    package mutating func takeNextChunk() -> FrozenNames? {
        if let chunk = snapshot.popSetAside() { return chunk }
        return snapshot.nextPending().map { freeze(chunk: $0) }
    }

    /// Ends a snapshot all of whose chunks were taken.
    package mutating func endSnapshot() {
        precondition(snapshot.isActive && !snapshot.hasSetAside && snapshot.nextPending() == nil, "chunks are left")
        snapshot.end()
    }

    /// Gives a snapshot up: what was dirty when it was begun is dirty again. O(chunks).
    package mutating func abandonSnapshot() { snapshot.abandon() }

    /// Says that side data of a slot is about to change: its chunk counts as changed, and is set aside if it belongs to a
    /// snapshot in progress. O(1).
    package mutating func touch(_ slot: UInt32) {
        if Int(slot) < slotCapacity { willChange(slot) }
    }

    /// To be called before the name of a slot changes.
    mutating func willChange(_ slot: UInt32) {
        let chunk = Int(slot) / Self.chunkSlots
        if snapshot.willChange(chunk) { snapshot.setAside(freeze(chunk: chunk)) }
    }

    private func freeze(chunk: Int) -> FrozenNames {
        let first = chunk * Self.chunkSlots
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Self.chunkSlots * 16)
        // A chunk that grew since the snapshot began has holes at its end then, which reading it back will tolerate.
        for slot in first..<min(first + Self.chunkSlots, slotCapacity) {
            guard contains(UInt32(slot)) else {
                bytes.append(0)
                continue
            }
            let name = unsafe name(of: UInt32(slot))
            bytes.append(UInt8(name.count))
            unsafe bytes.append(contentsOf: name)
        }
        return FrozenNames(chunk: chunk, bytes: bytes)
    }
}

/// The names of a chunk of slots as they were when a snapshot was begun.
package struct FrozenNames: Sendable {
    package let chunk: Int
    /// For each slot a byte with the length of its name and the name, or a zero byte for a hole. Slots past the last
    /// one ever used may be left out.
    package let bytes: [UInt8]

    /// Calls `body` for every name with its slot, in slot order. The bytes are valid during the call.
    package func forEach(_ body: (UInt32, UnsafeRawBufferPointer) -> Void) {
        unsafe bytes.withUnsafeBytes { bytes in
            var slot = UInt32(chunk * MemberTable.chunkSlots)
            var position = 0
            while position < bytes.count {
                let count = Int(unsafe bytes[position])
                if count > 0 {
                    unsafe body(slot, UnsafeRawBufferPointer(rebasing: bytes[(position + 1)..<(position + 1 + count)]))
                }
                position += 1 + count
                slot += 1
            }
        }
    }
}

/// Which chunks have changed, and how far the snapshot in progress has come.
struct ChunkSnapshotState {
    private struct Flags: OptionSet {
        let rawValue: UInt8
        static let dirty = Flags(rawValue: 1)
        static let wasDirty = Flags(rawValue: 2)
        static let pending = Flags(rawValue: 4)
    }

    private(set) var isActive = false
    private var chunks: [Flags] = []
    private var next = 0
    private var setAside: [FrozenNames] = []

    var chunkCount: Int { chunks.count }
    var hasSetAside: Bool { !setAside.isEmpty }
    var memoryBytes: Int { chunks.capacity + setAside.reduce(0) { $0 + $1.bytes.capacity } }

    mutating func extend(to count: Int) {
        while chunks.count < count { chunks.append(.dirty) }
    }

    mutating func markAllClean() {
        for chunk in chunks.indices { chunks[chunk] = [] }
    }

    mutating func begin() -> [MemberTable.ChunkReference] {
        precondition(!isActive, "a snapshot is in progress")
        isActive = true
        next = 0
        return chunks.indices.map { chunk in
            let isDirty = chunks[chunk].contains(.dirty)
            chunks[chunk] = isDirty ? [.wasDirty, .pending] : []
            return MemberTable.ChunkReference(chunk: chunk, isDirty: isDirty)
        }
    }

    mutating func end() {
        isActive = false
        setAside = []
    }

    mutating func abandon() {
        precondition(isActive)
        for chunk in chunks.indices where !chunks[chunk].isDisjoint(with: [.dirty, .wasDirty]) {
            chunks[chunk] = .dirty
        }
        end()
    }

    /// Marks a chunk as changed. True if it must be set aside first.
    mutating func willChange(_ chunk: Int) -> Bool {
        let isPending = chunks[chunk].contains(.pending)
        chunks[chunk].remove(.pending)
        chunks[chunk].insert(.dirty)
        return isPending
    }

    mutating func setAside(_ names: FrozenNames) { setAside.append(names) }
    mutating func popSetAside() -> FrozenNames? { setAside.popLast() }

    /// The next chunk that waits, which counts as taken from here on.
    mutating func nextPending() -> Int? {
        while next < chunks.count {
            next += 1
            if chunks[next - 1].contains(.pending) {
                chunks[next - 1].remove(.pending)
                return next - 1
            }
        }
        return nil
    }
}
