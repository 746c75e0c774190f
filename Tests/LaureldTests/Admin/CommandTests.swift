import Foundation
import Testing
import TestSupport

extension RealProcess {
    @Suite("The command laurel")
    struct CommandTests {
        @Test("Tables are aligned, with times of RFC 3339, and every list and record is JSON where it is asked for")
        func tables() async throws {
            try await TemporaryDirectory.with { directory in
                let node = try AdminNode(directory)
                try node.run("tenants", "create", "--id", "a", "--name", "A long name indeed", "--plan", "studio")
                try node.run("tenants", "create", "--id", "longer-id", "--name", "Ü")
                let lines = try node.run("tenants", "list").output.split(separator: "\n").map(String.init)
                // With the tenant that a node makes for itself.
                #expect(lines.count == 4)
                let header = try #require(lines.first)
                #expect(header.hasPrefix("ID         NAME                PLAN       STATUS  CREATED AT"))
                for title in ["NAME", "PLAN", "STATUS", "CREATED AT"] {
                    let place = header.distance(
                        from: header.startIndex, to: try #require(header.range(of: title)).lowerBound)
                    for line in lines {
                        let characters = Array(line)
                        #expect(characters[place - 1] == " " && characters[place] != " ", "\(line)")
                    }
                }
                #expect(lines[1].contains(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z$/))

                try node.run("projects", "create", "--tenant", "a", "--id", "p", "--name", "P")
                let key = try node.run("keys", "create", "--project", "p", "--name", "k", "--json").json()
                let keyID = try #require(key["id"] as? String)
                #expect((key["key"] as? String)?.hasPrefix("lrl_live_") == true)
                let member = try node.run(
                    "members", "add", "--tenant", "a", "--email", "ann@a.example", "--role", "owner", "--json"
                ).json()
                let memberID = try #require(member["id"] as? String)
                let records = [
                    ["tenants", "show", "a"], ["tenants", "rename", "a", "B"], ["tenants", "set-plan", "a", "free"],
                    ["tenants", "suspend", "a"], ["tenants", "resume", "a"], ["projects", "show", "p"],
                    ["projects", "rename", "p", "Q"], ["limits", "show", "p"],
                    ["limits", "set", "p", "--key-rate", "5/s"],
                    ["filter", "show", "p"], ["members", "show", memberID], ["plans", "show", "studio"],
                    ["settings", "get", "p"], ["settings", "set", "p", "filter.mode=block"], ["usage", "show", "p"],
                    ["keys", "show", keyID], ["keys", "change", keyID, "--name", "l"],
                    ["keys", "rotate", keyID], ["keys", "revoke", keyID], ["members", "set-role", memberID, "owner"],
                    ["plans", "create", "indie", "--name", "Indie", "--keys", "3"],
                    ["plans", "set", "indie", "--keys", "unlimited", "--rate", "10/s"],
                    ["projects", "delete", "p", "--yes"],
                    ["tenants", "delete", "a", "--yes"],
                ]
                for command in records {
                    let outcome = try AdminNode.run(
                        command + ["--json", "--admin", node.address], directory: node.directory)
                    #expect(outcome.code == 0, "\(command): \(outcome.complaint)")
                    #expect(outcome.complaint == "")
                    #expect(try outcome.json().isEmpty == false)
                }
                let lists = [
                    ["tenants", "list", "--all"], ["projects", "list"], ["projects", "list", "--tenant", "a", "--all"],
                    ["keys", "list", "--project", "p", "--all"], ["members", "list", "--tenant", "a"],
                    ["plans", "list"],
                    ["audit", "list"], ["audit", "list", "--tenant", "a", "--limit", "3"],
                    ["anomalies", "list"], ["anomalies", "list", "--project", "p"],
                ]
                for command in lists {
                    let outcome = try AdminNode.run(
                        command + ["--json", "--admin", node.address], directory: node.directory)
                    #expect(outcome.code == 0, "\(command): \(outcome.complaint)")
                    #expect(try outcome.json()["items"] is [Any], "\(command)")
                    let table = try AdminNode.run(command + ["--admin", node.address], directory: node.directory)
                    #expect(table.output.hasPrefix("ID") || table.output.hasPrefix("AT"), "\(command)")
                }
                #expect(try node.laureld.stop() == .exited(0))
            }
        }

        @Test("What the request filter met is counted rule by rule")
        func filter() async throws {
            try await TemporaryDirectory.with { directory in
                let node = try AdminNode(directory)
                let client = node.laureld.client()
                try client.createLeaderboard(#"{"id":"a","columns":[{"name":"p","type":"integer"}]}"#)
                try client.submit("a", "../../etc/passwd", 1)
                let table = try node.run("filter", "show", "default").output.split(separator: "\n")
                #expect(table.prefix(3) == ["project:    default", "mode:       detect", "threshold:  5"])
                #expect(table[3].hasPrefix("ID"))
                #expect(table.contains { $0.hasPrefix("path-traversal") && $0.contains("5      yes      1         0") })
                #expect(table.count == 4 + 25)
                let met = try node.run("filter", "show", "default", "--met", "--json").json()
                let rules = try #require(met["rules"] as? [[String: Any]])
                #expect(Set(rules.compactMap { $0["id"] as? String }) == ["path-traversal", "sensitive-path"])
                #expect(try node.run("filter", "show", "none").code == 3)
                #expect(try node.laureld.stop() == .exited(0))
            }
        }

        @Test("The exit code says what to do about it, and the complaint has the error's code")
        func exitCodes() async throws {
            try await TemporaryDirectory.with { directory in
                let node = try AdminNode(directory)
                try node.run("tenants", "create", "--id", "a", "--name", "A")
                func check(_ outcome: AdminNode.Outcome, _ code: Int32, _ words: String) {
                    #expect(outcome.code == code, "\(outcome)")
                    #expect(outcome.output == "", "\(outcome)")
                    #expect(outcome.complaint.contains(words), "\(outcome)")
                }
                #expect(try node.run("tenants", "show", "a").code == 0)
                #expect(try node.run("--help").code == 0)
                #expect(try node.run("--version").output == "0.1.0\n")

                check(try node.run("tenants", "create", "--name", ""), 1, "(invalid_fields)\n  name: ")
                check(try node.run("plans", "list", environment: ["LAUREL_OPERATOR_TOKEN": "x"]), 1, "(invalid_token)")
                try node.run("projects", "create", "--tenant", "a", "--name", "P")
                try node.run("projects", "create", "--tenant", "a", "--name", "Q")
                check(try node.run("projects", "create", "--tenant", "a", "--name", "R"), 1, "(plan_limit)")

                check(try node.run("tenants", "fly"), 2, "fly")
                check(try node.run("tenants", "create"), 2, "--name")
                check(try node.run("tenants", "delete", "a"), 2, "--yes")
                check(try node.run("limits", "set", "p", "--rate", "fast"), 2, "--rate")
                check(try node.run("settings", "set", "p"), 2, "nothing to change")
                check(try node.run("plans", "list", "--admin", "nowhere/else"), 2, "is no address")
                check(try node.run("plans", "list", "--token", "@/nowhere"), 2, "There is no token")
                #expect(try node.run("tenants", "show", "a").field("status") == "active")

                check(try node.run("tenants", "show", "b"), 3, "(unknown_tenant)")
                check(try node.run("keys", "revoke", "b"), 3, "(unknown_key)")
                check(try node.run("tenants", "create", "--id", "a", "--name", "A"), 4, "(exists)")
                check(try node.run("tenants", "rename", "a", "B", "--if-version", "1"), 4, "(precondition_failed)")

                let closed = node.address
                try node.laureld.kill()
                check(try node.run("plans", "list"), 5, "\(closed) can't be reached")
            }
        }

        @Test("A list longer than a page is printed whole")
        func longLists() async throws {
            try await TemporaryDirectory.with { directory in
                let node = try AdminNode(directory)
                try node.run("tenants", "create", "--id", "a", "--name", "A", "--plan", "unlimited")
                let client = Client(port: Int(node.address.split(separator: ":").last!)!, key: "")
                let token = try node.token
                for index in 0..<1005 {
                    let answer = try client.send(
                        "POST", "/admin/v1/tenants/a/projects", body: Array(#"{"id":"p\#(index)","name":"P"}"#.utf8),
                        headers: [("Authorization", "Bearer \(token)")])
                    #expect(answer.status == 201)
                }
                #expect(try node.run("projects", "list", "--tenant", "a").output.split(separator: "\n").count == 1006)
                #expect(try node.run("audit", "list", "--limit", "1001").output.split(separator: "\n").count == 1002)
            }
        }

        @Test("What settings get prints can be edited and sent back; secrets come from a file and stay")
        func settings() async throws {
            try await TemporaryDirectory.with { directory in
                let node = try AdminNode(directory)
                try node.run("tenants", "create", "--id", "a", "--name", "A")
                try node.run("projects", "create", "--tenant", "a", "--id", "p", "--name", "P")
                let secret = String(repeating: "s3cret-", count: 8)
                let file = directory.path + "/patch.json"
                try #"{"submit_secret":"\#(secret)","cors_origins":["*"]}"#.write(
                    toFile: file, atomically: false, encoding: .utf8)
                #expect(
                    try node.run("settings", "set", "p", "--file", file).field("set and not shown") == "submit_secret")
                let shown = try node.run("settings", "get", "p", "--json")
                try shown.output.replacing("\"*\"", with: "\"https://a.example\"").write(
                    toFile: file, atomically: false, encoding: .utf8)
                let outcome = try node.run("settings", "set", "p", "filter.threshold=7", "--file", file)
                #expect(outcome.field("cors origins") == "https://a.example")
                #expect(outcome.field("filter") == "disabled_rules=- mode=detect threshold=7")
                #expect(outcome.field("set and not shown") == "submit_secret")
                #expect(try node.run("settings", "set", "p", "submit_secret=null").field("set and not shown") == "-")
            }
        }

        @Test("Completion scripts are made for the usual shells", arguments: ["bash", "zsh", "fish"])
        func completion(shell: String) async throws {
            try await TemporaryDirectory.with { directory in
                let outcome = try AdminNode.run(["--generate-completion-script", shell], directory: directory.path)
                #expect(outcome.code == 0)
                #expect(outcome.output.contains("set-plan"))
            }
        }
    }
}
