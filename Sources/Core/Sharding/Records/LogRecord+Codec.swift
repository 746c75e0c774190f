internal import CIntrinsics
internal import Leaderboards

// Layout, version 1, little-endian. The checksum covers all that follows it, and the length is checked against the
// payload's, so a record is valid only as a whole.
//
//   0  u32  length of the record, this header and the padding included; a multiple of 8
//   4  u32  CRC32C of bytes 8 ..< length, seeded with the length
//   8  u8   format version (1)
//   9  u8   kind
//  10  u16  shard
//  12  u32  payload length
//  16  u64  epoch
//  24  u64  node
//  32  u64  incarnation
//  40  u64  record number
//  48  16 B previous hash
//  64  payload, then zeros up to the length
extension LogRecord {
    package static let formatVersion: UInt8 = 1
    package static let headerByteCount = 64
    /// No record is longer: a reader refuses to allocate more than this on the word of a damaged length.
    package static let byteCountMax = 8 << 20
    package static let payloadByteCountMax = byteCountMax - headerByteCount - 8

    /// Why bytes are not a record.
    package enum DecodingError: Error, Hashable {
        /// Fewer bytes than the record says it has: a write that was cut short, or the end.
        case truncated
        case badLength(UInt32)
        case badChecksum
        /// Written by a newer Laurel. A reader stops here instead of guessing.
        case unknownVersion(UInt8)
        case unknownKind(UInt8)

        /// The record is whole, and others understand it.
        package var isOfNewerVersion: Bool {
            switch self {
            case .unknownVersion, .unknownKind: true
            case .truncated, .badLength, .badChecksum: false
            }
        }
    }

    package static func encodedByteCount(payload count: Int) -> Int { (headerByteCount + count + 7) & ~7 }

    /// Precondition: the payload is at most `payloadByteCountMax` long.
    package func encoded() -> EncodedRecord {
        precondition(payload.count <= Self.payloadByteCountMax, "a record's payload is bounded by its writer")
        let length = Self.encodedByteCount(payload: payload.count)
        let bytes = [UInt8](unsafeUninitializedCapacity: length) { buffer, initialized in
            let raw = UnsafeMutableRawBufferPointer(buffer)
            func store<T: FixedWidthInteger>(_ value: T, _ offset: Int) {
                raw.storeBytes(of: value.littleEndian, toByteOffset: offset, as: T.self)
            }
            store(UInt32(length), 0)
            store(Self.formatVersion, 8)
            store(kind.rawValue, 9)
            store(shard.number, 10)
            store(UInt32(payload.count), 12)
            store(epoch, 16)
            store(node, 24)
            store(incarnation, 32)
            store(number, 40)
            store(previousHash.low, 48)
            store(previousHash.high, 56)
            payload.withUnsafeBytes { source in
                UnsafeMutableRawBufferPointer(rebasing: raw[Self.headerByteCount...]).copyMemory(from: source)
            }
            for index in (Self.headerByteCount + payload.count)..<length { raw[index] = 0 }
            store(intrinsic_crc32c(UInt32(length), raw.baseAddress! + 8, length - 8), 4)
            initialized = length
        }
        let hash = bytes.withUnsafeBytes { previousHash.extended(by: $0) }
        return EncodedRecord(shard: shard, number: number, bytes: bytes, hash: hash)
    }

    /// The record at the start of `bytes`, and how many bytes it takes.
    package static func decode(
        _ bytes: UnsafeRawBufferPointer
    ) throws(DecodingError) -> (record: LogRecord, byteCount: Int, hash: ChainHash) {
        let byteCount = try validate(bytes)
        func load<T: FixedWidthInteger>(_ offset: Int, as type: T.Type) -> T {
            T(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: type))
        }
        guard let kind = Kind(rawValue: bytes[9]) else { throw .unknownKind(bytes[9]) }
        let payloadCount = Int(load(12, as: UInt32.self))
        let record = LogRecord(
            kind: kind, shard: ShardID(load(10, as: UInt16.self)), epoch: load(16, as: UInt64.self),
            node: load(24, as: UInt64.self), incarnation: load(32, as: UInt64.self),
            number: load(40, as: UInt64.self),
            previousHash: ChainHash(low: load(48, as: UInt64.self), high: load(56, as: UInt64.self)),
            payload: Array(bytes[headerByteCount..<headerByteCount + payloadCount]))
        let hash = record.previousHash.extended(by: UnsafeRawBufferPointer(rebasing: bytes[..<byteCount]))
        return (record, byteCount, hash)
    }

    /// Checks length, checksum and version of the record at the start of `bytes` without building it.
    /// Answers how many bytes it takes.
    package static func validate(_ bytes: UnsafeRawBufferPointer) throws(DecodingError) -> Int {
        guard bytes.count >= 8 else { throw .truncated }
        let length = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 0, as: UInt32.self))
        guard length >= headerByteCount, length <= byteCountMax, length % 8 == 0 else { throw .badLength(length) }
        guard bytes.count >= Int(length) else { throw .truncated }
        let stored = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 4, as: UInt32.self))
        let computed = intrinsic_crc32c(length, bytes.baseAddress! + 8, Int(length) - 8)
        guard stored == computed else { throw .badChecksum }
        guard bytes[8] == formatVersion else { throw .unknownVersion(bytes[8]) }
        let payloadCount = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 12, as: UInt32.self))
        guard encodedByteCount(payload: Int(payloadCount)) == Int(length) else { throw .badLength(length) }
        return Int(length)
    }
}
