internal import Crypto
internal import Foundation

/// A key that signs a server's challenge: Ed25519, written as an nkey seed (`SU…`).
///
/// A seed is base32 of two bytes that say what it is, 32 bytes of the key, and a CRC16 of both, least byte first:
///
///     byte 0   S (18 << 3), and the upper 3 bits of the kind
///     byte 1   the lower 5 bits of the kind, << 3
///     2 ..< 34 the seed
///     34       CRC16 (XMODEM)
package struct NKey: Sendable {
    /// Whose key it is. Only users connect.
    private static let user: UInt8 = 20 << 3
    private static let seed: UInt8 = 18 << 3

    private let key: Curve25519.Signing.PrivateKey

    /// Throws what is wrong with the seed, and never the seed.
    package init(seed text: some StringProtocol) throws(CredentialsError) {
        // Written back, since the last letter has bits that nothing checks.
        guard let bytes = Base32.decode(text), bytes.count == 36, Base32.encode(bytes) == text else {
            throw CredentialsError("is no nkey seed")
        }
        let stored = UInt16(bytes[34]) | UInt16(bytes[35]) << 8
        guard CRC16.checksum(bytes[..<34]) == stored else {
            throw CredentialsError("is an nkey seed with a mistake in it")
        }
        guard bytes[0] & 0xF8 == Self.seed else { throw CredentialsError("is an nkey, but no seed") }
        guard (bytes[0] & 7) << 5 | bytes[1] >> 3 == Self.user else {
            throw CredentialsError("is an nkey seed, but not of a user")
        }
        guard let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: bytes[2..<34]) else {
            throw CredentialsError("is no nkey seed")
        }
        self.key = key
    }

    /// `U…`, which the server knows it by.
    package var publicKey: String {
        var bytes = [Self.user] + key.publicKey.rawRepresentation
        let checksum = CRC16.checksum(bytes[...])
        bytes += [UInt8(truncatingIfNeeded: checksum), UInt8(checksum >> 8)]
        return Base32.encode(bytes)
    }

    /// The signature of a challenge, in base64 for URLs, without padding.
    func sign(_ nonce: String) throws(CredentialsError) -> String {
        guard let signature = try? key.signature(for: Array(nonce.utf8)) else {
            throw CredentialsError("can't sign")
        }
        return Data(signature).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_")
            .replacing("=", with: "")
    }
}

extension NKey: CustomStringConvertible, CustomReflectable {
    /// Descriptions end in logs.
    package var description: String { publicKey }
    package var customMirror: Mirror { Mirror(self, children: ["publicKey": publicKey]) }
}

/// CRC16 as XMODEM has it: polynomial 0x1021, from 0.
enum CRC16 {
    static func checksum(_ bytes: ArraySlice<UInt8>) -> UInt16 {
        bytes.reduce(0) { checksum, byte in
            var checksum = checksum ^ UInt16(byte) << 8
            for _ in 0..<8 { checksum = checksum & 0x8000 == 0 ? checksum << 1 : checksum << 1 ^ 0x1021 }
            return checksum
        }
    }
}

/// What is wrong with credentials, without them.
package struct CredentialsError: Error, Hashable, CustomStringConvertible {
    package let description: String

    init(_ problem: String) { description = "the credential \(problem)" }
}
