internal import CIntrinsics

// A segment is one file, `00000001.log` and so on, of a size that never changes:
//
//      0  header, 64 bytes used
//   4096  groups, one after the other without gaps
//         the rest: zeros, or in a recycled file what it held before
//
// Header, version 1, little-endian. All zeros: the segment was prepared but not begun.
//
//   0  8 B  magic
//   8  u32  format version (1)
//  12  u32  CRC32C of bytes 16 ..< 64
//  16  u64  log id
//  24  u64  segment number
//  32  u64  position of the first group
//  40  u64  size of the file
//  48  u64  number of the opening that began the segment
//  56  u64  1 if the file was recycled: what follows the last group may be anything, else it is zeros
/// What the first page of a segment says.
struct SegmentHeader: Hashable {
    static let formatVersion: UInt32 = 1
    static let magic: UInt64 = 0x474F_4C4C_4552_554C  // "LUREL" + "LOG", read as a little-endian word
    /// A page of its own: a torn write of the first group can't reach it.
    static let byteCount = 4096
    private static let usedByteCount = 64

    var logID: UInt64
    var number: UInt64
    var firstPosition: UInt64
    var fileByteCount: Int
    var openCount: UInt64
    var isRecycled: Bool

    enum Decoded: Hashable {
        /// Never begun.
        case blank
        case valid(SegmentHeader)
        case unknownVersion(UInt32)
        case damaged
    }

    func encode(into page: UnsafeMutableRawBufferPointer) {
        unsafe page.initializeMemory(as: UInt8.self, repeating: 0)
        unsafe page.store(Self.magic, at: 0)
        unsafe page.store(Self.formatVersion, at: 8)
        unsafe page.store(logID, at: 16)
        unsafe page.store(number, at: 24)
        unsafe page.store(firstPosition, at: 32)
        unsafe page.store(UInt64(fileByteCount), at: 40)
        unsafe page.store(openCount, at: 48)
        unsafe page.store(UInt64(isRecycled ? 1 : 0), at: 56)
        unsafe page.store(Self.checksum(UnsafeRawBufferPointer(page)), at: 12)
    }

    static func decode(_ page: UnsafeRawBufferPointer) -> Decoded {
        guard page.count >= usedByteCount else { return .damaged }
        if unsafe page.prefix(usedByteCount).allSatisfy({ $0 == 0 }) { return .blank }
        guard unsafe page.word(at: 0) == magic else { return .damaged }
        let version = unsafe page.halfWord(at: 8)
        guard version == formatVersion else { return .unknownVersion(version) }
        guard unsafe page.halfWord(at: 12) == checksum(page),
            let fileByteCount = unsafe Int(exactly: page.word(at: 40))
        else { return .damaged }
        return unsafe .valid(
            SegmentHeader(
                logID: page.word(at: 16), number: page.word(at: 24), firstPosition: page.word(at: 32),
                fileByteCount: fileByteCount, openCount: page.word(at: 48), isRecycled: page.word(at: 56) != 0))
    }

    private static func checksum(_ page: UnsafeRawBufferPointer) -> UInt32 {
        unsafe intrinsic_crc32c(formatVersion, page.baseAddress! + 16, usedByteCount - 16)
    }

    /// Seeds the checksums of the segment's groups, so that what another segment or log left behind never validates.
    var groupSeed: UInt32 {
        let identity = (logID.littleEndian, number.littleEndian)
        return unsafe withUnsafeBytes(of: identity) { unsafe intrinsic_crc32c(0, $0.baseAddress!, $0.count) }
    }

    func position(at offset: Int) -> UInt64 { firstPosition + UInt64(offset - Self.byteCount) }
    func offset(of position: UInt64) -> Int { Int(position - firstPosition) + Self.byteCount }

    static func fileName(_ number: UInt64) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, 8 - digits.count)) + digits + ".log"
    }

    static func number(ofFile name: String) -> UInt64? {
        guard name.hasSuffix(".log"), name.count >= 12, let number = UInt64(name.dropLast(4)), number > 0,
            fileName(number) == name
        else { return nil }
        return number
    }
}

extension UnsafeMutableRawBufferPointer {
    func store<Value: FixedWidthInteger>(_ value: Value, at offset: Int) {
        unsafe storeBytes(of: value.littleEndian, toByteOffset: offset, as: Value.self)
    }
}

extension UnsafeRawBufferPointer {
    func word(at offset: Int) -> UInt64 {
        unsafe UInt64(littleEndian: loadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }

    func halfWord(at offset: Int) -> UInt32 {
        unsafe UInt32(littleEndian: loadUnaligned(fromByteOffset: offset, as: UInt32.self))
    }
}
