internal import CIntrinsics
package import CheckpointStores

/// What every stored value is wrapped in, so that a value of other bytes, or of another key, is never taken for it.
///
///     byte 0      format version: 1
///     bytes 1–3   0
///     bytes 4–7   CRC32C of the key, bytes 0–3 and the value, big-endian
///     bytes 8–    the value
///
/// RocksDB checks its blocks too; this check also covers what lies above them, from compaction to our own handling.
/// These eight bytes keep their layout in every version.
package enum Envelope {
    package static let version: UInt8 = 1
    package static let headerByteCount = 8

    /// The header to put before `bytes` under `key`.
    package static func header(key: [UInt8], bytes: [UInt8], version: UInt8 = Self.version) -> [UInt8] {
        let start: [UInt8] = [version, 0, 0, 0]
        let sum = unsafe bytes.withUnsafeBytes { unsafe checksum(key: key, start: start, $0) }
        return start + sum.bigEndianBytes
    }

    /// The value within `stored`, if that is what was once written under `key`.
    package static func open(
        _ stored: UnsafeRawBufferPointer, key: [UInt8], isChecked: Bool = true
    ) throws(CheckpointStoreError) -> UnsafeRawBufferPointer {
        guard stored.count >= headerByteCount else {
            throw .corrupted("\(name(of: key)): \(stored.count) bytes, less than an envelope")
        }
        let value = unsafe UnsafeRawBufferPointer(rebasing: stored[headerByteCount...])
        guard isChecked else { return unsafe value }
        let start = unsafe [UInt8](stored[..<4])
        let computed = unsafe checksum(key: key, start: start, value)
        guard unsafe computed == checksum(in: stored) else {
            throw .corrupted("\(name(of: key)): its checksum doesn't match")
        }
        guard start[0] <= version else { throw .unknownVersion(UInt32(start[0])) }
        return unsafe value
    }

    /// The checksum that an envelope bears, right or wrong.
    static func checksum(in stored: UnsafeRawBufferPointer) -> UInt32 {
        unsafe UInt32(bigEndianBytes: stored[4..<headerByteCount])
    }

    private static func checksum(key: [UInt8], start: [UInt8], _ value: UnsafeRawBufferPointer) -> UInt32 {
        var sum = unsafe intrinsic_crc32c(0, key, key.count)
        sum = unsafe intrinsic_crc32c(sum, start, start.count)
        return unsafe intrinsic_crc32c(sum, value.baseAddress, value.count)
    }

    private static func name(of key: [UInt8]) -> String {
        if let piece = CheckpointKey(decodingPieceKey: key) { return "\(piece)" }
        if let listing = PieceListingKey(decoding: key) { return "the listing of \(listing.piece)" }
        return key == StoreVersionKey.encoded ? "the version of the store" : "key \(key)"
    }
}
