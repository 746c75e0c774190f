/// A secret that opens a project: `lrl_live_` or `lrl_test_`, 32 random characters (190 bits), 6 characters of checksum.
///
/// The checksum lets typing mistakes and made-up keys be turned away without a look-up, and lets scanners find keys that
/// leaked into code. It proves nothing. Only a `KeyDigest` is stored: secrets that random need no slow hash.
package struct APIKey: Sendable, Hashable {
    package let text: String

    package static let randomCount = 32
    package static let checksumCount = 6
    /// How many random bytes `init(random:)` takes.
    package static let seedByteCount = 24

    /// Nil unless the text has the form of a key and its checksum is right.
    package init?(_ text: some StringProtocol) {
        let bytes = Array(text.utf8)
        let count = Self.byteCount
        guard bytes.count == count,
            Project.Environment.allCases.contains(where: { bytes.starts(with: Self.prefix(of: $0).utf8) })
        else { return nil }
        let random = bytes[(count - Self.checksumCount - Self.randomCount)..<(count - Self.checksumCount)]
        guard random.allSatisfy(digits.contains) else { return nil }
        guard bytes.suffix(Self.checksumCount).elementsEqual(Self.checksum(of: random)) else { return nil }
        self.text = String(text)
    }

    /// Precondition: 24 bytes that nobody can guess.
    package init(random: [UInt8], environment: Project.Environment = .live) {
        precondition(random.count == Self.seedByteCount)
        // A number of 192 bits in base 62, of which 32 digits are kept: they hold 190 bits.
        var number = random
        var letters: [UInt8] = []
        for _ in 0..<Self.randomCount { letters.append(digits[remainder(dividing: &number, by: 62)]) }
        let checksum = Self.checksum(of: letters[...])
        text = Self.prefix(of: environment) + String(decoding: letters + checksum, as: UTF8.self)
    }

    package static func prefix(of environment: Project.Environment) -> String { "lrl_\(environment.rawValue)_" }

    /// What may be shown of a key, to tell it from others.
    package var hint: String { String(text.prefix(Self.hintCount)) }
    private static let hintCount = 13

    /// Every key has this length.
    package static let byteCount = 9 + randomCount + checksumCount

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

extension APIKey: CustomStringConvertible {
    /// Never the key itself: descriptions end in logs.
    package var description: String { "\(hint)…" }
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
