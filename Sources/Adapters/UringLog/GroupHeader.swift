internal import CIntrinsics

// A group is what one write carried: a header, then records in the layout of `LogRecord+Codec`. Little-endian.
//
//   0  u32  magic
//   4  u32  CRC32C of bytes 8 ..< 40, seeded with log id and segment number
//   8  u64  position of this header
//  16  u64  durable end: everything below this position was on disk when the group was made
//  24  u32  length of the records, a multiple of 8
//  28  u32  number of records
//  32  u32  CRC32C of the records, seeded the same
//  36  u32  kind: 1 records, 2 end of a run
/// The header of a group, the unit that is valid or torn as a whole.
///
/// **Why a torn tail can be told from damage.** A group is written only after the sync of the one before it returned, so
/// at any moment the disk owes us at most one group, the last. A power cut may keep any of its sectors and lose any
/// others, but nothing of it validates unless all of it is there: the records have no frames of their own that a
/// reader would accept. So, if the bytes at a position are no valid group:
///
/// - a valid header further on, with a durable end above that position, could only have been written after the sync of
///   what is now missing. What is missing was acknowledged: that is damage, and the log refuses to open.
/// - without one, the group was the last, and its write or its sync had not returned. Nobody was told that its records
///   are durable: a torn tail, which is dropped.
///
/// What the second case can't exclude is damage to the last group of a log that wasn't closed. It is reported as a torn
/// tail, never passed over. A closed log ends with a group that has no records and a durable end, so there it is found.
struct GroupHeader: Hashable {
    static let magic: UInt32 = 0x5052_474C  // "LGRP"
    static let byteCount = 40

    /// Numbers once used stay used.
    enum Kind: UInt32 {
        case records = 1
        /// The log was closed: everything below is durable. The next opening writes over it.
        case end = 2
    }

    var position: UInt64
    var durableEnd: UInt64
    var bodyByteCount: Int
    var recordCount: Int
    var bodyChecksum: UInt32
    var kind: Kind

    var byteCount: Int { Self.byteCount + bodyByteCount }
    var end: UInt64 { position + UInt64(byteCount) }

    func encode(into bytes: UnsafeMutableRawBufferPointer, seed: UInt32) {
        unsafe bytes.store(Self.magic, at: 0)
        unsafe bytes.store(position, at: 8)
        unsafe bytes.store(durableEnd, at: 16)
        unsafe bytes.store(UInt32(bodyByteCount), at: 24)
        unsafe bytes.store(UInt32(recordCount), at: 28)
        unsafe bytes.store(bodyChecksum, at: 32)
        unsafe bytes.store(kind.rawValue, at: 36)
        unsafe bytes.store(Self.checksum(UnsafeRawBufferPointer(bytes), seed: seed), at: 4)
    }

    /// The header at the start of `bytes`, if there is a valid one. Its position is the caller's to compare.
    /// Without `isVerified` anything with the magic number is taken for one.
    static func decode(_ bytes: UnsafeRawBufferPointer, seed: UInt32, isVerified: Bool = true) -> GroupHeader? {
        guard unsafe bytes.halfWord(at: 0) == magic else { return nil }
        guard unsafe !isVerified || bytes.halfWord(at: 4) == checksum(bytes, seed: seed) else { return nil }
        guard let kind = unsafe Kind(rawValue: bytes.halfWord(at: 36)) else { return nil }
        return unsafe GroupHeader(
            position: bytes.word(at: 8), durableEnd: bytes.word(at: 16), bodyByteCount: Int(bytes.halfWord(at: 24)),
            recordCount: Int(bytes.halfWord(at: 28)), bodyChecksum: bytes.halfWord(at: 32), kind: kind)
    }

    static func bodyChecksum(_ body: UnsafeRawBufferPointer, seed: UInt32) -> UInt32 {
        guard let start = body.baseAddress else { return seed }
        return unsafe intrinsic_crc32c(seed, start, body.count)
    }

    private static func checksum(_ bytes: UnsafeRawBufferPointer, seed: UInt32) -> UInt32 {
        unsafe intrinsic_crc32c(seed, bytes.baseAddress! + 8, byteCount - 8)
    }
}
