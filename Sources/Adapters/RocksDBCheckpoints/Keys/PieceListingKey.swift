package import CheckpointStores
import Leaderboards

/// Where it is noted that a piece exists: written and removed in the same batch as the piece.
///
///     byte 0      1: belongs to a shard
///     bytes 1–2   shard
///     byte 3      0: listing
///     byte 4      the piece's kind
///     bytes 5–12  the piece's serial
///
/// RocksDB can't walk over keys without reading the values between them. The listing lies apart from the pieces, so
/// that the serials of a large shard cost a few blocks instead of hundreds of megabytes; and a piece that got lost is
/// known to be missing.
package struct PieceListingKey: Hashable {
    package let piece: CheckpointKey

    package init(_ piece: CheckpointKey) { self.piece = piece }

    package var encoded: [UInt8] { KeyLayout(.listing, piece.kind, piece.shard, piece.serial).encoded }

    package init?(decoding bytes: [UInt8]) {
        guard let layout = KeyLayout(decoding: bytes), layout.role == .listing else { return nil }
        piece = CheckpointKey(kind: layout.kind, shard: layout.shard, serial: layout.serial)
    }

    /// What the keys of one kind of one shard begin with.
    static func prefix(_ shard: ShardID, _ kind: CheckpointKey.Kind) -> [UInt8] {
        KeyLayout.prefix(shard, .listing) + [kind.rawValue]
    }
}

/// What the listing notes of a piece.
///
///     bytes 0–3   count of the piece's bytes, without envelope
///     bytes 4–7   CRC32C of the piece's envelope
package struct PieceListing: Hashable {
    package let byteCount: UInt32
    package let checksum: UInt32

    package init(byteCount: UInt32, checksum: UInt32) {
        self.byteCount = byteCount
        self.checksum = checksum
    }

    package var encoded: [UInt8] { byteCount.bigEndianBytes + checksum.bigEndianBytes }

    package init?(decoding bytes: [UInt8]) {
        guard bytes.count == 8 else { return nil }
        byteCount = UInt32(bigEndianBytes: bytes[0..<4])
        checksum = UInt32(bigEndianBytes: bytes[4..<8])
    }
}
