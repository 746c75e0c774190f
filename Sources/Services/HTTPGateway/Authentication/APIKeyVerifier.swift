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
    private let hash: APIKeyHash
    private let caller: Caller

    package init(hash: APIKeyHash, project: String = "default") {
        self.hash = hash
        caller = Caller(project: project)
    }

    package init(key: APIKey, project: String = "default") { self.init(hash: key.hash, project: project) }

    package func caller(withKey key: String) async -> Caller? {
        // The hash decides; the checksum would only cost time.
        key.utf8.count <= APIKey.byteCountMax && hash.matches(key) ? caller : nil
    }
}
