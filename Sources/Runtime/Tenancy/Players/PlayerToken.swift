internal import Admission
internal import ControlPlane
internal import JWTKit

/// A token that a tenant gave to one of its players: a JWT, not verified yet.
package struct PlayerToken: Sendable {
    let text: String
    let digest: KeyDigest
    /// The project that was named beside it.
    let project: String?
    let address: IPAddress?

    static let byteCountMax = 4096

    /// A key has no dots, a token has two.
    static func looksLikeOne(_ credential: String) -> Bool { credential.utf8.contains(UInt8(ascii: ".")) }
}

extension PlayerToken: CustomStringConvertible {
    /// Never the token itself: descriptions end in logs.
    package var description: String { "player token" }
}

/// What a token says. Times are seconds since 1970.
struct PlayerClaims: JWTPayload {
    var sub: String?
    var exp: Double?
    var nbf: Double?
    var iat: Double?
    var iss: String?
    var aud: AudienceClaim?
    /// The project.
    var prj: String?
    /// The only leaderboards that it is for.
    var lb: [String]?

    /// JWTKit asks this behind the signature, with a clock of its own. `PlayerTokens` judges claims by ours instead.
    func verify(using algorithm: some JWTAlgorithm) {}
}

extension PlayerClaims {
    /// `exp` may not be passed, by no margin; clocks that differ are allowed for in the other two.
    static let leewaySeconds = 60.0
    static let leaderboardCountMax = 100

    /// Whether the claims are such as the project's settings want them.
    func areGood(at now: Double, _ settings: PlayerTokenSettings) -> Bool {
        guard let sub, 1...255 ~= sub.utf8.count, let exp, exp.isFinite, exp > now,
            exp <= now + Double(settings.lifetimeSecondsMax) + Self.leewaySeconds
        else { return false }
        if let nbf, !(nbf <= now + Self.leewaySeconds) { return false }
        if let iat, !(iat <= now + Self.leewaySeconds) { return false }
        if let issuer = settings.issuer, iss != issuer { return false }
        if let audience = settings.audience, !(aud?.value.contains(audience) ?? false) { return false }
        return (lb?.count ?? 0) <= Self.leaderboardCountMax
    }
}
