import Foundation
import Testing
import TestSupport

extension RealProcess {
    /// TLS as clients see it that have never heard of Laurel.
    @Suite("TLS")
    final class TLSTests {
        private let directory: TemporaryDirectory

        init() throws { directory = try TemporaryDirectory() }
        deinit { directory.remove() }

        @Test("curl gets the same over HTTP/2 and HTTP/1.1, with TLS 1.2 and 1.3")
        func curl() throws {
            let laureld = try SecureLaureld(directory)
            let json = ["-H", "Content-Type: application/json"]
            let created = try laureld.curl(
                "/v1/leaderboards",
                json + ["-d", #"{"id":"a","columns":[{"name":"p","type":"integer","operator":"sum"}]}"#])
            #expect(created.text.contains(#""id":"a""#), "\(created.text)")
            let lines = (1...20_000).map { #"{"leaderboard":"a","user":"user\#($0)","score":\#($0)}"# }
            let file = directory.path + "/lines"
            try lines.joined(separator: "\n").write(toFile: file, atomically: true, encoding: .utf8)
            _ = try ChildProcess.run(["gzip", "--keep", file])
            for (version, name) in [("--http2", "2"), ("--http1.1", "1.1")] {
                for tls in [["--tls-max", "1.2"], ["--tlsv1.3"]] {
                    let options = [version] + tls + ["-w", " %{http_version} %{http_code}"]
                    let update = try laureld.curl(
                        "/v1/scores/update", options + json + ["-d", #"{"leaderboard":"a","user":"b","score":1}"#])
                    #expect(update.text.hasSuffix(" \(name) 200"), "\(update.text)")
                    let top = try laureld.curl("/v1/leaderboards/a/top?limit=1000", options + ["--compressed"])
                    #expect(top.text.contains(#""entries":["#) && top.text.hasSuffix(" \(name) 200"))
                    let type = ["-H", "Content-Type: application/x-ndjson"]
                    let plain = try laureld.curl("/v1/scores/bulk", options + type + ["--data-binary", "@\(file)"])
                    #expect(plain.text.contains(#""accepted":20000,"#), "\(plain.text)")
                    let packed = try laureld.curl(
                        "/v1/scores/bulk",
                        options + type + ["-H", "Content-Encoding: gzip", "-H", "Accept: application/x-ndjson"]
                            + ["--data-binary", "@\(file).gz"])
                    #expect(packed.text.contains(#""accepted":20000,"#), "\(packed.text)")
                    #expect(packed.text.hasSuffix(" \(name) 200"))
                }
            }
            let total = try laureld.curl("/v1/leaderboards/a/rank/user20000")
            #expect(total.text.contains(#""score":160000"#), "\(total.text)")
            #expect(try laureld.stop() == .exited(0))
        }

        @Test("A handshake that fails, with whatever is sent instead, harms nobody else")
        func badHandshakes() throws {
            let laureld = try SecureLaureld(directory)
            let old = try laureld.curl("/healthz", ["--tls-max", "1.1", "--ciphers", "DEFAULT@SECLEVEL=0"])
            #expect(old.status == .exited(35), "\(old.text)")
            let stranger = try ChildProcess.run(["curl", "--silent", "https://localhost:\(laureld.port)/healthz"])
            #expect(stranger.status == .exited(60))
            let openConnection = try RawConnection(port: laureld.port)
            let hello: [UInt8] = [0x16, 3, 1, 0x02, 0, 1, 0, 0x01, 0xFC, 3, 3]
            let openings: [[UInt8]] = [
                Array("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n".utf8), [], [0],
                hello + [UInt8](repeating: 0, count: 600),
                [UInt8](repeating: 0xFF, count: 100_000), [0x16, 3, 1, 0xFF, 0xFF],
            ]
            for bytes in openings {
                let connection = try RawConnection(port: laureld.port)
                try? connection.send(bytes)
                connection.reset()
            }
            let cleartext = try RawConnection(port: laureld.port)
            try cleartext.send("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(try !cleartext.receiveAll().contains("HTTP/1.1"))
            try openConnection.send(hello)
            #expect(try laureld.curl("/healthz").text == #"{"status":"ok"}"#)
            // A handshake that is under way does not hold up the end.
            #expect(try laureld.stop() == .exited(0))
        }

        @Test("A new certificate is used by new connections, while those that are open go on; a broken one is not used")
        func newCertificate() throws {
            let laureld = try SecureLaureld(directory)
            try laureld.certificates.make("second")
            let program = Repository.path + "/Tests/LaureldTests/Transport/swap.py"
            let (status, text) = try ChildProcess.run([
                "python3", program, "\(laureld.port)", "\(laureld.process.id)", directory.path,
            ])
            #expect(status == .exited(0), "\(text)")
            #expect(text.contains("the connection of the first certificate was used throughout"), "\(text)")
            #expect(laureld.process.output.text.contains("the certificate in use stays"))
            #expect(try laureld.stop() == .exited(0))
        }

        @Test("A connection of HTTP/2 goes on as well when the certificate is replaced")
        func newCertificateUnderHTTP2() throws {
            let laureld = try SecureLaureld(directory)
            try laureld.certificates.make("second")
            let url = "https://localhost:\(laureld.port)/healthz"
            // One request a second on one connection. What is told about it comes at once, other than bodies.
            let curl = try ChildProcess(
                [
                    "curl", "--verbose", "--http2", "--rate", "60/m", "--cacert",
                    laureld.certificates.certificate(of: "first"),
                ]
                    + ["--write-out", " connects %{num_connects} version %{http_version}\n"]
                    + Array(repeating: url, count: 4))
            #expect(curl.output.line(containing: "HTTP/2 200") != nil)
            try laureld.certificates.install("second")
            laureld.process.signal(SIGHUP)
            #expect(laureld.process.output.line(containing: "new connections use the certificate") != nil)
            #expect(try curl.wait() == .exited(0))
            let text = curl.output.text
            #expect(text.ranges(of: "connects 1 version 2").count == 1, "\(text)")
            #expect(text.ranges(of: "connects 0 version 2").count == 3, "\(text)")
            let stranger = try ChildProcess.run([
                "curl", "--silent", "--cacert", laureld.certificates.certificate(of: "first"), url,
            ])
            #expect(stranger.status == .exited(60))
            #expect(try laureld.stop() == .exited(0))
        }

        @Test("redis-cli speaks TLS with it, and nobody is let in without")
        func redis() throws {
            let laureld = try SecureLaureld(directory, settings: ["redis=127.0.0.1:0", "redis-tls=on"])
            guard let line = laureld.process.output.line(containing: "Laurel speaks Redis on "),
                let port = line.firstMatch(of: /:([0-9]+)/).flatMap({ Int($0.1) })
            else { throw Failure("it does not speak Redis") }
            let cli = [
                "redis-cli", "-p", "\(port)", "--tls", "--cacert", laureld.certificates.certificate, "-a", laureld.key,
                "--no-auth-warning",
            ]
            func ask(_ arguments: String...) throws -> String {
                try ChildProcess.run(cli + arguments).text.trimmingCharacters(in: .newlines)
            }
            #expect(try ask("PING") == "PONG")
            let file = directory.path + "/commands"
            let commands = (1...5000).map { "ZADD set \($0) member\($0)" } + ["ZRANGE set 0 -1 WITHSCORES"]
            try commands.joined(separator: "\n").write(toFile: file, atomically: true, encoding: .utf8)
            let piped = try ChildProcess.run(
                ["/bin/bash", "-c", #"exec "${@:2}" <"$1""#, "bash", file] + cli)
            #expect(piped.text.split(separator: "\n").count == 15_000)
            #expect(try ask("ZCARD", "set") == "5000")
            #expect(try ask("ZREVRANK", "set", "member4999") == "1")
            let plain = try RawConnection(port: port)
            try plain.send("PING\r\n")
            #expect(try !plain.receiveAll().contains("PONG"))
            #expect(try ask("PING") == "PONG")
            #expect(try laureld.stop() == .exited(0))
        }

        @Test(
            "A start is refused without the key's file, with one that belongs to another certificate, or half configured"
        )
        func refusals() throws {
            let certificates = TestCertificates(directory.path)
            try certificates.make("first")
            try certificates.make("second")
            let certificate = "tls-certificate=\(certificates.certificate(of: "first"))"
            for (settings, words) in [
                ([certificate], "one is of no use without the other"),
                (["redis-tls=on"], "there is no tls-certificate"),
                ([certificate, "tls-key=\(directory.path)/none"], "none holds no private key"),
                ([certificate, "tls-key=\(certificates.key(of: "second"))"], "do not belong together"),
                (["access-log=/none/none"], "the access log /none/none can't be written"),
                (["trusted-proxies=10.0.0.0/8,nonsense"], "has 'nonsense', which is no address or range"),
            ] {
                let refusal = try Laureld.refusal(data: directory.path + "/data", settings: settings)
                #expect(refusal?.text.contains(words) == true, "\(settings): \(refusal?.text ?? "it started")")
            }
        }
    }
}
