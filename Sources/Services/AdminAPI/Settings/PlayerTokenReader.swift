import ControlPlane
import Crypto
import FoundationEssentials

/// Reads whose tokens of players are believed, and tries every key.
struct PlayerTokenReader {
    var findings: Findings

    static let keyCountMax = 20
    static let secretByteCountMin = 32

    func settings(_ reader: ObjectReader) -> PlayerTokenSettings {
        var settings = PlayerTokenSettings()
        settings.issuer = reader.text("issuer", byteCount: 1...512)
        settings.audience = reader.text("audience", byteCount: 1...512)
        settings.lifetimeSecondsMax =
            reader.integer("lifetime_seconds_max", in: 1...31_536_000).map { Int($0) } ?? settings.lifetimeSecondsMax
        let elements = reader.elements("keys", countMax: Self.keyCountMax)
        settings.keys = elements?.compactMap { key($0.value, at: $0.path) } ?? []
        let ids = settings.keys.map(\.id)
        if Set(ids).count < ids.count {
            findings.add(reader.field("keys"), .value, "Two keys have the same id, or none.")
        }
        let hasAddress = reader.has("key_set_url")
        settings.keySetURL = keySetURL(reader)
        if elements?.isEmpty ?? true, !hasAddress {
            findings.add(reader.path, .missing, "Without keys and key_set_url no token could be believed.")
        }
        reader.end()
        return settings
    }

    private func key(_ value: JSON, at path: String) -> PlayerTokenSettings.VerificationKey? {
        let reader = ObjectReader(value, at: path, findings)
        let id = reader.text("id", byteCount: 1...255)
        let algorithm = reader.choice(
            "algorithm", of: PlayerTokenSettings.VerificationKey.Algorithm.self, required: true)
        let material = reader.text("material", byteCount: 1...4096, required: true)
        reader.end()
        guard let algorithm, let material else { return nil }
        switch algorithm {
        case .hs256:
            guard let secret = Data(base64Encoded: material), secret.count >= Self.secretByteCountMin else {
                findings.add(
                    reader.field("material"), .value,
                    "The secret of HS256 is base64 of at least \(Self.secretByteCountMin) bytes.")
                return nil
            }
        case .es256:
            guard (try? P256.Signing.PublicKey(pemRepresentation: material)) != nil else {
                findings.add(
                    reader.field("material"), .value, "The key of ES256 is a public key of the curve P-256 as PEM.")
                return nil
            }
        }
        return .init(id: id, algorithm: algorithm, material: material)
    }

    /// Only over TLS: who could change the answer could make tokens for anyone.
    private func keySetURL(_ reader: ObjectReader) -> String? {
        guard let text = reader.text("key_set_url", byteCount: 1...2000) else { return nil }
        if isKeySetURL(text) { return text }
        findings.add(
            reader.field("key_set_url"), .value,
            "https://host/path is expected, at port 443 or 8443, and nothing else in it.")
        return nil
    }

    private func isKeySetURL(_ text: String) -> Bool {
        guard text.hasPrefix("https://"),
            text.utf8.allSatisfy({ 0x21...0x7E ~= $0 && $0 != UInt8(ascii: "#") && $0 != UInt8(ascii: "\\") })
        else { return false }
        let rest = text.dropFirst("https://".count)
        let authority = rest.prefix { $0 != "/" && $0 != "?" }
        let parts = authority.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let isUsualPort = parts.count == 1 || parts[1] == "443" || parts[1] == "8443"
        let path = rest[authority.endIndex...]
        return isUsualPort && Origin.isHost(parts[0].lowercased()[...]) && (path.isEmpty || path.first == "/")
    }
}
