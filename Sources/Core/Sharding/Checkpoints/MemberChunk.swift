import RankTrees

// The names of up to 1024 members, by slot:
//
//   u8      layout version (1)
//   u8      dimensions
//   u32     number of the chunk: its first slot is 1024 times that
//   run     for each slot a byte with the length of its name and the name, or a zero byte for a slot without a member;
//           slots past the last one ever used are left out
//   u32     for each slot of the run and each dimension: the number of the member's value, 0 for none
enum MemberChunk {
    static let layoutVersion: UInt8 = 1

    static func encode(_ names: FrozenNames, of members: Members) -> [UInt8] {
        var writer = ByteWriter(capacity: names.bytes.count + 64 + members.dimensionCount * 4096)
        writer.write(layoutVersion)
        writer.write(UInt8(members.dimensionCount))
        writer.write(UInt32(names.chunk))
        writer.writeRun(names.bytes)
        if members.dimensionCount > 0 {
            var slots = 0
            names.bytes.withUnsafeBytes { bytes in
                var offset = 0
                while offset < bytes.count {
                    offset += 1 + Int(bytes[offset])
                    slots += 1
                }
            }
            for slot in 0..<slots {
                let member = UInt32(names.chunk * MemberTable.chunkSlots + slot)
                for dimension in 0..<members.dimensionCount {
                    writer.write(members.value(of: member, dimension: dimension))
                }
            }
        }
        return writer.bytes
    }

    /// Adds a stored chunk to members in the course of being restored.
    static func restore(
        _ bytes: UnsafeRawBufferPointer, chunk: Int, to members: Members, hashes: inout RestoredHashes
    ) throws(ByteReader.Problem) {
        var reader = ByteReader(bytes)
        guard try reader.read(UInt8.self) == layoutVersion else { throw .invalid("member chunk layout") }
        guard try reader.read(UInt8.self) == members.dimensionCount, try reader.read(UInt32.self) == chunk else {
            throw .invalid("member chunk of another place")
        }
        let names = try reader.readRun()
        guard let slots = members.table.restore(chunk: chunk, names, hashes: &hashes) else {
            throw .invalid("member chunk")
        }
        guard members.dimensionCount > 0 else { return }
        let first = UInt32(chunk * MemberTable.chunkSlots)
        for member in first..<(first + UInt32(slots)) {
            for dimension in 0..<members.dimensionCount {
                let value: UInt32 = try reader.read()
                guard value <= members.valueCount(dimension: dimension) else { throw .invalid("value \(value)") }
                members.restoreValue(value, of: member, dimension: dimension)
            }
        }
    }
}
