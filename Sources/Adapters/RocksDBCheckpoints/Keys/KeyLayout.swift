import CheckpointStores
import Leaderboards

/// The layout that the keys of pieces and of their listing share.
///
///     byte 0      space: 1, all that belongs to shards (0: the store itself, see `StoreVersionKey`)
///     bytes 1–2   shard
///     byte 3      role: 0 listing, 1 piece
///     byte 4      kind
///     bytes 5–12  serial
struct KeyLayout {
    enum Role: UInt8 {
        case listing = 0
        case piece = 1
    }

    static let space: UInt8 = 1
    static let byteCount = 13

    let role: Role
    let kind: CheckpointKey.Kind
    let shard: ShardID
    let serial: UInt64

    init(_ role: Role, _ kind: CheckpointKey.Kind, _ shard: ShardID, _ serial: UInt64) {
        self.role = role
        self.kind = kind
        self.shard = shard
        self.serial = serial
    }

    var encoded: [UInt8] {
        Self.prefix(shard) + [role.rawValue, kind.rawValue] + serial.bigEndianBytes
    }

    init?(decoding bytes: [UInt8]) {
        guard bytes.count == Self.byteCount, bytes[0] == Self.space,
            let role = Role(rawValue: bytes[3]), let kind = CheckpointKey.Kind(rawValue: bytes[4])
        else { return nil }
        self.role = role
        self.kind = kind
        shard = ShardID(UInt16(bigEndianBytes: bytes[1..<3]))
        serial = UInt64(bigEndianBytes: bytes[5..<13])
    }

    /// What everything of a shard begins with.
    static func prefix(_ shard: ShardID) -> [UInt8] { [space] + shard.number.bigEndianBytes }

    static func prefix(_ shard: ShardID, _ role: Role) -> [UInt8] { prefix(shard) + [role.rawValue] }
}

extension FixedWidthInteger where Self: UnsignedInteger {
    var bigEndianBytes: [UInt8] {
        stride(from: Self.bitWidth - 8, through: 0, by: -8).map { UInt8(truncatingIfNeeded: self >> $0) }
    }

    init(bigEndianBytes bytes: some Sequence<UInt8>) {
        self = bytes.reduce(0) { $0 << 8 | Self($1) }
    }
}
