package import CheckpointStores
internal import CIntrinsics
package import Leaderboards

// A shard's checkpoint as bytes, in a file or on its way over HTTP, little-endian. First
//
//   0  8 B  magic
//   8  u32  format version (1)
//  12  u16  shard, u16 zero
//  16  u32  CRC32C of bytes 0 ..< 16, u32 zero
//
// then frames, one for each piece in any order, and one for the end:
//
//   0  u32  length of the payload
//   4  u32  CRC32C of all of the frame that follows, seeded with the length
//   8  u8   the piece's kind (CheckpointKey.Kind), 255 for the end; 7 bytes zero
//  16  u64  the piece's serial; for the end: how many frames came before
//  24  the piece
//
// A frame of kind 254 is sent instead of the end where the rest can't be had: its serial says why (BackupFailure), its payload in
// words. It is in no file. Of several shard manifests the last one counts: the node took another checkpoint meanwhile. Pieces that it does not name are of
// no use.
package enum PieceStream {
    static let formatVersion: UInt32 = 1
    static let magic: UInt64 = 0x4345_4950_4C52_554C  // "LURLPIEC", read as a little-endian word
    static let headerByteCount = 24
    static let frameByteCount = 24
    static let endKind: UInt8 = 255
    static let failureKind: UInt8 = 254
    /// No frame is longer: a reader refuses to allocate more on the word of a damaged length.
    package static let pieceByteCountMax = 1 << 30

    package static func header(of shard: ShardID) -> [UInt8] {
        var bytes: [UInt8] = []
        append(magic, to: &bytes)
        append(formatVersion, to: &bytes)
        append(shard.number, to: &bytes)
        append(UInt16(0), to: &bytes)
        append(checksum(bytes[...], seed: 0), to: &bytes)
        append(UInt32(0), to: &bytes)
        return bytes
    }

    package static func frame(_ key: CheckpointKey, _ piece: [UInt8]) -> [UInt8] {
        frame(kind: key.kind.rawValue, serial: key.serial, piece)
    }

    package static func end(after frameCount: Int) -> [UInt8] { frame(kind: endKind, serial: UInt64(frameCount), []) }

    package static func failure(_ error: any Error) -> [UInt8] {
        let failure = BackupFailure(error)
        return frame(kind: failureKind, serial: failure.code.rawValue, Array(failure.text.utf8))
    }

    private static func frame(kind: UInt8, serial: UInt64, _ payload: [UInt8]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(frameByteCount + payload.count)
        append(UInt32(payload.count), to: &bytes)
        append(UInt32(0), to: &bytes)
        bytes.append(kind)
        bytes += [0, 0, 0, 0, 0, 0, 0]
        append(serial, to: &bytes)
        bytes += payload
        let sum = checksum(bytes[8...], seed: UInt32(payload.count))
        withUnsafeBytes(of: sum.littleEndian) { bytes.replaceSubrange(4..<8, with: $0) }
        return bytes
    }

    static func append(_ value: some FixedWidthInteger, to bytes: inout [UInt8]) {
        withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }

    static func checksum(_ bytes: ArraySlice<UInt8>, seed: UInt32) -> UInt32 {
        bytes.withUnsafeBytes { $0.baseAddress.map { intrinsic_crc32c(seed, $0, bytes.count) } ?? seed }
    }

    static func load<Value: FixedWidthInteger>(_ bytes: ArraySlice<UInt8>, _ offset: Int, as type: Value.Type) -> Value
    {
        bytes.withUnsafeBytes { Value(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: type)) }
    }
}

/// Reads a stream of pieces as its bytes come, and checks them.
package struct PieceDecoder {
    package enum Frame: Hashable {
        /// The piece is at this offset of the stream.
        case piece(CheckpointKey, [UInt8], offset: Int)
        case end
    }

    private let shard: ShardID
    private var bytes: [UInt8] = []
    private var consumed = 0
    /// Where `bytes` begins in the stream.
    private var base = 0
    private var frameCount = 0
    private var hasHeader = false
    package private(set) var isAtEnd = false

    package init(of shard: ShardID) { self.shard = shard }

    package mutating func feed(_ more: some Collection<UInt8>) {
        if consumed > 1 << 20 {
            bytes.removeFirst(consumed)
            base += consumed
            consumed = 0
        }
        bytes.append(contentsOf: more)
    }

    /// The next frame; nil if more bytes are needed for it.
    package mutating func next() throws(BackupError) -> Frame? {
        if isAtEnd {
            guard consumed == bytes.count else { throw .damaged("there is something behind the end") }
            return nil
        }
        if !hasHeader { try readHeader() }
        let rest = bytes[consumed...]
        guard hasHeader, rest.count >= PieceStream.frameByteCount else { return nil }
        let length = Int(PieceStream.load(rest, 0, as: UInt32.self))
        guard length <= PieceStream.pieceByteCountMax else { throw .damaged("a piece of \(length) bytes") }
        guard rest.count >= PieceStream.frameByteCount + length else { return nil }
        let frame = rest.prefix(PieceStream.frameByteCount + length)
        guard
            PieceStream.checksum(frame.dropFirst(8), seed: UInt32(length))
                == PieceStream.load(frame, 4, as: UInt32.self)
        else { throw .damaged("a piece at \(base + consumed) fails its checksum") }
        let serial = PieceStream.load(frame, 16, as: UInt64.self)
        let offset = base + consumed + PieceStream.frameByteCount
        consumed += frame.count
        let kind = frame[frame.startIndex + 8]
        if kind == PieceStream.endKind {
            guard serial == frameCount else { throw .damaged("\(frameCount) pieces, and there were \(serial)") }
            isAtEnd = true
            return .end
        }
        if kind == PieceStream.failureKind {
            throw BackupFailure.error(
                serial, of: shard, String(decoding: frame.dropFirst(PieceStream.frameByteCount), as: UTF8.self))
        }
        guard let kind = CheckpointKey.Kind(rawValue: kind) else { throw .damaged("a piece of kind \(kind)") }
        frameCount += 1
        return .piece(
            CheckpointKey(kind: kind, shard: shard, serial: serial),
            Array(frame.dropFirst(PieceStream.frameByteCount)), offset: offset)
    }

    private mutating func readHeader() throws(BackupError) {
        guard bytes.count >= PieceStream.headerByteCount else { return }
        let header = bytes[..<PieceStream.headerByteCount]
        guard PieceStream.load(header, 0, as: UInt64.self) == PieceStream.magic,
            PieceStream.load(header, 16, as: UInt32.self) == PieceStream.checksum(header.prefix(16), seed: 0)
        else { throw .damaged("is no checkpoint of a shard") }
        let version = PieceStream.load(header, 8, as: UInt32.self)
        guard version == PieceStream.formatVersion else { throw .damaged("format \(version) is of a newer Laurel") }
        guard PieceStream.load(header, 12, as: UInt16.self) == shard.number else {
            throw .damaged("is of another shard than \(shard)")
        }
        hasHeader = true
        consumed = PieceStream.headerByteCount
    }
}
