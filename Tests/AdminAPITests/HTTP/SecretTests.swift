import ControlPlane
import Foundation
import HTTPTypes
import Testing

@testable import AdminAPI

/// No secret may stand where it is not meant to: it would end in logs, tickets and screenshots.
@Suite struct SecretTests {
    @Test(
        "Keys, tokens, the pepper and the secrets of a project stand in no list, no error, no audit log and no log")
    func secrets() async throws {
        let site = try await AdminSite()
        let tokenSecret = Data((0..<40).map { UInt8($0) }).base64EncodedString()
        let submitSecret = "this-is-a-secret-for-signing-submits-1"
        try await site.run { client in
            _ = try await client.post("tenants", #"{"id":"acme","name":"Acme"}"#)
            _ = try await client.post("tenants/acme/projects", #"{"id":"game","name":"Game"}"#)
            let key = try await client.post("projects/game/keys", #"{"name":"server"}"#)
            let rotated = try await client.post("keys/\(try #require(key.text("id")))/rotate", "{}")
            let member = try await client.post("tenants/acme/members", #"{"email":"ann@acme.example","role":"owner"}"#)
            let memberID = try #require(member.text("id"))
            let memberToken = try await client.post("members/\(memberID)/tokens", #"{"name":"laptop"}"#)
            let memberTokenText = try #require(memberToken.text("token"))
            let memberTokenID = try #require(memberToken.text("id"))
            var answers: [String] = []
            answers.append(
                try await client.send(
                    .get, "tenants", headers: [.authorization: "Bearer \(memberTokenText)"]
                ).body)
            answers.append(
                try await client.send(
                    .get, "tenants", headers: [.authorization: "Bearer \(memberTokenText)x"]
                ).body)
            let settings =
                #"{"submit_secret":"\#(submitSecret)","player_tokens":{"keys":[{"id":"a","algorithm":"HS256","material":"\#(tokenSecret)"}]}}"#
            answers.append(try await client.patch("projects/game/settings", settings).body)
            // Also where something about them is wrong.
            answers.append(
                try await client.patch(
                    "projects/game/settings", #"{"submit_secret":"\#(submitSecret) \#(submitSecret)","colour":1}"#
                ).body)
            answers.append(
                try await client.patch(
                    "projects/game/settings",
                    #"{"player_tokens":{"keys":[{"id":"a","algorithm":"ES256","material":"\#(tokenSecret)"}]}}"#
                ).body)
            answers.append(
                try await client.send(
                    .get, "tenants", headers: [.authorization: "Bearer \(AdminSite.token.text)x"]
                ).body)
            let keyText = try #require(key.text("key"))
            let keyID = try #require(rotated.text("id"))
            answers.append(try await client.get("keys/\(keyText)").body)
            answers.append(try await client.post("tenants/acme/projects", #"{"\#(keyText)":1}"#).body)
            for path in [
                "tenants", "projects", "projects/game", "projects/game/settings", "projects/game/limits",
                "projects/game/keys?all=true", "keys/\(keyID)", "projects/game/usage", "audit?limit=1000", "plans",
                "members/\(memberID)/tokens", "tokens/\(memberTokenID)",
            ] {
                let answer = try await client.get(path)
                #expect(answer.status == 200, "\(path)")
                answers.append(answer.body)
            }
            let rotatedText = try #require(rotated.text("key"))
            // An unknown field's name is repeated to whoever sent it, and only there.
            answers = answers.map {
                $0.replacing(#""field":"\#(keyText)""#, with: "").replacing("\(keyText): There", with: "")
            }
            let text = answers.joined() + site.log.text
            let pepper = (0..<32).map { String(format: "%02x", $0) }.joined()
            for (name, secret) in [
                ("a key", keyText), ("a rotated key", rotatedText), ("the token", AdminSite.token.text),
                ("a member's token", memberTokenText),
                ("a digest of one", Office.pepper.digest(of: memberTokenText).hexadecimal),
                ("a token key", tokenSecret), ("a submit secret", submitSecret), ("the pepper", pepper),
                ("a digest", Office.pepper.digest(of: keyText).hexadecimal),
            ] {
                #expect(!text.contains(secret), "\(name)")
                #expect(!text.contains(secret.dropFirst(13).prefix(20)), "a part of \(name)")
            }
        }
        #expect(site.log.text.contains("A wrong token was sent."))
    }
}
