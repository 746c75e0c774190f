import Leaderboards
import RankTrees

// About a thousand entries of one board, in rank order, column by column so that reading them is mostly copying:
//
//   u8      layout version (1)
//   u8      columns
//   u8      dimensions
//   u8      zero
//   u32     entries
//   u64 × n keys of the first column
//   u64 × n for each further column: bits
//   i64 × n times of the last change, milliseconds since 1970
//   u32 × n members
//   u32 × n for each dimension: the number of the value, 0 for none
//   u32     entries with metadata, then for each: u32 index, run
enum EntryChunk {
    static let layoutVersion: UInt8 = 1

    /// The entries of a twig with the board's own columns.
    static func encode(_ twig: borrowing FrozenTwig, of board: Board) -> [UInt8] {
        let count = twig.count
        let columns = board.rules.columns.count
        var writer = ByteWriter(capacity: 16 + count * (12 + columns * 8 + board.slices.count * 4))
        writer.write(layoutVersion)
        writer.write(UInt8(columns))
        writer.write(UInt8(board.slices.count))
        writer.write(UInt8(0))
        writer.write(UInt32(count))
        writer.write(bytes: UnsafeRawBufferPointer(twig.keys))
        for column in 1..<max(columns, 1) {
            for place in 0..<count { writer.write(board.further[board.furtherIndex(twig.slot(at: place), column)]) }
        }
        for place in 0..<count { writer.write(board.updatedAt[Int(twig.slot(at: place))]) }
        for place in 0..<count { writer.write(board.member(of: twig.slot(at: place))) }
        for slice in board.slices {
            for place in 0..<count { writer.write(slice.forest.tree(of: twig.slot(at: place)) ?? 0) }
        }
        writeMetadata(of: twig, board, to: &writer)
        return writer.bytes
    }

    private static func writeMetadata(of twig: borrowing FrozenTwig, _ board: Board, to writer: inout ByteWriter) {
        guard !board.metadata.isEmpty else { return writer.write(UInt32(0)) }
        let countOffset = writer.count
        writer.write(UInt32(0))
        var count: UInt32 = 0
        for place in 0..<twig.count {
            guard let bytes = board.metadata[twig.slot(at: place)] else { continue }
            count += 1
            writer.write(UInt32(place))
            writer.writeRun(bytes)
        }
        writer.overwrite(count, at: countOffset)
    }

    /// Where the parts of a chunk are. Valid as long as the bytes.
    struct View {
        let count: Int
        let keys: UnsafeRawBufferPointer
        /// One for each further column.
        let further: [UnsafeRawBufferPointer]
        let times: UnsafeRawBufferPointer
        let members: UnsafeRawBufferPointer
        /// One for each dimension.
        let values: [UnsafeRawBufferPointer]
        var metadata: ByteReader

        init(_ bytes: UnsafeRawBufferPointer, rules: BoardRules) throws(ByteReader.Problem) {
            var reader = ByteReader(bytes)
            guard try reader.read(UInt8.self) == EntryChunk.layoutVersion else { throw .invalid("chunk layout") }
            guard try reader.read(UInt8.self) == rules.columns.count,
                try reader.read(UInt8.self) == rules.dimensionCount
            else { throw .invalid("chunk of another shape") }
            _ = try reader.read(UInt8.self)
            count = Int(try reader.read(UInt32.self))
            guard 1...RankForest.twigEntriesMax ~= count else { throw .invalid("\(count) entries in a chunk") }
            keys = try reader.readBytes(count * 8)
            var further: [UnsafeRawBufferPointer] = []
            for _ in 1..<max(rules.columns.count, 1) { further.append(try reader.readBytes(count * 8)) }
            self.further = further
            times = try reader.readBytes(count * 8)
            members = try reader.readBytes(count * 4)
            var values: [UnsafeRawBufferPointer] = []
            for _ in 0..<rules.dimensionCount { values.append(try reader.readBytes(count * 4)) }
            self.values = values
            metadata = reader
        }

        var hasNoMetadata: Bool {
            var rest = metadata
            return (try? rest.read(UInt32.self)) == 0
        }

        @inline(__always) func key(_ index: Int) -> UInt64 {
            UInt64(littleEndian: keys.loadUnaligned(fromByteOffset: index * 8, as: UInt64.self))
        }
        @inline(__always) func time(_ index: Int) -> Int64 {
            Int64(littleEndian: times.loadUnaligned(fromByteOffset: index * 8, as: Int64.self))
        }
        @inline(__always) func member(_ index: Int) -> UInt32 {
            UInt32(littleEndian: members.loadUnaligned(fromByteOffset: index * 4, as: UInt32.self))
        }
    }
}
