import AccessSupport
import Admission
import ControlPlane
import Foundation
import JWTKit
import Leaderboards
import Testing

@testable import Tenancy

@Suite struct PlayerTokenTests {
    @Test("A player reads everything, enters his own scores, and nothing else", arguments: [true, false])
    func player(hasPublicKey: Bool) async throws {
        let studio = try await Studio()
        let token = try await (hasPublicKey ? studio.publicSigner : studio.secretSigner).sign(studio.claims())
        let place = studio.place
        guard case .admitted(let caller, _) = await place.gatekeeper.admit(.init(credential: token, scope: .write))
        else {
            Issue.record("not let in")
            return
        }
        #expect(caller.project.text == "games")
        #expect(caller.user == "ann")
        #expect(caller.denial(ofScoreOn: "race".utf8, for: "ann".utf8) == nil)
        #expect(caller.denial(ofScoreOn: "race".utf8, for: "bob".utf8) == .foreignUser)
        #expect(caller.denial(ofScoreOn: "ranked".utf8, for: "ann".utf8) == .authoritativeLeaderboard)
        #expect(place.gatekeeper.denial(token) == nil)
        #expect(place.gatekeeper.denial(token, .admin) == .missingScope(.admin))
    }

    @Test("A token that names leaderboards is for no others")
    func leaderboards() async throws {
        let studio = try await Studio()
        let token = try await studio.secretSigner.sign(studio.claims { $0.lb = ["race"] })
        #expect(await studio.denial(token, leaderboard: "race") == nil)
        #expect(await studio.denial(token, leaderboard: "chess") == .foreignLeaderboard)
    }

    @Test("The project is named by the token or beside it, and not differently by both")
    func project() async throws {
        let studio = try await Studio()
        let without = try await studio.secretSigner.sign(studio.claims { $0.prj = nil })
        let with = try await studio.secretSigner.sign(studio.claims())
        #expect(await studio.denial(without) == .invalidCredential)
        #expect(await studio.denial(without, project: "games") == nil)
        #expect(await studio.denial(with, project: "games") == nil)
        #expect(await studio.denial(with, project: "others") == .invalidCredential)
        #expect(await studio.denial(without, project: "nowhere") == .invalidCredential)
    }

    @Test(
        "Claims that are not as they must be are refused",
        arguments: [
            "no user", "long user", "no end", "over", "too far", "not yet", "from the future", "another issuer",
            "no issuer", "another audience",
        ])
    func claims(wrong: String) async throws {
        let studio = try await Studio()
        let now = Double(studio.place.clock.seconds)
        let token = try await studio.secretSigner.sign(
            studio.claims { claims in
                switch wrong {
                case "no user": claims.sub = nil
                case "long user": claims.sub = String(repeating: "a", count: 256)
                case "no end": claims.exp = nil
                case "over": claims.exp = now
                case "too far": claims.exp = now + 86_400 + 61
                case "not yet": claims.nbf = now + 61
                case "from the future": claims.iat = now + 61
                case "another issuer": claims.iss = "someone"
                case "no issuer": claims.iss = nil
                default: claims.aud = AudienceClaim(value: ["another"])
                }
            })
        #expect(await studio.denial(token) == .invalidCredential)
    }

    @Test("Clocks that differ by a minute are allowed for, and a token ends at its very second")
    func leeway() async throws {
        let studio = try await Studio()
        let now = Double(studio.place.clock.seconds)
        let token = try await studio.secretSigner.sign(
            studio.claims {
                $0.nbf = now + 60
                $0.iat = now + 60
                $0.exp = now + 90
            })
        #expect(await studio.denial(token) == nil)
        studio.place.clock.advance(bySeconds: 89.999)
        #expect(await studio.denial(token) == nil)
        studio.place.clock.advance(bySeconds: 0.001)
        #expect(await studio.denial(token) == .invalidCredential)
    }

    @Test("A token without a signature, or with one made of a public key, is none")
    func confusion() async throws {
        let studio = try await Studio()
        let claims = studio.claims()
        let payload = try JSONEncoder().encode(claims)
        func part(_ bytes: some Collection<UInt8>) -> String {
            Data(bytes).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing(
                "=", with: "")
        }
        for header in [#"{"alg":"none"}"#, #"{"alg":"None","kid":"public"}"#, #"{"kid":"secret"}"#, "{}"] {
            for signature in ["", part([0, 1, 2])] {
                let token = "\(part(header.utf8)).\(part(payload)).\(signature)"
                #expect(await studio.denial(token) == .invalidCredential)
            }
        }
        // HS256 with the public key as its secret, under each name.
        for kid in ["public", "secret"] {
            let forger = JWTKeyCollection()
            await forger.add(hmac: HMACKey(from: studio.publicPEM), digestAlgorithm: .sha256)
            let token = try await forger.sign(claims, header: ["kid": .string(kid)])
            #expect(await studio.denial(token) == .invalidCredential)
        }
        // A right signature under a wrong name, or with another algorithm in the header.
        let wrongKey = try await studio.secretSigner.sign(claims, header: ["kid": "public"])
        let unknownKey = try await studio.secretSigner.sign(claims, header: ["kid": "other"])
        for token in [wrongKey, unknownKey] { #expect(await studio.denial(token) == .invalidCredential) }
        // An extension that must be understood.
        let critical = try await studio.secretSigner.sign(
            claims, header: ["kid": "secret", "crit": .array([.string("b64")])])
        #expect(await studio.denial(critical) == .invalidCredential)
    }

    @Test("A token that was changed, cut or is too long is none")
    func malformed() async throws {
        let studio = try await Studio()
        let token = try await studio.secretSigner.sign(studio.claims())
        for wrong in [
            token + "A", String(token.dropLast(3)), token + ".", "a.b.c", "..",
            token + String(repeating: "A", count: 5000),
        ] {
            #expect(await studio.denial(wrong) == .invalidCredential)
        }
    }

    @Test("A token that was verified counts no more once its key is taken out of the project, or the tenant suspended")
    func afterChanges() async throws {
        let studio = try await Studio()
        let token = try await studio.secretSigner.sign(studio.claims())
        #expect(await studio.denial(token) == nil)
        try await studio.place.setStatus(.suspended, of: "games")
        #expect(await studio.denial(token) == .tenantSuspended)
        try await studio.place.setStatus(.active, of: "games")
        #expect(await studio.denial(token) == nil)
        try await studio.place.changeSettings(of: "games") { $0.playerTokens?.keys.removeAll { $0.id == "secret" } }
        #expect(await studio.denial(token) == .invalidCredential)
    }

    @Test("A verified token is known by its digest, and each user is limited by himself")
    func users() async throws {
        let studio = try await Studio()
        try await studio.place.changeSettings(of: "games") { $0.userRate = Rate(requests: 1, seconds: 1, burst: 2) }
        let ann = try await studio.secretSigner.sign(studio.claims())
        let again = try await studio.secretSigner.sign(studio.claims { $0.iat = Double(studio.place.clock.seconds) })
        let bob = try await studio.secretSigner.sign(studio.claims { $0.sub = "bob" })
        #expect(await studio.denial(ann) == nil)
        #expect(studio.place.gatekeeper.denial(ann) == nil)
        guard case .rateLimited(let figures) = await studio.denial(again) else {
            Issue.record("the user has two tokens and twice the rate")
            return
        }
        #expect(figures.subject == .user)
        #expect(await studio.denial(bob) == nil)
    }

    @Test("Who sends wrong tokens from one address is made to wait")
    func wrongTokens() async throws {
        let studio = try await Studio()
        try await studio.place.changeSettings(of: "games") { $0.addressRate = Rate(requests: 1, seconds: 1, burst: 2) }
        let wrong = try await studio.secretSigner.sign(studio.claims()) + "AAAA"
        #expect(await studio.denial(wrong, address: "10.0.0.1") == .invalidCredential)
        #expect(await studio.denial(wrong, address: "10.0.0.1") == .invalidCredential)
        guard case .rateLimited = await studio.denial(wrong, address: "10.0.0.1") else {
            Issue.record("not limited")
            return
        }
        #expect(await studio.denial(wrong, address: "10.0.0.2") == .invalidCredential)
    }

    @Test("Of verified tokens no more are remembered than there is room for, those asked for again the longest")
    func cache() {
        var cache = PlayerCache(capacity: 8)
        let caller = Caller(
            tenant: TenantID("t")!, project: ProjectID("p")!, key: nil, scopes: .read, mustSign: false, user: "u")
        let player = PlayerAccess(caller, expiresAt: .distantFuture, basis: .init(version: 1))
        let digests = (0..<100).map { AccessPlace.pepper.digest(of: "\($0)") }
        for digest in digests {
            cache.insert(player, digest)
            #expect(cache[digests[0]] != nil)
            #expect(cache.count <= 8)
        }
        #expect(cache[digests[50]] == nil)
        #expect(cache[digests[99]] != nil)
    }
}
