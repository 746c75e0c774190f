internal import Crypto

/// What is stored in a key's place: HMAC-SHA256 under the server's pepper, so that a stolen database alone lets nobody try
/// keys.
package struct KeyDigest: Hashable, Sendable {
    /// 32 of them.
    package let bytes: [UInt8]

    package init?(bytes: [UInt8]) {
        guard bytes.count == SHA256.byteCount else { return nil }
        self.bytes = bytes
    }

    /// From 64 hexadecimal digits.
    package init?(hexadecimal text: String) {
        let digits = text.utf8.map(hexadecimalDigit)
        guard digits.count == 64, digits.allSatisfy({ $0 != nil }) else { return nil }
        bytes = stride(from: 0, to: 64, by: 2).map { digits[$0]! << 4 | digits[$0 + 1]! }
    }

    package var hexadecimal: String {
        String(decoding: bytes.flatMap { [hexadecimalLetter($0 >> 4), hexadecimalLetter($0 & 0xF)] }, as: UTF8.self)
    }
}

/// A secret of the service that all digests depend on. All nodes of a cluster have the same.
package struct KeyPepper: Sendable {
    /// Begun with the key: what that costs is not paid for each digest.
    private let begun: HMAC<SHA256>

    package static let byteCount = 32

    /// Precondition: 32 bytes that nobody can guess.
    package init(bytes: [UInt8]) {
        precondition(bytes.count == Self.byteCount)
        begun = HMAC<SHA256>(key: SymmetricKey(data: bytes))
    }

    /// The digest of what a client sent, whatever it is. Looking it up in a table tells nothing of the keys in it: who doesn't
    /// know the pepper can't choose digests.
    package func digest(of key: some StringProtocol) -> KeyDigest {
        var code = begun
        code.update(data: Array(key.utf8))
        return KeyDigest(bytes: Array(code.finalize()))!
    }
}

extension KeyPepper: CustomStringConvertible {
    /// Never the pepper itself: descriptions end in logs.
    package var description: String { "pepper" }
}

private func hexadecimalDigit(_ letter: UInt8) -> UInt8? {
    switch letter {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): letter - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): letter - UInt8(ascii: "a") + 10
    default: nil
    }
}

private func hexadecimalLetter(_ digit: UInt8) -> UInt8 {
    digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10
}
