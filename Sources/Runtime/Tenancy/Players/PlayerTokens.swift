internal import ControlPlane
internal import Foundation
internal import JWTKit
internal import Leaderboards
internal import Logging
internal import Synchronization

/// Verifies the tokens of players, with the keys that their project names or publishes.
///
/// The key decides the algorithm, never the token: of HS256 keys and ES256 keys only those are tried that the token names
/// by `kid` and that are for its `alg`. So no public key is ever taken for a secret.
package final class PlayerTokens: Sendable {
    package struct Configuration: Sendable {
        /// How many verified tokens are remembered.
        package var cacheCapacity = 1 << 16
        /// How old a key set may get.
        package var keySetInterval = Duration.seconds(300)
        /// So long no key set is fetched again for a `kid` that it does not have, or that could not be fetched.
        package var refetchInterval = Duration.seconds(30)

        package init() {}
    }

    private let cache: Mutex<PlayerCache>
    let keySets: KeySets

    init(_ configuration: Configuration, fetcher: any KeySetFetcher, clock: AccessClock, logger: Logger) {
        cache = Mutex(PlayerCache(capacity: configuration.cacheCapacity))
        keySets = KeySets(configuration, fetcher: fetcher, clock: clock, logger: logger)
    }

    func known(_ digest: KeyDigest) -> PlayerAccess? { cache.withLock { $0[digest] } }

    /// Whether what a player was verified with is still so.
    func isCurrent(_ player: PlayerAccess, _ project: ProjectAccess) -> Bool {
        player.basis.version == project.project.version
            && (player.basis.keySet == nil
                || player.basis.keySet == project.project.settings.playerTokens?.keySetURL.flatMap(keySets.version(of:)))
    }

    /// The project that a token says it is for, and what it is verified by.
    func parse(_ token: PlayerToken) -> ParsedToken? {
        guard token.text.utf8.count <= PlayerToken.byteCountMax,
            let parsed = try? DefaultJWTParser().parse(Array(token.text.utf8), as: PlayerClaims.self),
            let algorithm = parsed.header.alg.flatMap(Algorithm.init(rawValue:)),
            // An extension that must be understood, and none is.
            parsed.header.crit == nil, parsed.header.fields["crit"] == nil
        else { return nil }
        guard let project = token.project ?? parsed.payload.prj,
            parsed.payload.prj == nil || parsed.payload.prj == project
        else { return nil }
        return ParsedToken(project: project, algorithm: algorithm, keyID: parsed.header.kid)
    }

    typealias Algorithm = PlayerTokenSettings.VerificationKey.Algorithm

    struct ParsedToken {
        var project: String
        var algorithm: Algorithm
        var keyID: String?
    }

    /// Verifies a token and remembers it.
    func verify(
        _ token: PlayerToken, _ parsed: ParsedToken, for project: ProjectAccess, at now: Timestamp
    ) async -> Denial? {
        guard let settings = project.project.settings.playerTokens else { return .invalidCredential }
        var basis = PlayerAccess.Basis(version: project.project.version, keySet: nil)
        var claims = await verified(token, by: Self.keys(settings, parsed))
        if claims == nil, parsed.algorithm == .es256, let url = settings.keySetURL, let id = parsed.keyID {
            switch await keySets.key(id, from: url) {
            case .unavailable: return .unavailable
            case .none: break
            case .found(let key, let version):
                basis.keySet = version
                claims = await verified(token, by: [key])
            }
        }
        guard let claims, claims.areGood(at: Double(now.milliseconds) / 1000, settings) else {
            return .invalidCredential
        }
        let caller = Caller(
            tenant: project.project.tenant, project: project.project.id, key: nil, scopes: [.read, .write],
            leaderboards: claims.lb.map(LeaderboardFilter.init),
            mustSign: project.project.settings.submitSecret != nil, user: claims.sub,
            authoritative: project.authoritative, filter: project.filter, traffic: [project.state.traffic])
        let expiry = Timestamp(milliseconds: Int64(claims.exp! * 1000))
        let player = PlayerAccess(caller, expiresAt: expiry, basis: basis)
        cache.withLock { $0.insert(player, token.digest) }
        return nil
    }

    private func verified(_ token: PlayerToken, by keys: [VerifyingKey]) async -> PlayerClaims? {
        for key in keys {
            if let claims = await key.claims(of: token.text) { return claims }
        }
        return nil
    }

    private static func keys(_ settings: PlayerTokenSettings, _ parsed: ParsedToken) -> [VerifyingKey] {
        settings.keys.filter { $0.id == parsed.keyID && $0.algorithm == parsed.algorithm }
            .prefix(keyCountMax).compactMap(VerifyingKey.init)
    }

    /// Of one `kid`, or of none: more are not tried.
    private static let keyCountMax = 4
}
