package import ControlPlane

/// Who asks: what a valid key says of the request.
package struct Caller: Sendable, Hashable {
    package var project: String

    package init(project: String) { self.project = project }
}

/// Knows which keys are valid.
package protocol APIKeyVerifier: Sendable {
    /// Nil if the key is not valid. `key` is what the client sent, unchecked.
    ///
    /// Asked for every request: an implementation answers from memory, and compares in constant time.
    func caller(withKey key: String) async -> Caller?
}

/// One key for one project.
package struct SingleKeyVerifier: APIKeyVerifier {
    private let digest: KeyDigest
    private let pepper: KeyPepper
    private let caller: Caller

    package init(key: APIKey, project: String = "default") {
        // Nothing is stored: the pepper only has to be another one than anybody knows.
        pepper = KeyPepper(bytes: (0..<KeyPepper.byteCount).map { _ in UInt8.random(in: 0...255) })
        digest = pepper.digest(of: key.text)
        caller = Caller(project: project)
    }

    package func caller(withKey key: String) async -> Caller? {
        // The digest decides; the checksum would only cost time.
        key.utf8.count <= APIKey.byteCount && pepper.digest(of: key) == digest ? caller : nil
    }
}
