@testable import RankTrees
import TestSupport
import Testing

/// Snapshots of the member table, and tables restored from them.
@Suite struct MemberTableSnapshotTests {
    @Test("A snapshot holds the names as they were when it was begun", arguments: 0..<8 as Range<UInt64>)
    func frozenContent(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        var table = MemberTable(seed: seed)
        var stored: [Int: [UInt32: String]] = [:]
        for round in 0..<5 {
            for _ in 0..<1200 { Self.randomCommand(&table, &random) }
            let expected = Self.content(of: table)
            let list = table.beginSnapshot()
            var added: [Int: [UInt32: String]] = [:]
            func add(_ names: FrozenNames) {
                #expect(added[names.chunk] == nil, "a chunk was taken twice")
                var content: [UInt32: String] = [:]
                names.forEach { content[$0] = String(decoding: $1, as: UTF8.self) }
                added[names.chunk] = content
            }
            for _ in 0..<(round * 20) {
                Self.randomCommand(&table, &random)
                while let names = table.takeSetAside() { add(names) }
                if random.chance(10), let names = table.takeNextChunk() { add(names) }
            }
            while let names = table.takeNextChunk() { add(names) }
            guard round != 2 else {
                table.abandonSnapshot()
                continue
            }
            table.endSnapshot()
            #expect(Set(list.filter(\.isDirty).map(\.chunk)) == Set(added.keys))
            stored.merge(added) { $1 }
            #expect(stored.values.reduce(into: [:]) { $0.merge($1) { $1 } } == expected)
        }
    }

    @Test("A table restored from names and holes is clean, and answers as before")
    func restore() throws {
        var random = SplitMix64(seed: 9)
        var table = MemberTable(seed: 9)
        for _ in 0..<4000 { Self.randomCommand(&table, &random) }
        let content = Self.content(of: table)
        _ = table.beginSnapshot()
        var chunks: [Int: [UInt8]] = [:]
        while let chunk = table.takeNextChunk() { chunks[chunk.chunk] = chunk.bytes }
        table.endSnapshot()
        var restored = MemberTable(seed: 9)
        var hashes = RestoredHashes(slotCapacity: table.slotCapacity)
        for chunk in 0..<chunks.count {
            let bytes = try #require(chunks[chunk])
            #expect(bytes.withUnsafeBytes { restored.restore(chunk: chunk, $0, hashes: &hashes) } != nil)
        }
        restored.finishRestore(hashes: hashes)
        try restored.checkInvariants()
        #expect(Self.content(of: restored) == content && restored.slotCapacity == table.slotCapacity)
        #expect(restored.beginSnapshot().filter(\.isDirty) == [])
        restored.endSnapshot()
        let slot = restored.insert("someone new").slot
        #expect(restored.beginSnapshot().filter(\.isDirty).map(\.chunk) == [Int(slot) / MemberTable.chunkSlots])
    }

    static func randomCommand(_ table: inout MemberTable, _ random: inout SplitMix64) {
        let name = MemberTableTests.name(random.below(3000))
        if random.below(3) < 2 {
            _ = table.insert(name)
        } else if let slot = table.find(name) {
            table.remove(slot)
        }
    }

    static func content(of table: borrowing MemberTable) -> [UInt32: String] {
        var content: [UInt32: String] = [:]
        for slot in 0..<UInt32(table.slotCapacity) where table.contains(slot) { content[slot] = table.string(of: slot) }
        return content
    }
}
