/// A secret by which a member acts: `lrl_member_` and, as in an `APIKey`, 32 random characters and 6 of checksum.
package struct MemberToken: Sendable, Hashable {
    package let text: String

    package static let prefix = "lrl_member_"

    /// Nil unless the text has the form of a token and its checksum is right.
    package init?(_ text: some StringProtocol) {
        guard text.hasPrefix(Self.prefix),
            APIKey(APIKey.prefix(of: .live) + text.dropFirst(Self.prefix.count)) != nil
        else { return nil }
        self.text = String(text)
    }

    /// Precondition: `APIKey.seedByteCount` bytes that nobody can guess.
    package init(random: [UInt8]) {
        let key = APIKey(random: random, environment: .live)
        text = Self.prefix + key.text.dropFirst(APIKey.prefix(of: .live).count)
    }

    /// What may be shown of a token, to tell it from others.
    package var hint: String { String(text.prefix(Self.hintCount)) }
    private static let hintCount = prefix.count + 4
}

extension MemberToken: CustomStringConvertible {
    /// Never the token itself: descriptions end in logs.
    package var description: String { "\(hint)…" }
}
