internal import ControlPlane
internal import Leaderboards

extension Gatekeeper {
    func judgePlayer(_ credential: String, _ request: AccessRequest) -> Verdict {
        guard credential.utf8.count <= PlayerToken.byteCountMax else { return .denied(.invalidCredential) }
        let digest = pepper.digest(of: credential)
        let token = PlayerToken(text: credential, digest: digest, project: request.project, address: request.address)
        guard let player = players.known(digest), let project = directory.project(player.caller.project) else {
            return .unverified(token)
        }
        if let named = request.project, named != player.caller.project.text { return .denied(.invalidCredential) }
        let now = clock.now()
        guard now < player.expiresAt else { return .denied(.invalidCredential) }
        if let denial = project.denial { return .denied(denial) }
        guard players.isCurrent(player, project) else { return .unverified(token) }
        let subjects = Subjects(project: project, key: nil, user: player.identity, address: request.address)
        return judge(player.caller, subjects, request, now)
    }

    /// Verifies a token that `judge` did not know. Answers why it is none, or nil: then `judge` knows it.
    package func verify(_ token: PlayerToken) async -> Denial? {
        guard let parsed = players.parse(token), let id = ProjectID(parsed.project) else { return .invalidCredential }
        guard let project = directory.project(id) else {
            return directory.isStale ? .unavailable : .invalidCredential
        }
        if let denial = project.denial { return denial }
        guard project.addresses.admit(token.address) else { return .addressDenied }
        // Signatures cost a thousand times what keys do: whoever has sent too many wrong ones must wait.
        if let denial = checkAddress(token.address, of: project, fails: false) { return denial }
        guard let denial = await players.verify(token, parsed, for: project, at: clock.now()) else { return nil }
        return checkAddress(token.address, of: project, fails: true) ?? denial
    }

    /// `judge`, and `verify` if need be.
    package func admit(_ request: AccessRequest) async -> Verdict {
        let verdict = judge(request)
        guard case .unverified(let token) = verdict else { return verdict }
        if let denial = await verify(token) { return .denied(denial) }
        let second = judge(request)
        // Its project was changed that very moment.
        if case .unverified = second { return .denied(.unavailable) }
        return second
    }
}
