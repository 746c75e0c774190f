import ControlPlane
import Foundation
import Leaderboards
import Testing

struct KeyRecordTests {
    private func key(expiresAt: Int64?, revokedAt: Int64?) -> KeyRecord {
        KeyRecord(
            id: KeyID(unchecked: "key_a"), project: ProjectID(unchecked: "prj_a"), name: "",
            digest: KeyDigest(bytes: [UInt8](repeating: 0, count: 32))!, hint: "", grant: KeyGrant(scopes: .read),
            createdAt: Timestamp(seconds: 0), expiresAt: expiresAt.map { Timestamp(seconds: $0) },
            revokedAt: revokedAt.map { Timestamp(seconds: $0) })
    }

    @Test func `A key is valid until it expires or is revoked`() {
        #expect(key(expiresAt: nil, revokedAt: nil).isValid(at: .distantFuture))
        for key in [
            key(expiresAt: 10, revokedAt: nil), key(expiresAt: nil, revokedAt: 10), key(expiresAt: 99, revokedAt: 10),
        ] {
            #expect(key.isValid(at: Timestamp(milliseconds: 9_999)))
            #expect(!key.isValid(at: Timestamp(seconds: 10)))
        }
    }

    @Test func `Scopes have names, in one order, and unknown names are refused`() {
        #expect(Scopes.all.names == ["read", "write", "admin"])
        #expect(Scopes(names: ["admin", "read"]) == [.read, .admin])
        #expect(Scopes(names: []) == [])
        #expect(Scopes(names: ["read", "root"]) == nil)
        for rawValue in UInt8(0)..<8 {
            let scopes = Scopes(rawValue: rawValue)
            #expect(Scopes(names: scopes.names) == scopes)
        }
    }

    @Test func `A grant is for the leaderboards it names, or for all`() {
        #expect(KeyGrant(scopes: .all).includes(leaderboard: "race"))
        #expect(!KeyGrant(scopes: .all, leaderboards: []).includes(leaderboard: "race"))
        let grant = KeyGrant(scopes: .all, leaderboards: ["race", "cup-*"])
        for id in ["race", "cup-", "cup-1", "cup-*"] { #expect(grant.includes(leaderboard: id), "\(id)") }
        for id in ["rac", "race1", "cup", "Race", ""] { #expect(!grant.includes(leaderboard: id), "\(id)") }
        #expect(KeyGrant(scopes: .all, leaderboards: ["*"]).includes(leaderboard: "any"))
    }
}

/// What is stored as a document is read for ever, by newer Laurels and, while a cluster is updated, by older ones.
struct DocumentTests {
    private func decode<Value: Decodable>(_ type: Value.Type, _ json: String) throws -> Value {
        try JSONDecoder().decode(type, from: Data(json.utf8))
    }

    @Test func `Settings that say nothing are the defaults`() throws {
        #expect(try decode(ProjectSettings.self, "{}") == ProjectSettings())
        #expect(try decode(FilterSettings.self, "{}") == FilterSettings())
        #expect(try decode(PlayerTokenSettings.self, "{}") == PlayerTokenSettings())
        #expect(try decode(Quota.self, "{}") == Quota())
        var some = ProjectSettings()
        some.filter.threshold = 7
        some.playerTokens = PlayerTokenSettings()
        #expect(try decode(ProjectSettings.self, #"{"filter":{"threshold":7},"player_tokens":{}}"#) == some)
    }

    @Test func `Members that are not known are passed over`() throws {
        #expect(try decode(ProjectSettings.self, #"{"colour":"red","filter":{"depth":3}}"#) == ProjectSettings())
        #expect(try decode(Quota.self, #"{"wishes":3,"keys":1}"#) == Quota(keys: 1))
    }

    @Test(arguments: [ProjectSettings(), ExampleRecords.settings])
    func `Settings read back as they were written`(_ settings: ProjectSettings) throws {
        let written = try JSONEncoder().encode(settings)
        #expect(try JSONDecoder().decode(ProjectSettings.self, from: written) == settings)
    }

    @Test func `Members have the names that they had`() throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let quota = Quota(
            requestsPerMonth: 1, leaderboards: 2, entries: 3, storedBytes: 4, streams: 5, projects: 6, keys: 7,
            rate: Rate(requests: 8, seconds: 9, burst: 10))
        #expect(
            String(decoding: try encoder.encode(quota), as: UTF8.self)
                == #"{"entries":3,"keys":7,"leaderboards":2,"projects":6,"rate":{"burst":10,"requests":8,"seconds":9},"#
                + #""requests_per_month":1,"stored_bytes":4,"streams":5}"#)
        #expect(
            String(decoding: try encoder.encode(ExampleRecords.settings), as: UTF8.self)
                == #"{"address_rate":{"burst":4,"requests":4,"seconds":4},"allowed_addresses":["10.0.0.0/8"],"#
                + #""authoritative_leaderboards":["cup"],"cors_origins":["https://example.com","*"],"#
                + #""denied_addresses":["10.1.2.3","fe80::/10"],"#
                + #""filter":{"disabled_rules":["sql-1"],"mode":"block","threshold":9},"#
                + #""key_rate":{"burst":2,"requests":2,"seconds":2},"#
                + #""player_tokens":{"audience":"race","issuer":"https://id.example.com","#
                + #""key_set_url":"https://id.example.com/jwks","keys":["#
                + #"{"algorithm":"HS256","id":"k1","material":"c2VjcmV0"},"#
                + #"{"algorithm":"ES256","material":"-----BEGIN\n\"PUBLIC\" KEY-----"}],"lifetime_seconds_max":60},"#
                + #""rate":{"burst":1,"requests":1,"seconds":1},"submit_secret":"\u0000/\\🏁","#
                + #""user_rate":{"burst":3,"requests":3,"seconds":3}}"#)
    }

    @Test func `A rate is valid within its bounds`() {
        #expect(Rate(requests: 1, seconds: 1, burst: 1).isValid)
        #expect(Rate(requests: 10_000_000, seconds: 86_400, burst: 10_000_000).isValid)
        #expect(!Rate(requests: 0, seconds: 1, burst: 1).isValid)
        #expect(!Rate(requests: 1, seconds: 86_401, burst: 1).isValid)
        #expect(!Rate(requests: 1, seconds: 1, burst: 0).isValid)
    }
}
