package import Admission
internal import ControlPlane
internal import Leaderboards

/// What a long connection has after it has shown its key: the right to go on until the key is over.
///
/// To look whether it is good still takes two words, unless something has changed in the directory.
package struct Pass: Sendable {
    package private(set) var caller: Caller
    fileprivate let digest: KeyDigest
    fileprivate let address: IPAddress?
    fileprivate var key: KeyAccess
    fileprivate var generation: UInt64

    fileprivate init(_ key: KeyAccess, _ digest: KeyDigest, _ address: IPAddress?, _ generation: UInt64) {
        self.key = key
        self.digest = digest
        self.address = address
        self.generation = generation
        caller = key.caller
    }

    fileprivate mutating func renew(_ key: KeyAccess, _ generation: UInt64) {
        self.key = key
        self.generation = generation
        caller = key.caller
    }
}

extension Gatekeeper {
    /// Opens a connection. Only keys open one, not players' tokens.
    package func open(_ credential: String, from address: IPAddress?) -> Result<Pass, Denial> {
        guard credential.utf8.count == APIKey.byteCount else { return .failure(.invalidCredential) }
        let generation = directory.generation
        let now = clock.now()
        let digest = pepper.digest(of: credential)
        return key(digest, at: now).flatMap { key in
            guard key.project.addresses.admit(address) else { return .failure(.addressDenied) }
            key.use.note(now)
            return .success(Pass(key, digest, address, generation))
        }
    }

    /// Why the pass is good no more; nil if it is.
    package func check(_ pass: inout Pass) -> Denial? {
        let now = clock.now()
        let generation = directory.generation
        if generation != pass.generation {
            switch key(pass.digest, at: now) {
            case .failure(let denial): return denial
            case .success(let key):
                guard key.project.addresses.admit(pass.address) else { return .addressDenied }
                pass.renew(key, generation)
            }
        } else if !pass.key.record.isValid(at: now) {
            return .invalidCredential
        }
        pass.key.use.note(now)
        return nil
    }

    /// Takes up to so many commands of the limits. Answers how many may be carried out, and if not all, why.
    package func charge(_ pass: Pass, upTo count: Int) -> (count: Int, denial: Denial?) {
        let subjects = Subjects(project: pass.key.project, key: pass.key, user: nil, address: pass.address)
        let outcome = take(subjects, upTo: count)
        // Of those that find no room one is counted: the client is told, and sends what is left of them again.
        let refused = outcome.denial == nil ? 0 : 1
        subjects.count(outcome.count + refused, refused: refused)
        if outcome.count > 0 { subjects.project.state.served.count(requests: outcome.count) }
        return outcome
    }

    /// Of the commands that were let in so many only read.
    package func note(reads count: Int, of pass: Pass) { pass.key.project.state.served.count(reads: count) }

    private func take(_ subjects: Subjects, upTo count: Int) -> (count: Int, denial: Denial?) {
        let project = subjects.project
        var allowed = count
        var denial: Denial?
        if project.isLimited || subjects.key?.limit != nil { (allowed, denial) = charge(subjects, upTo: count) }
        guard project.requestsPerMonth != nil, allowed > 0 else { return (allowed, denial) }
        if let refusal = countInMonth(project, allowed, clock.now()) { return (0, refusal) }
        return (allowed, denial)
    }
}
