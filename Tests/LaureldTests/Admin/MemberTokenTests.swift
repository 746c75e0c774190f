import Foundation
import Testing
import TestSupport

extension RealProcess {
    @Suite("Members act themselves")
    struct MemberTokenTests {
        @Test("With a token of her own ann works in her tenant, sees no other, and ends with it")
        func story() async throws {
            try await TemporaryDirectory.with { directory in
                let node = try AdminNode(directory)
                for tenant in ["acme", "rival"] {
                    try node.run("tenants", "create", "--id", tenant, "--name", tenant, "--plan", "studio")
                }
                try node.run("projects", "create", "--tenant", "rival", "--id", "theirs", "--name", "Theirs")
                func member(_ name: String, _ role: String) throws -> String {
                    let added = try node.run(
                        "members", "add", "--tenant", "acme", "--email", "\(name)@acme.example", "--role", role,
                        "--json")
                    return try #require(try added.json()["id"] as? String)
                }
                let ann = try member("ann", "owner")
                let bob = try member("bob", "developer")
                func token(_ member: String) throws -> String {
                    let file = directory.path + "/\(member).token"
                    let made = try node.run(
                        "members", "token", "create", member, "--name", "laptop", "--token-file", file)
                    #expect(made.code == 0, "\(made)")
                    let text = try String(contentsOfFile: file, encoding: .utf8).trimmingCharacters(in: .newlines)
                    #expect(text.wholeMatch(of: /lrl_member_[0-9A-Za-z]{38}/) != nil)
                    #expect(!made.output.contains(text))
                    return "@" + file
                }
                let (annToken, bobToken) = (try token(ann), try token(bob))
                func asAnn(_ arguments: String...) throws -> AdminNode.Outcome {
                    try AdminNode.run(
                        arguments, environment: ["LAUREL_ADMIN": node.address, "LAUREL_TOKEN": annToken],
                        directory: node.directory)
                }
                func asBob(_ arguments: String...) throws -> AdminNode.Outcome {
                    try AdminNode.run(
                        arguments + ["--token", bobToken], environment: ["LAUREL_ADMIN": node.address],
                        directory: node.directory)
                }
                #expect(
                    try asAnn("projects", "create", "--tenant", "acme", "--id", "game", "--name", "Game").code == 0)
                #expect(try asAnn("projects", "list").output.split(separator: "\n").count == 2)
                #expect(try asAnn("keys", "create", "--project", "game", "--name", "server").code == 0)
                #expect(try asAnn("audit", "list", "--limit", "1").output.contains("member \(ann)"))
                let foreign = try asAnn("projects", "show", "theirs")
                #expect(foreign.code == 3)
                #expect(foreign.complaint == "laurel: There is no project theirs. (unknown_project)\n")
                #expect(try asAnn("tenants", "list").complaint.contains("(forbidden)"))
                #expect(try asBob("settings", "set", "game", "cors_origins=[\"*\"]").code == 0)
                #expect(
                    try asBob("keys", "create", "--project", "game", "--name", "k").complaint.contains("(forbidden)"))

                // The member's own token is hers to rotate; the record's id stands in the list.
                let list = try asBob("members", "token", "list", bob, "--json").json()
                let id = try #require((list["items"] as? [[String: Any]])?.first?["id"] as? String)
                #expect(try asBob("members", "token", "show", id).field("status") == "active")
                let next = directory.path + "/next.token"
                #expect(try asBob("members", "token", "rotate", id, "--overlap", "60", "--token-file", next).code == 0)
                #expect(try asBob("members", "token", "revoke", id).field("status") == "revoked")
                #expect(try asBob("projects", "list").complaint.contains("(invalid_token)"))

                // Another node of the same database would do: what ends a member is read with each request.
                try node.run("tenants", "suspend", "acme")
                #expect(try asAnn("projects", "list").complaint.contains("(tenant_suspended)"))
                try node.run("tenants", "resume", "acme")
                #expect(try asAnn("projects", "list").code == 0)
                try node.run("members", "remove", bob)
                let removed = try AdminNode.run(
                    ["projects", "list", "--token", "@" + next], environment: ["LAUREL_ADMIN": node.address],
                    directory: node.directory)
                #expect(removed.complaint.contains("(invalid_token)"))
                #expect(try node.laureld.stop() == .exited(0))

                // The token does not stand in the database, nor in what the node said.
                let database = try Data(contentsOf: URL(filePath: directory.path + "/laurel-data/control.sqlite"))
                let secret = try String(contentsOfFile: String(annToken.dropFirst()), encoding: .utf8)
                    .trimmingCharacters(in: .newlines).suffix(30)
                #expect(database.range(of: Data(secret.utf8)) == nil)
                #expect(!node.laureld.process.output.text.contains(secret))
            }
        }
    }
}
