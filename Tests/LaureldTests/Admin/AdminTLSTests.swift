import Foundation
import Testing
import TestSupport

extension RealProcess {
    @Suite("TLS of the admin API")
    final class AdminTLSTests {
        private let directory: TemporaryDirectory

        init() throws { directory = try TemporaryDirectory() }
        deinit { directory.remove() }

        private func node(_ settings: [String] = []) throws -> (laureld: SecureLaureld, address: String) {
            let laureld = try SecureLaureld(directory, settings: ["admin=127.0.0.1:0", "admin-tls=on"] + settings)
            return (laureld, try AdminNode.address(of: laureld.process))
        }

        /// `laurel plans list`.
        private func list(
            _ address: String, ca: String? = nil, _ options: [String] = [], token: String? = nil
        ) throws -> AdminNode.Outcome {
            var environment = ["LAUREL_OPERATOR_TOKEN": token ?? "@\(directory.path)/data/operator.key"]
            environment["LAUREL_ADMIN"] = address
            environment["LAUREL_CA_FILE"] = ca
            return try AdminNode.run(
                ["plans", "list"] + options, environment: environment, directory: directory.path)
        }

        @Test("laurel and curl are served over TLS, 1.2 and 1.3, by address and by name, and nobody without it")
        func https() throws {
            let (laureld, address) = try node()
            #expect(address.hasPrefix("https://127.0.0.1:"))
            let ca = laureld.certificates.certificate
            let named = address.replacing("127.0.0.1", with: "localhost")
            for outcome in [
                try list(address, ca: ca), try list(named, ca: ca), try list(address, ["--ca-file", ca]),
                // Without a scheme, the file says which one it is.
                try list(String(address.dropFirst("https://".count)), ca: ca),
            ] {
                #expect(outcome.code == 0, "\(outcome)")
                #expect(outcome.output.contains("unlimited"))
            }
            let token = try String(contentsOfFile: directory.path + "/data/operator.key", encoding: .utf8)
                .trimmingCharacters(in: .newlines)
            for tls in [["--tls-max", "1.2"], ["--tlsv1.3"], ["--http2"]] {
                let answer = try ChildProcess.run(
                    ["curl", "--silent", "--show-error", "--cacert", ca, "-H", "Authorization: Bearer \(token)"]
                        + ["-w", " %{http_version} %{http_code}", "\(address)/admin/v1/plans"] + tls)
                #expect(answer.text.hasSuffix(" 1.1 200"), "\(answer.text)")
            }
            let old = try ChildProcess.run(
                ["curl", "--silent", "--cacert", ca, "--tls-max", "1.1", "--ciphers", "DEFAULT@SECLEVEL=0"]
                    + ["\(address)/admin/v1/plans"])
            #expect(old.status == .exited(35))

            let port = Int(address.split(separator: ":").last!)!
            let plain = try RawConnection(port: port)
            try plain.send("GET /admin/v1/plans HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(token)\r\n\r\n")
            #expect(try !plain.receiveAll().contains("HTTP/1.1"))
            let refused = try list("http://127.0.0.1:\(port)")
            #expect(refused.code == 5)
            #expect(refused.complaint.contains("is it https://?"), "\(refused)")
            // What else may be sent in a handshake's place harms nobody.
            for bytes in [[], [0], [0x16, 3, 1, 0xFF, 0xFF], [UInt8](repeating: 0xFF, count: 100_000)] as [[UInt8]] {
                let connection = try RawConnection(port: port)
                try? connection.send(bytes)
                connection.reset()
            }
            // Nor does a handshake that is under way hold up the end.
            let open = try RawConnection(port: port)
            try open.send([0x16, 3, 1, 0x02, 0, 1, 0, 0x01, 0xFC, 3, 3])
            #expect(try list(address, ca: ca).code == 0)
            #expect(try laureld.stop() == .exited(0))
        }

        @Test("laurel tells no token to a node for which nobody vouches whom it believes")
        func strangers() throws {
            let (laureld, address) = try node()
            try laureld.certificates.make("other")
            let other = laureld.certificates.certificate(of: "other")
            for outcome in [try list(address), try list(address, ca: other)] {
                #expect(outcome.code == 5)
                #expect(outcome.output == "")
                #expect(outcome.complaint.contains("--ca-file"), "\(outcome)")
            }
            let ca = laureld.certificates.certificate
            for (outcome, words) in [
                (try list("http://127.0.0.1:1", ca: ca), "no address of TLS"),
                (try list(address, ca: directory.path + "/none"), "holds no certificates"),
                (try list(address, ca: laureld.certificates.key), "holds no certificates"),
            ] {
                #expect(outcome.code == 2)
                #expect(outcome.complaint.contains(words), "\(outcome)")
            }
            #expect(try laureld.stop() == .exited(0))
        }

        @Test("A new certificate is used without a restart, and the old one's authority is then not enough")
        func newCertificate() throws {
            let (laureld, address) = try node()
            let first = laureld.certificates.certificate(of: "first")
            #expect(try list(address, ca: first).code == 0)
            try laureld.certificates.make("second")
            try laureld.certificates.install("second")
            laureld.process.signal(SIGHUP)
            #expect(laureld.process.output.line(containing: "new connections use the certificate") != nil)
            #expect(try list(address, ca: laureld.certificates.certificate(of: "second")).code == 0)
            #expect(try list(address, ca: first).code == 5)
            // One that can't be read is not used.
            try laureld.certificates.replace(laureld.certificates.certificate, with: "nonsense")
            laureld.process.signal(SIGHUP)
            #expect(laureld.process.output.line(containing: "the certificate in use stays") != nil)
            #expect(try list(address, ca: laureld.certificates.certificate(of: "second")).code == 0)
            #expect(try laureld.stop() == .exited(0))
        }

        @Test("With TLS other machines may reach it, and without a certificate there is no start")
        func elsewhere() throws {
            let laureld = try SecureLaureld(directory, settings: ["admin=0.0.0.0:0", "admin-tls=on"])
            let address = try AdminNode.address(of: laureld.process)
            #expect(address.hasPrefix("https://0.0.0.0:"))
            let reached = address.replacing("0.0.0.0", with: "127.0.0.1")
            #expect(try list(reached, ca: laureld.certificates.certificate).code == 0)
            #expect(try laureld.stop() == .exited(0))
            for (settings, words) in [
                (["admin=127.0.0.1:0", "admin-tls=on"], "admin-tls: there is no tls-certificate"),
                (["admin=0.0.0.0:0", "admin-tls=maybe"], "'maybe' is neither on nor off"),
            ] {
                let refusal = try Laureld.refusal(data: directory.path + "/none", settings: settings)
                #expect(refusal?.text.contains(words) == true, "\(refusal?.text ?? "it started")")
            }
        }
    }
}
