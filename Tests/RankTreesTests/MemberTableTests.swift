@testable import RankTrees
import TestSupport
import Testing

extension MemberTable.Limits {
    static let tiny = MemberTable.Limits(arenaChunkShift: 7, segmentLines: 2)
}

extension MemberTable {
    mutating func insert(_ name: String) -> (slot: UInt32, isNew: Bool) {
        var name = name
        return name.withUTF8 { insert(UnsafeRawBufferPointer($0)) }
    }
    func find(_ name: String) -> UInt32? {
        var name = name
        return name.withUTF8 { find(UnsafeRawBufferPointer($0)) }
    }
    func string(of slot: UInt32) -> String { withName(of: slot) { String(decoding: $0, as: UTF8.self) } }
}

/// The member table against a dictionary.
@Suite struct MemberTableTests {
    /// Names of many lengths, so that every path of the hash is taken.
    static func name(_ number: Int) -> String {
        String(repeating: "ab", count: number % 7 * (number % 11 == 0 ? 18 : 2)) + String(number)
    }

    @Test("Whatever the commands, a table answers as a dictionary would", arguments: 0..<24 as Range<UInt64>)
    func randomCommands(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        var table = MemberTable(seed: seed, limits: seed % 3 == 0 ? .full : .tiny)
        var twin: [String: UInt32] = [:]
        for step in 0..<1200 {
            let name = Self.name(random.below(400))
            if random.below(10) < (step < 700 ? 7 : 3) {
                let (slot, isNew) = table.insert(name)
                #expect(isNew == (twin[name] == nil))
                if !isNew { #expect(twin[name] == slot) }
                if isNew { #expect(!twin.values.contains(slot)) }
                twin[name] = slot
            } else {
                #expect(table.find(name) == twin[name])
                if let slot = twin.removeValue(forKey: name) { #expect(table.remove(slot) == true) }
            }
            if step % 3 == 0 && table.needsCompaction { table.compact(namesMax: 1 + random.below(8)) }
            if step % 200 == 0 { try table.checkInvariants() }
        }
        try table.checkInvariants()
        #expect(table.count == twin.count)
        #expect(table.slotCapacity <= 400)
        for (name, slot) in twin { #expect(table.string(of: slot) == name && table.find(name) == slot) }
    }

    @Test("Names are found in batches as one by one")
    func batches() {
        var table = MemberTable(seed: 5, limits: .tiny)
        for number in 0..<300 { _ = table.insert(Self.name(number)) }
        var bytes: [UInt8] = []
        var ranges: [Range<Int>] = [0..<0]
        for number in stride(from: 0, to: 400, by: 3) {
            let start = bytes.count
            bytes += Array(Self.name(number).utf8)
            ranges.append(start..<bytes.count)
        }
        bytes += [UInt8](repeating: 7, count: 300)
        ranges.append((bytes.count - 300)..<bytes.count)
        var slots = [UInt32](repeating: 0, count: ranges.count)
        bytes.withUnsafeBytes { bytes in
            ranges.withUnsafeBufferPointer { ranges in
                slots.withUnsafeMutableBufferPointer { table.find(bytes, at: ranges, into: $0) }
            }
        }
        for (range, slot) in zip(ranges, slots) {
            let expected = bytes[range].withUnsafeBytes { table.find($0) }
            #expect(slot == expected ?? MemberTable.noSlot)
        }
    }

    @Test("A slot that was removed is given to the next name")
    func slotReuse() {
        var table = MemberTable(seed: 1)
        let slots = (0..<10).map { table.insert("member-\($0)").slot }
        #expect(slots == (0..<10).map { UInt32($0) })
        table.remove(3)
        table.remove(7)
        #expect(table.contains(3) == false && table.find("member-3") == nil)
        #expect(table.remove(3) == false)
        #expect(table.insert("x").slot == 7)
        #expect(table.insert("y").slot == 3)
        #expect(table.insert("z").slot == 10)
    }

    @Test("Compaction gives the bytes of removed names back, a few names at a time")
    func compaction() throws {
        var table = MemberTable(seed: 2, limits: .tiny)
        for number in 0..<500 { _ = table.insert(Self.name(number)) }
        let full = table.names.memoryBytes
        for number in 0..<500 where number % 5 != 0 { table.remove(table.find(Self.name(number))!) }
        while table.compact(namesMax: 3) {}
        try table.checkInvariants()
        #expect(table.names.memoryBytes < full / 2)
        #expect(table.needsCompaction == false)
        for number in stride(from: 0, to: 500, by: 5) { #expect(table.find(Self.name(number)) != nil) }
    }

    @Test("Hashes that are all alike cost time, not answers")
    func collisions() throws {
        var table = SlotTable(linesMax: 2)
        let hash: UInt64 = 0x1234_5678_9ABC_DEF0
        for slot in 0..<UInt32(300) {
            while !table.insert(slot, hash: hash) {
                let slots = table.slots(besides: hash)
                table.grow(at: hash, slots: slots, hashes: slots.map { _ in hash })
            }
        }
        for slot in 0..<UInt32(300) where slot % 3 == 0 { table.remove(slot, hash: hash) }
        for slot in 0..<UInt32(300) {
            #expect(table.find(hash: hash) { $0 == slot } == (slot % 3 == 0 ? nil : slot))
        }
        #expect(table.find(hash: hash &+ 1) { _ in true } == nil)
        #expect(table.contents().isCounted && table.depth < 32)
    }

    @Test("Slots too great for a segment's cells make them wider")
    func greatSlots() {
        var table = SlotTable(linesMax: 4)
        var random = SplitMix64(seed: 3)
        let slots: [UInt32] = [0, 5, 0x8_0000, 0xF_FFFF, 0x10_0000, 0x3F_FFFF, 0x2000_0000, 0x3FFF_FFFF]
        let hashes = slots.map { _ in random.next() }
        for (slot, hash) in zip(slots, hashes) { #expect(table.insert(slot, hash: hash) == true) }
        for (slot, hash) in zip(slots, hashes) { #expect(table.find(hash: hash) { $0 == slot } == slot) }
    }

    @Test("The hash is what it was: stored data may depend on it")
    func goldenHash() {
        let table = MemberTable(seed: 42)
        let hashes = ["a", "abcd", "player-00001234", "player-000000001234", String(repeating: "x", count: 40)].map {
            var name = $0
            return name.withUTF8 { table.hash(of: UnsafeRawBufferPointer($0)) }
        }
        let golden: [UInt64] = [
            1_397_272_911_586_768_781, 1_695_224_869_912_500_262, 5_969_334_324_558_389_157,
            15_322_227_953_666_553_054, 6_618_514_803_825_417_764,
        ]
        #expect(hashes == golden)
    }

    @Test("The checker sees a count, an index and a free list that are wrong")
    func canary() {
        func damage(_ change: (inout MemberTable) -> Void) -> String? {
            var table = MemberTable(seed: 1)
            for number in 0..<50 { _ = table.insert(Self.name(number)) }
            table.remove(9)
            change(&table)
            do throws(MemberTable.Damage) { try table.checkInvariants() } catch { return error.description }
            return nil
        }
        #expect(damage { _ in } == nil)
        #expect(damage { $0.count += 1 } != nil)
        #expect(damage { $0.firstFree = MemberTable.FreeLink.end } != nil)
        #expect(damage { $0.index.remove(4, hash: $0.hash(ofName: 4)) } != nil)
        #expect(damage { $0.setOffset($0.offset(of: 1), of: 2) } != nil)
    }
}
