internal import Crypto

/// The running fingerprint of a shard's log: the first 16 bytes of SHA-256 over the hash before and the record.
///
/// Two logs that agree on the chain hash of record *n* agree on every record up to *n*.
package struct ChainHash: Hashable, Sendable, CustomStringConvertible {
    package static let byteCount = 16
    /// Before the first record.
    package static let zero = ChainHash(low: 0, high: 0)

    package let low: UInt64
    package let high: UInt64

    package init(low: UInt64, high: UInt64) {
        self.low = low
        self.high = high
    }

    package func extended(by record: UnsafeRawBufferPointer) -> ChainHash {
        var hasher = SHA256()
        withUnsafeBytes(of: (low.littleEndian, high.littleEndian)) { hasher.update(bufferPointer: $0) }
        hasher.update(bufferPointer: record)
        return hasher.finalize().withUnsafeBytes { digest in
            ChainHash(
                low: UInt64(littleEndian: digest.loadUnaligned(fromByteOffset: 0, as: UInt64.self)),
                high: UInt64(littleEndian: digest.loadUnaligned(fromByteOffset: 8, as: UInt64.self)))
        }
    }

    /// The first 16 bytes of SHA-256 over some bytes.
    package static func digest(of bytes: UnsafeRawBufferPointer) -> ChainHash {
        SHA256.hash(data: bytes).withUnsafeBytes { digest in
            ChainHash(
                low: UInt64(littleEndian: digest.loadUnaligned(fromByteOffset: 0, as: UInt64.self)),
                high: UInt64(littleEndian: digest.loadUnaligned(fromByteOffset: 8, as: UInt64.self)))
        }
    }

    package var description: String { hexadecimal(high.byteSwapped) + hexadecimal(low.byteSwapped) }

    private func hexadecimal(_ word: UInt64) -> String {
        let digits = String(word, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
