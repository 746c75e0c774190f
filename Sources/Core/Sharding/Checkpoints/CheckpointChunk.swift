internal import CIntrinsics
package import Leaderboards

// Some pieces of a checkpoint, or parts of pieces, on their way from one store to another:
//
//   u8      layout version (1)
//   u16     shard
//   u64     generation, by which the giver knows the checkpoint
//   varint  pieces before, varint bytes of the next one before: the place that it begins at
//   varint  fragments, then for each:
//             u8 kind (1 the shard's manifest, else StoredPiece.Kind), varint serial, or the generation
//             varint bytes of the whole piece, run bytes
//   u8      1 if the checkpoint ends with it
//   u32     CRC32C of all bytes before
package struct CheckpointChunk: Hashable, Sendable {
    static let layoutVersion: UInt8 = 1
    private static let shardManifestKind: UInt8 = 1
    /// No chunk is longer, all of it counted.
    package static let byteCountMax = 256 << 10
    /// No piece is longer.
    package static let pieceByteCountMax = 64 << 20

    package struct Fragment: Hashable, Sendable {
        /// Nil: the shard's manifest.
        package var piece: StoredPiece?
        /// Of the whole piece.
        package var byteCount: Int
        package var bytes: [UInt8]

        package init(_ piece: StoredPiece?, byteCount: Int, bytes: [UInt8]) {
            self.piece = piece
            self.byteCount = byteCount
            self.bytes = bytes
        }
    }

    package var shard: ShardID
    package var generation: UInt64
    package var place: CheckpointPlace
    package private(set) var fragments: [Fragment] = []
    package var isLast = false

    package init(shard: ShardID, generation: UInt64, at place: CheckpointPlace) {
        self.shard = shard
        self.generation = generation
        self.place = place
    }

    /// All but the fragments, at most.
    private static let overhead = 48
    /// A fragment's head, at most.
    private static let fragmentOverhead = 28
    private var fragmentBytes = 0

    /// How many bytes of one more piece there is room for.
    package var room: Int {
        max(0, Self.byteCountMax - Self.overhead - fragmentBytes - Self.fragmentOverhead)
    }

    package mutating func append(_ fragment: Fragment) {
        fragmentBytes += fragment.bytes.count + Self.fragmentOverhead
        fragments.append(fragment)
    }

    /// The place that the next chunk begins at.
    package var end: CheckpointPlace {
        fragments.reduce(into: place) { place, fragment in
            place.bytes += fragment.bytes.count
            if place.bytes >= fragment.byteCount { place = CheckpointPlace(pieces: place.pieces + 1, bytes: 0) }
        }
    }

    package var encoded: [UInt8] {
        var writer = ByteWriter(capacity: Self.overhead + fragmentBytes)
        writer.write(Self.layoutVersion)
        writer.write(shard.number)
        writer.write(generation)
        writer.writeVarint(UInt64(place.pieces))
        writer.writeVarint(UInt64(place.bytes))
        writer.writeVarint(UInt64(fragments.count))
        for fragment in fragments {
            writer.write(fragment.piece?.kind.rawValue ?? Self.shardManifestKind)
            writer.writeVarint(fragment.piece?.serial ?? generation)
            writer.writeVarint(UInt64(fragment.byteCount))
            writer.writeRun(fragment.bytes)
        }
        writer.write(UInt8(isLast ? 1 : 0))
        writer.write(writer.withBytes { intrinsic_crc32c(0, $0.baseAddress, $0.count) })
        return writer.bytes
    }

    package init(_ bytes: UnsafeRawBufferPointer) throws(ByteReader.Problem) {
        guard bytes.count > 4, bytes.count <= Self.byteCountMax else { throw .invalid("length of a chunk") }
        let body = UnsafeRawBufferPointer(rebasing: bytes[..<(bytes.count - 4)])
        var seal = ByteReader(UnsafeRawBufferPointer(rebasing: bytes[body.count...]))
        guard try seal.read(UInt32.self) == intrinsic_crc32c(0, body.baseAddress, body.count) else {
            throw .invalid("checksum of a chunk")
        }
        var reader = ByteReader(body)
        guard try reader.read(UInt8.self) == Self.layoutVersion else { throw .invalid("chunk layout") }
        self.init(
            shard: ShardID(try reader.read()), generation: try reader.read(),
            at: CheckpointPlace(
                pieces: try reader.readCount(atMost: 1 << 40),
                bytes: try reader.readCount(atMost: Self.pieceByteCountMax)))
        for _ in 0..<(try reader.readCount(atMost: Self.byteCountMax)) {
            let kind: UInt8 = try reader.read()
            let serial = try reader.readVarint()
            let byteCount = try reader.readCount(atMost: Self.pieceByteCountMax)
            var piece: StoredPiece?
            if kind != Self.shardManifestKind {
                guard let kind = StoredPiece.Kind(rawValue: kind) else { throw .invalid("piece kind") }
                piece = StoredPiece(kind: kind, serial: serial)
            }
            append(Fragment(piece, byteCount: byteCount, bytes: Array(try reader.readRun())))
        }
        isLast = try reader.read(UInt8.self) == 1
        guard reader.isAtEnd else { throw .invalid("bytes left over") }
    }
}

/// How much of a checkpoint has been handed over: whole pieces, and bytes of the next one.
package struct CheckpointPlace: Hashable, Sendable {
    package static let start = CheckpointPlace(pieces: 0, bytes: 0)

    package var pieces: Int
    package var bytes: Int

    package init(pieces: Int, bytes: Int) {
        self.pieces = pieces
        self.bytes = bytes
    }
}
