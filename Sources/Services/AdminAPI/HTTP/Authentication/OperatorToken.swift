import ControlPlane
import Crypto

/// The secret of whoever runs the service: like an API key, with the prefix `lrl_operator_`.
package struct OperatorToken: Sendable {
    package let text: String
    private let digest: SHA256.Digest

    package static let prefix = "lrl_operator_"

    /// Nil unless the text has the form of a token and its checksum is right.
    package init?(_ text: String) {
        guard text.hasPrefix(Self.prefix),
            APIKey(APIKey.prefix(of: .live) + text.dropFirst(Self.prefix.count)) != nil
        else { return nil }
        self.init(unchecked: text)
    }

    /// Precondition: `APIKey.seedByteCount` bytes that nobody can guess.
    package init(random: [UInt8]) {
        let key = APIKey(random: random, environment: .live)
        self.init(unchecked: Self.prefix + key.text.dropFirst(APIKey.prefix(of: .live).count))
    }

    private init(unchecked text: String) {
        self.text = text
        digest = SHA256.hash(data: Array(text.utf8))
    }

    /// Takes as long whatever was sent.
    func matches(_ sent: String) -> Bool { SHA256.hash(data: Array(sent.utf8)) == digest }
}

extension OperatorToken: CustomStringConvertible {
    /// Never the token itself: descriptions end in logs.
    package var description: String { "\(Self.prefix)…" }
}
