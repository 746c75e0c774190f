internal import ControlPlane
internal import Leaderboards
internal import Synchronization

extension Gatekeeper {
    /// What keeps a submit from counting, if anything does: where the project wants submits signed, this one must be, and not
    /// with a signature that came before.
    ///
    /// Nonces are remembered here while the process lives. Beyond it the shard remembers them, as the submit's request key
    /// (`requestKey`). A submit that has a key of its own has no room for that: what was signed before this process began may
    /// have come to the one before it, and is not taken.
    ///
    /// - Parameter hasKey: it has a request key of its own
    package func checkSignature(
        _ header: String?, of body: UnsafeRawBufferPointer, from caller: Caller, hasKey: Bool = false
    ) -> Denial? {
        guard caller.mustSign else { return nil }
        guard let project = directory.project(caller.project), let secret = project.project.settings.submitSecret else {
            return nil
        }
        guard let header else { return .invalidSignature("This project takes scores with Laurel-Signature only.") }
        guard let signature = SubmitSignature(header) else {
            return .invalidSignature("Laurel-Signature takes the form t=<seconds>,n=<nonce>,v1=<hexadecimal>.")
        }
        let now = clock.now()
        guard signature.isCurrent(at: now) else {
            return .invalidSignature("Its time is more than five minutes from the server's clock.")
        }
        // Before it is remembered: nobody fills the table with what he could not sign.
        guard signature.signs(body, with: secret) else {
            return .invalidSignature("It is not that of this time, nonce and body.")
        }
        if hasKey, signature.seconds * 1000 < start.milliseconds {
            return .invalidSignature("It was made before the server started. Sign the request anew.")
        }
        switch project.state.nonces.withLock({ $0.enter(signature.mark, at: now) }) {
        case .new: return nil
        case .seen: return .replayedSignature
        case .full: return .unavailable
        }
    }

    /// By which a shard remembers a signed submit; nil if it need not be signed. Precondition: `checkSignature` has let it in.
    package func requestKey(ofSignature header: String?, from caller: Caller) -> String? {
        guard caller.mustSign, let header else { return nil }
        return SubmitSignature(header)?.mark.requestKey
    }
}
