package import Admission
package import ControlPlane
internal import Leaderboards
package import Logging
internal import ServiceLifecycle

/// Judges every request: who asks, whether he may, and whether it is not too much.
///
/// Synchronous and from memory. Only a player's token that was not seen before needs more: its signature is checked, for
/// which its keys may have to be fetched.
package final class Gatekeeper: Service {
    let directory: AccessDirectory
    let pepper: KeyPepper
    let players: PlayerTokens
    let rates: RateTable
    /// Where gateways tell which scores were entered.
    package let scores = ScoreSamples()
    var clock: AccessClock { directory.clock }
    let start: Timestamp

    package struct Configuration: Sendable {
        /// How many users, addresses, keys and projects are counted at once: 24 bytes for each.
        package var rateCapacity = 1 << 18
        package var players = PlayerTokens.Configuration()

        package init() {}
    }

    package init(
        directory: AccessDirectory, pepper: KeyPepper, configuration: Configuration = Configuration(),
        keySets: any KeySetFetcher = NoKeySets(), logger: Logger
    ) {
        self.directory = directory
        self.pepper = pepper
        start = directory.clock.now()
        rates = RateTable(capacity: configuration.rateCapacity)
        players = PlayerTokens(configuration.players, fetcher: keySets, clock: directory.clock, logger: logger)
    }

    /// Keeps the key sets of tenants fresh until it is told to stop.
    package func run() async { await players.keySets.run() }

    package enum Verdict: Sendable {
        /// With how it stands with its limits, if it has any.
        case admitted(Caller, RateFigures?)
        case denied(Denial)
        /// Call `verify`, and if that denies nothing, ask again.
        case unverified(PlayerToken)
    }

    package func judge(_ request: AccessRequest) -> Verdict {
        guard let credential = request.credential, !credential.isEmpty else { return .denied(.missingCredential) }
        if PlayerToken.looksLikeOne(credential) { return judgePlayer(credential, request) }
        guard credential.utf8.count == APIKey.byteCount else { return .denied(.invalidCredential) }
        let now = clock.now()
        switch key(pepper.digest(of: credential), at: now) {
        case .failure(let denial): return .denied(denial)
        case .success(let key):
            key.use.note(now)
            let subjects = Subjects(project: key.project, key: key, user: nil, address: request.address)
            return judge(key.caller, subjects, request, now)
        }
    }

    /// A key that is good now.
    func key(_ digest: KeyDigest, at now: Timestamp) -> Result<KeyAccess, Denial> {
        guard let key = directory.key(digest) else {
            return .failure(directory.isStale ? .unavailable : .invalidCredential)
        }
        guard key.record.isValid(at: now) else { return .failure(.invalidCredential) }
        if let denial = key.project.denial { return .failure(denial) }
        return .success(key)
    }

    /// Judges a request of somebody who is known, and counts it.
    func judge(_ caller: Caller, _ subjects: Subjects, _ request: AccessRequest, _ now: Timestamp) -> Verdict {
        if let country = request.country { subjects.note(country) }
        let verdict = decide(caller, subjects, request, now)
        if case .denied = verdict {
            subjects.count(request.cost, refused: request.cost)
        } else {
            subjects.count(request.cost, refused: 0)
            let served = subjects.project.state.served
            served.count(requests: request.cost)
            if request.scope == .read { served.count(reads: request.cost) }
        }
        return verdict
    }

    private func decide(
        _ caller: Caller, _ subjects: Subjects, _ request: AccessRequest, _ now: Timestamp
    ) -> Verdict {
        let project = subjects.project
        guard project.addresses.admit(request.address) else { return .denied(.addressDenied) }
        // Before the rest: whoever tries what he may not is counted, too.
        let figures: RateFigures?
        switch charge(subjects, cost: request.cost) {
        case .success(let known): figures = known
        case .failure(let denial): return .denied(denial)
        }
        guard caller.scopes.isSuperset(of: request.scope) else { return .denied(.missingScope(request.scope)) }
        if let id = request.leaderboard, !caller.mayUse(leaderboard: id.utf8) { return .denied(.foreignLeaderboard) }
        if let denial = countInMonth(project, request.cost, now) { return .denied(denial) }
        return .admitted(caller, figures)
    }

    func countInMonth(_ project: ProjectAccess, _ cost: Int, _ now: Timestamp) -> Denial? {
        guard let limit = project.requestsPerMonth else { return nil }
        return project.state.month.add(cost, atMost: limit, at: now) ? nil : .monthIsUsedUp(limit: limit)
    }
}

/// What is asked, as far as it matters who may.
package struct AccessRequest: Sendable {
    /// An API key or a player's token, as it was sent.
    package var credential: String?
    /// The project that a player's token is for, if that is said beside it.
    package var project: String?
    package var address: IPAddress?
    package var scope: Scopes
    /// The leaderboard that it is about, if it is about one.
    package var leaderboard: String?
    /// How many requests it counts as.
    package var cost = 1
    /// Where it comes from, as far as somebody said who is trusted.
    package var country: CountryCode?

    package init(
        credential: String?, project: String? = nil, address: IPAddress? = nil, scope: Scopes,
        leaderboard: String? = nil, cost: Int = 1, country: CountryCode? = nil
    ) {
        self.credential = credential
        self.project = project
        self.address = address
        self.scope = scope
        self.leaderboard = leaderboard
        self.cost = cost
        self.country = country
    }
}

extension AccessRequest: CustomStringConvertible {
    /// Without the credential: descriptions end in logs.
    package var description: String { "a request for \(scope.names.joined(separator: " and "))" }
}

extension ProjectAccess {
    /// What keeps everybody out.
    var denial: Denial? {
        switch standing {
        case .open: nil
        case .suspended: .tenantSuspended
        case .closed: .invalidCredential
        }
    }
}
