import AccessSupport
import Admission
import ControlPlane
import Foundation
import JWTKit
import Leaderboards

@testable import Tenancy

/// A project `games` that believes tokens of one secret and of one public key, and a neighbour `others`.
struct Studio {
    let place: AccessPlace
    let secretSigner: Signer
    let publicSigner: Signer
    let publicPEM: String

    /// Signs tokens in the name of its key.
    struct Signer {
        fileprivate let keys = JWTKeyCollection()
        let name: String

        func sign(_ claims: PlayerClaims, header: JWTHeader? = nil) async throws -> String {
            try await keys.sign(claims, header: header ?? ["kid": .string(name)])
        }
    }

    static let secret = Data((0..<32).map { UInt8($0) })

    init(_ place: AccessPlace = AccessPlace(), keySetURL: String? = nil) async throws {
        self.place = place
        let key = ES256PrivateKey()
        publicPEM = key.publicKey.pemRepresentation
        secretSigner = Signer(name: "secret")
        publicSigner = Signer(name: "public")
        await secretSigner.keys.add(hmac: HMACKey(from: Self.secret), digestAlgorithm: .sha256, kid: "secret")
        await publicSigner.keys.add(ecdsa: key, kid: "public")
        // For headers that name another key than the one that signs.
        await secretSigner.keys.add(hmac: HMACKey(from: Self.secret), digestAlgorithm: .sha256)

        var tokens = PlayerTokenSettings()
        tokens.issuer = "studio"
        tokens.audience = "laurel"
        tokens.keySetURL = keySetURL
        tokens.keys = [
            .init(id: "secret", algorithm: .hs256, material: Self.secret.base64EncodedString()),
            .init(id: "public", algorithm: .es256, material: publicPEM),
        ]
        var settings = ProjectSettings()
        settings.playerTokens = tokens
        settings.authoritativeLeaderboards = ["ranked"]
        try await place.addProject("games", settings)
        try await place.addProject("others")
    }

    func claims(_ change: (inout PlayerClaims) -> Void = { _ in }) -> PlayerClaims {
        var claims = PlayerClaims()
        claims.sub = "ann"
        claims.exp = Double(place.clock.seconds + 3600)
        claims.iss = "studio"
        claims.aud = AudienceClaim(value: ["laurel", "elsewhere"])
        claims.prj = "games"
        change(&claims)
        return claims
    }

    /// Nil if a token is let in to read.
    func denial(
        _ token: String, project: String? = nil, leaderboard: String? = nil, address: String? = nil
    ) async -> Denial? {
        let request = AccessRequest(
            credential: token, project: project, address: address.flatMap { IPAddress($0) }, scope: .read,
            leaderboard: leaderboard)
        switch await place.gatekeeper.admit(request) {
        case .admitted: return nil
        case .denied(let denial): return denial
        case .unverified: return .invalidSignature("unverified")
        }
    }
}
