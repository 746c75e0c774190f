import Foundation
import Testing
import TestSupport

extension RealProcess {
    @Suite("Secrets of the administration")
    struct AdminSecretTests {
        @Test("No key, token or secret stands in logs, lists, the audit log or the database")
        func secrets() async throws {
            try await TemporaryDirectory.with { directory in
                let node = try AdminNode(directory, settings: ["log-level=trace"])
                let token = try node.token
                try node.run("tenants", "create", "--id", "a", "--name", "A")
                try node.run("projects", "create", "--tenant", "a", "--id", "p", "--name", "P")
                let file = directory.path + "/server.key"
                let made = try node.run("keys", "create", "--project", "p", "--name", "k", "--key-file", file)
                let key = try String(contentsOfFile: file, encoding: .utf8).trimmingCharacters(in: .newlines)
                #expect(key.wholeMatch(of: /lrl_live_[0-9A-Za-z]{38}/) != nil)
                var status = stat()
                #expect(stat(file, &status) == 0 && status.st_mode & 0o777 == 0o600)
                let secret = String(repeating: "5ecret-", count: 8)
                let patch = directory.path + "/patch.json"
                try #"{"submit_secret":"\#(secret)"}"#.write(toFile: patch, atomically: false, encoding: .utf8)
                var texts = [made.output, made.complaint]
                for command in [
                    ["settings", "set", "p", "--file", patch], ["settings", "get", "p", "--json"],
                    ["keys", "list", "--project", "p", "--json"], ["keys", "list", "--project", "p"],
                    ["audit", "list", "--json"], ["limits", "show", "p", "--json"], ["keys", "show", key],
                    ["tenants", "list", "--token", token], ["settings", "set", "p", "submit_secret=\(secret)"],
                    // The file is there: nothing may be sent.
                    ["keys", "create", "--project", "p", "--name", "l", "--key-file", file],
                ] {
                    let outcome = try AdminNode.run(
                        command + ["--admin", node.address], directory: node.directory)
                    texts += [outcome.output, outcome.complaint]
                }
                #expect(
                    try node.run("keys", "list", "--project", "p", "--json").json()["items"].map {
                        ($0 as? [Any])?.count
                    } == 1)
                #expect(try node.laureld.stop() == .exited(0))
                let console = node.laureld.process.output.text
                texts.append(console.replacing("  \(token)\n", with: ""))
                let pepper = try String(contentsOfFile: directory.path + "/laurel-data/pepper", encoding: .utf8)
                for (index, text) in texts.enumerated() {
                    for (name, word) in [("key", key), ("token", token), ("secret", secret), ("pepper", pepper)] {
                        #expect(
                            !text.contains(word.trimmingCharacters(in: .newlines).suffix(30)),
                            "\(name) in text \(index)")
                    }
                }
                // The database has what signs submits, which a node must know, but no key.
                let database = try Data(contentsOf: URL(filePath: directory.path + "/laurel-data/control.sqlite"))
                #expect(database.range(of: Data(key.suffix(30).utf8)) == nil)
                #expect(database.range(of: Data(token.utf8)) == nil)
            }
        }

        @Test("While a command runs, its arguments show no secret, and a token among them is refused unread")
        func arguments() async throws {
            try await TemporaryDirectory.with { directory in
                // Takes connections and says nothing, so that the command can be looked at while it waits.
                let listener = try SilentListener()
                let token = "lrl_operator_" + String(repeating: "Z", count: 38)
                let process = try ChildProcess(
                    [try builtProduct("laurel"), "tenants", "list"],
                    environment: ["LAUREL_ADMIN": "127.0.0.1:\(listener.port)", "LAUREL_OPERATOR_TOKEN": token],
                    directory: directory.path)
                let request = try listener.firstRequest()
                #expect(request.contains("uthorization: Bearer \(token)"), "\(request)")
                // What ps shows to everybody.
                let list = try String(contentsOfFile: "/proc/\(process.id)/cmdline", encoding: .utf8)
                #expect(list.contains("tenants\0list"))
                #expect(!list.contains(token))
                process.signal(SIGKILL)
                try process.wait()

                let refused = try AdminNode.run(
                    ["tenants", "list", "--token", token, "--admin", "127.0.0.1:\(listener.port)"],
                    directory: directory.path)
                #expect(refused.code == 2)
                #expect(!refused.complaint.contains(token))
            }
        }
    }
}

/// A socket that takes one connection, reads and never answers.
private final class SilentListener {
    let port: Int
    private let descriptor: Int32
    private var connection: Int32 = -1

    init() throws {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, size) == 0 && listen(descriptor, 8) == 0 && getsockname(descriptor, $0, &size) == 0
            }
        }
        guard isBound else { throw Failure("no listener: \(systemError())") }
        port = Int(UInt16(bigEndian: address.sin_port))
        self.descriptor = descriptor
    }

    /// Waits for a connection and the head of a request on it.
    func firstRequest() throws -> String {
        connection = accept(descriptor, nil, nil)
        guard connection >= 0 else { throw Failure("no connection: \(systemError())") }
        var text = ""
        var buffer = [UInt8](repeating: 0, count: 4096)
        while !text.contains("\r\n\r\n") {
            let count = read(connection, &buffer, buffer.count)
            guard count > 0 else { throw Failure("the connection ended: \(text)") }
            text += String(decoding: buffer[..<count], as: UTF8.self)
        }
        return text
    }

    deinit {
        close(connection)
        close(descriptor)
    }
}
