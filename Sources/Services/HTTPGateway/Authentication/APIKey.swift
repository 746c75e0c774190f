import Crypto

/// A secret that stands for a project: `lb_live_`, 32 random characters (190 bits), 6 characters of checksum.
///
/// The checksum lets typing mistakes and made-up keys be turned away without a look-up, and lets scanners find keys that
/// leaked into code. It proves nothing. Only the key's SHA-256 is stored: secrets that random need no slow hash.
package struct APIKey: Sendable, Hashable {
    package let text: String

    package static let prefix = "lb_live_"
    package static let randomCount = 32
    package static let checksumCount = 6
    /// How many random bytes `init(random:)` takes.
    package static let seedByteCount = 24

    /// Nil unless the text has the form of a key and its checksum is right.
    package init?(_ text: some StringProtocol) {
        let bytes = Array(text.utf8)
        let count = Self.byteCountMax
        guard bytes.count == count, bytes.starts(with: Self.prefix.utf8) else { return nil }
        let random = bytes[Self.prefix.utf8.count..<count - Self.checksumCount]
        guard random.allSatisfy(digits.contains) else { return nil }
        guard bytes.suffix(Self.checksumCount).elementsEqual(Self.checksum(of: random)) else { return nil }
        self.text = String(text)
    }

    /// Precondition: 24 bytes that nobody can guess.
    package init(random: [UInt8]) {
        precondition(random.count == Self.seedByteCount)
        // A number of 192 bits in base 62, of which 32 digits are kept: they hold 190 bits.
        var number = random
        var letters: [UInt8] = []
        for _ in 0..<Self.randomCount { letters.append(digits[remainder(dividing: &number, by: 62)]) }
        let checksum = Self.checksum(of: letters[...])
        text = Self.prefix + String(decoding: letters + checksum, as: UTF8.self)
    }

    package var hash: APIKeyHash { APIKeyHash(bytes: Array(SHA256.hash(data: Array(text.utf8)))) }

    /// No key is longer.
    static let byteCountMax = prefix.utf8.count + randomCount + checksumCount

    private static func checksum(of random: ArraySlice<UInt8>) -> [UInt8] {
        var number = crc32(random)
        var letters: [UInt8] = []
        for _ in 0..<checksumCount {
            letters.append(digits[Int(number % 62)])
            number /= 62
        }
        return letters.reversed()
    }
}

/// The SHA-256 of a key: what is stored in its place.
package struct APIKeyHash: Sendable {
    package let bytes: [UInt8]

    package init(bytes: [UInt8]) { self.bytes = bytes }

    /// From 64 hexadecimal digits.
    package init?(hexadecimal text: String) {
        let digits = text.utf8.map(hexadecimalDigit)
        guard digits.count == 64, digits.allSatisfy({ $0 != nil }) else { return nil }
        bytes = stride(from: 0, to: 64, by: 2).map { digits[$0]! << 4 | digits[$0 + 1]! }
    }

    package var hexadecimal: String {
        String(decoding: bytes.flatMap { [hexadecimalLetter($0 >> 4), hexadecimalLetter($0 & 0xF)] }, as: UTF8.self)
    }

    /// Whether this is the hash of `key`. Takes the same time wherever they differ.
    package func matches(_ key: String) -> Bool {
        var key = key
        let digest = key.withUTF8 { SHA256.hash(data: UnsafeRawBufferPointer($0)) }
        guard bytes.count == SHA256.byteCount else { return false }
        var difference: UInt8 = 0
        digest.withUnsafeBytes { for index in 0..<$0.count { difference |= bytes[index] ^ $0[index] } }
        return difference == 0
    }
}

extension APIKey: CustomStringConvertible {
    /// Never the key itself: descriptions end in logs.
    package var description: String { "\(text.prefix(12))…" }
}

private let digits = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)

/// Divides a big-endian number in place.
private func remainder(dividing number: inout [UInt8], by divisor: Int) -> Int {
    var remainder = 0
    for index in number.indices {
        let value = remainder << 8 | Int(number[index])
        number[index] = UInt8(value / divisor)
        remainder = value % divisor
    }
    return remainder
}

/// CRC-32 as in zlib and PNG.
private func crc32(_ bytes: ArraySlice<UInt8>) -> UInt32 {
    var crc: UInt32 = ~0
    for byte in bytes {
        crc ^= UInt32(byte)
        for _ in 0..<8 { crc = crc & 1 == 0 ? crc >> 1 : crc >> 1 ^ 0xEDB8_8320 }
    }
    return ~crc
}
