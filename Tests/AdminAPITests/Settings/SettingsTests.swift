import ControlPlane
import Crypto
import Foundation
import Leaderboards
import Testing

@testable import AdminAPI

@Suite struct SettingsTests {
    private static let secret = Data(repeating: 0xA5, count: 32).base64EncodedString()
    private static let publicKey = P256.Signing.PrivateKey().publicKey.pemRepresentation

    private func office() async throws -> Office {
        let office = try await Office()
        _ = try await office.tenant(plan: .studio)
        _ = try await office.project()
        return office
    }

    @Test("Everything can be set, and comes back without secrets")
    func everything() async throws {
        let office = try await office()
        let rate = Rate(requests: 100, seconds: 1, burst: 200).json
        let patch: JSON = [
            "rate": rate, "key_rate": rate, "user_rate": rate, "address_rate": rate,
            "cors_origins": ["https://play.example", "http://localhost:3000"],
            "allowed_addresses": ["10.0.0.0/8", "2001:db8::/32"], "denied_addresses": ["10.1.2.3"],
            "filter": ["mode": "block", "threshold": 7, "disabled_rules": ["sql-statement"]],
            "player_tokens": [
                "issuer": "https://id.example", "audience": "game", "lifetime_seconds_max": 3600,
                "keys": [
                    ["id": "a", "algorithm": "HS256", "material": .string(Self.secret)],
                    ["id": "b", "algorithm": "ES256", "material": .string(Self.publicKey)],
                ], "key_set_url": "https://id.example/keys.json",
            ],
            "authoritative_leaderboards": ["race", "cup-*"],
            "submit_secret": "0123456789abcdef0123456789abcdef",
        ]
        let settings = try await office.configure(patch).settings
        #expect(settings.rate?.burst == 200)
        #expect(settings.filter.mode == .block)
        #expect(settings.playerTokens?.keys.count == 2)
        #expect(settings.playerTokens?.keySetURL == "https://id.example/keys.json")
        #expect(settings.submitSecret == "0123456789abcdef0123456789abcdef")
        let shown = settings.shown.description
        #expect(!shown.contains(Self.secret))
        #expect(!shown.contains("0123456789abcdef"))
        #expect(settings.shown["player_tokens"]?["keys"] != nil)
        #expect(settings.hidden == ["player_tokens.keys[0].material", "submit_secret"])
        // What was shown can be sent back, and changes nothing.
        #expect(try await office.configure(settings.shown).settings == settings)
        let note = try #require(try await office.lastNote())
        #expect(note.action == "project.configure")
        #expect(note.detail.contains("submit_secret set"))
        #expect(note.detail.contains("player_tokens set"))
        #expect(!note.detail.contains(Self.secret))
    }

    @Test("A patch changes what it names; null takes away, or restores the default")
    func patch() async throws {
        let office = try await office()
        _ = try await office.configure([
            "cors_origins": ["*"], "filter": ["mode": "off", "threshold": 9],
            "submit_secret": "0123456789abcdef0123456789abcdef",
        ])
        let settings = try await office.configure(["filter": ["threshold": .null], "submit_secret": .null]).settings
        #expect(settings.corsOrigins == ["*"])
        #expect(settings.filter.mode == .off)
        #expect(settings.filter.threshold == FilterSettings().threshold)
        #expect(settings.submitSecret == nil)
        let bare = try await office.configure(["cors_origins": .null, "filter": .null]).settings
        #expect(bare == ProjectSettings())
        #expect(try await office.lastNote()?.detail.contains("cors_origins: [\"*\"] → []") == true)
    }

    @Test("All that is wrong is told at once, field by field, and nothing is changed")
    func problems() async throws {
        let office = try await office()
        let patch: JSON = [
            "colour": "red", "rate": ["requests": 1, "seconds": 86_401, "burst": 1],
            "cors_origins": ["https://play.example/path", "*", 7], "allowed_addresses": "10.0.0.0/8",
            "denied_addresses": ["10.1.2.3/8", "nowhere"], "filter": ["mode": "maybe", "threshold": 0],
            "player_tokens": ["lifetime_seconds_max": 0, "keys": [["algorithm": "HS256", "material": "c2hvcnQ="]]],
            "authoritative_leaderboards": ["a b"], "submit_secret": "short",
        ]
        let problem = try await refusal { _ = try await office.configure(patch) }
        #expect(problem?.code == .invalidFields)
        let found = Set(problem?.fields.map { "\($0.field) \($0.code)" } ?? [])
        let expected: Set = [
            "colour unknown_field", "rate.seconds out_of_range", "cors_origins[0] invalid_value",
            "cors_origins[2] wrong_type", "allowed_addresses wrong_type", "denied_addresses[0] invalid_value",
            "denied_addresses[1] invalid_value", "filter.mode invalid_value", "filter.threshold out_of_range",
            "player_tokens.lifetime_seconds_max out_of_range", "player_tokens.keys[0].material invalid_value",
            "authoritative_leaderboards[0] invalid_value", "submit_secret invalid_value",
        ]
        #expect(found == expected)
        let project = try await office.administration.project(ProjectID("game")!, Office.chief)
        #expect(project.settings == ProjectSettings())
        // Values are not repeated: one of them may be a secret.
        #expect(problem?.detail.contains("c2hvcnQ=") == false)
    }

    @Test(
        "A settings document that is no object is refused",
        arguments: [JSON.null, .string("a"), .array([]), .integer(1)])
    func noObject(patch: JSON) async throws {
        let office = try await office()
        #expect(try await code { _ = try await office.configure(patch) } == .invalidFields)
    }

    @Test("A project's rate is not above its plan's, and a plan that shrinks later does not stand in the way")
    func planRate() async throws {
        let office = try await office()
        let fits = Rate(requests: 2000, seconds: 1, burst: 4000)
        _ = try await office.configure(["rate": fits.json])
        for rate in [
            Rate(requests: 2001, seconds: 1, burst: 1), Rate(requests: 1, seconds: 1, burst: 4001),
            Rate(requests: 4001, seconds: 2, burst: 1),
        ] {
            let problem = try await refusal { _ = try await office.configure(["rate": rate.json]) }
            #expect(problem?.fields.map(\.code) == ["plan_limit"])
        }
        _ = try await office.administration.setPlan(of: TenantID("acme")!, to: Plan.free.id, Office.chief)
        #expect(try await office.configure(["cors_origins": ["*"]]).settings.rate == fits)
    }

    @Test("Rules of the filter are named by their ids")
    func filterRules() async throws {
        let office = try await office()
        #expect(
            try await office.configure(["filter": ["disabled_rules": ["sql-statement"]]]).settings.filter.disabledRules
                == ["sql-statement"])
        let problem = try await refusal {
            _ = try await office.configure(["filter": ["disabled_rules": ["sql-onion"]]])
        }
        #expect(problem?.fields.map(\.field) == ["filter.disabled_rules[0]"])
    }

    @Test("A token key that is named without its secret keeps it; one that is not known needs one")
    func keptSecret() async throws {
        let office = try await office()
        let key: JSON = ["id": "a", "algorithm": "HS256", "material": .string(Self.secret)]
        _ = try await office.configure(["player_tokens": ["keys": [key]]])
        let both = try await office.configure([
            "player_tokens": [
                "keys": [
                    ["id": "a", "algorithm": "HS256"],
                    ["algorithm": "ES256", "material": .string(Self.publicKey)],
                ]
            ]
        ])
        #expect(both.settings.playerTokens?.keys.map(\.material) == [Self.secret, Self.publicKey])
        let problem = try await refusal {
            _ = try await office.configure(["player_tokens": ["keys": [["id": "c", "algorithm": "HS256"]]]])
        }
        #expect(problem?.fields.map { "\($0.field) \($0.code)" } == ["player_tokens.keys[0].material missing_field"])
    }

    @Test("Token settings with no key and no address, or with two keys of one id, are refused")
    func tokenKeys() async throws {
        let office = try await office()
        let empty = try await refusal { _ = try await office.configure(["player_tokens": ["issuer": "a"]]) }
        #expect(empty?.fields.map(\.field) == ["player_tokens"])
        let key: JSON = ["id": "a", "algorithm": "HS256", "material": .string(Self.secret)]
        let double = try await refusal { _ = try await office.configure(["player_tokens": ["keys": [key, key]]]) }
        #expect(double?.fields.map(\.field) == ["player_tokens.keys"])
        for pem in ["-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----", Self.secret] {
            let wrong: JSON = ["algorithm": "ES256", "material": .string(pem)]
            let problem = try await refusal { _ = try await office.configure(["player_tokens": ["keys": [wrong]]]) }
            #expect(problem?.fields.map(\.field) == ["player_tokens.keys[0].material"])
        }
    }

    @Test(
        "A key set comes over TLS from a host at a usual port",
        arguments: [
            ("https://id.example/keys", true), ("https://id.example:8443/keys?v=1", true), ("https://id.example", true),
            ("http://id.example/keys", false), ("https://id.example:80/", false), ("https://u:p@id.example/", false),
            ("https:///keys", false), ("https://id.example/#a", false), ("https://id example/", false),
        ])
    func keySetURL(text: String, isAllowed: Bool) async throws {
        let office = try await office()
        let problem = try await refusal {
            _ = try await office.configure(["player_tokens": ["key_set_url": .string(text)]])
        }
        #expect((problem == nil) == isAllowed)
    }

    @Test("Lists are bounded, and nothing stands in them twice")
    func bounds() async throws {
        let office = try await office()
        let many = JSON.array((0...ProjectSettingsReader.originCountMax).map { .string("https://a\($0).example") })
        let problem = try await refusal { _ = try await office.configure(["cors_origins": many]) }
        #expect(problem?.fields.map(\.code) == ["too_many"])
        let twice = try await refusal { _ = try await office.configure(["denied_addresses": ["::1", "::1"]]) }
        #expect(twice?.fields.map(\.field) == ["denied_addresses[1]"])
        let findings = Findings()
        for index in 0..<500 { findings.add("f\(index)", .value, "") }
        #expect(findings.problems.count == Findings.countMax)
    }
}

extension JSON: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByArrayLiteral {
    init(stringLiteral value: String) { self = .string(value) }
    init(integerLiteral value: Int64) { self = .integer(value) }
    init(arrayLiteral elements: JSON...) { self = .array(elements) }
}
