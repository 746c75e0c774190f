import Foundation
import Testing
import TestSupport

extension RealProcess {
    @Suite("Starting with the admin API")
    struct AdminStartTests {
        @Test("The operator's token is for its owner's eyes only, printed once, and stays the same")
        func token() async throws {
            try await TemporaryDirectory.with { directory in
                let first = try AdminNode(directory)
                let token = try first.token
                #expect(token.wholeMatch(of: /lrl_operator_[0-9A-Za-z]{38}/) != nil)
                for name in ["operator.key", "pepper", "control.sqlite"] {
                    var status = stat()
                    #expect(stat(directory.path + "/laurel-data/" + name, &status) == 0, "\(name)")
                    #expect(status.st_mode & 0o777 == 0o600, "\(name)")
                }
                #expect(first.laureld.process.output.text.components(separatedBy: token).count == 2)
                try first.run("tenants", "create", "--id", "a", "--name", "A")
                try first.laureld.kill()
                let second = try AdminNode(directory)
                #expect(try second.token == token)
                #expect(!second.laureld.process.output.text.contains(token))
                #expect(try second.run("tenants", "show", "a").field("name") == "A")
                #expect(try second.laureld.stop() == .exited(0))
            }
        }

        @Test(
            "A secret that can't be read keeps the node from starting, and is not made anew over the old one",
            arguments: ["pepper", "admin.key", "operator.key", "node.yaml"])
        func unreadable(name: String) async throws {
            try await TemporaryDirectory.with { directory in
                let data = directory.path + "/data"
                try Laureld(data: data, settings: ["admin=127.0.0.1:0"]).kill()
                let file = URL(fileURLWithPath: data + "/" + name)
                let damaged = try Data(contentsOf: file) + [0xFF]
                try damaged.write(to: file)
                let refusal = try #require(try Laureld.refusal(data: data, settings: ["admin=127.0.0.1:0"]))
                #expect(refusal.status == .exited(1))
                #expect(refusal.text.contains("/\(name) can't be read"), "\(refusal)")
                #expect(try Data(contentsOf: file) == damaged)
            }
        }

        @Test("Without the setting there is no admin API, and no token")
        func off() async throws {
            try await TemporaryDirectory.with { directory in
                let laureld = try Laureld(data: directory.path + "/data")
                #expect(!FileManager.default.fileExists(atPath: directory.path + "/data/operator.key"))
                #expect(!laureld.process.output.text.contains("administered"))
                #expect(try laureld.client().get("/admin/v1/tenants").status == 404)
            }
        }

        @Test("An address that other machines reach is refused, unless it is said that it may be")
        func insecure() async throws {
            try await TemporaryDirectory.with { directory in
                let data = directory.path + "/data"
                let refusal = try #require(try Laureld.refusal(data: data, settings: ["admin=0.0.0.0:0"]))
                #expect(refusal.status == .exited(1))
                #expect(refusal.text.contains("reached from other machines"), "\(refusal)")
                #expect(refusal.text.contains("admin-tls"))
                #expect(!FileManager.default.fileExists(atPath: data))
                let laureld = try Laureld(data: data, settings: ["admin=0.0.0.0:0", "admin-insecure=true"])
                #expect(try AdminNode.address(of: laureld.process).hasPrefix("http://0.0.0.0:"))
            }
        }

        @Test("The variables of the command are none of the node's business")
        func variables() async throws {
            try await TemporaryDirectory.with { directory in
                let commands = ["LAUREL_TOKEN": "x", "LAUREL_OPERATOR_TOKEN": "x", "LAUREL_CA_FILE": "/none"]
                let laureld = try Laureld(data: directory.path + "/data", environment: commands)
                #expect(try laureld.stop() == .exited(0))
            }
        }

        @Test("A damaged token and a damaged pepper are named, and there is no start")
        func damaged() async throws {
            try await TemporaryDirectory.with { directory in
                let data = directory.path + "/laurel-data"
                try AdminNode(directory).laureld.kill()
                let settings = Laureld.busySettings + ["admin=127.0.0.1:0"]
                for (file, words) in [
                    ("operator.key", "operator.key holds no valid token"),
                    ("pepper", "pepper is not 64 hexadecimal digits"),
                ] {
                    let path = data + "/" + file
                    let whole = try String(contentsOfFile: path, encoding: .utf8)
                    try "nonsense\n".write(toFile: path, atomically: false, encoding: .utf8)
                    let refusal = try #require(try Laureld.refusal(data: data, settings: settings))
                    #expect(refusal.text.contains(words), "\(refusal)")
                    #expect(!refusal.text.contains(whole.trimmingCharacters(in: .newlines)))
                    try whole.write(toFile: path, atomically: false, encoding: .utf8)
                }
            }
        }
    }
}
