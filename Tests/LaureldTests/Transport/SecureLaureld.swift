import Foundation
import TestSupport

/// A running laureld that is reached over TLS, with certificates made for it.
final class SecureLaureld {
    let process: ChildProcess
    let port: Int
    let key: String
    let certificates: TestCertificates

    init(_ directory: TemporaryDirectory, settings: [String] = []) throws {
        certificates = TestCertificates(directory.path)
        try certificates.make("first")
        try certificates.install("first")
        let data = directory.path + "/data"
        process = try Laureld.launch(
            data: data,
            settings: Laureld.logOnly + ["tls-certificate=\(certificates.certificate)", "tls-key=\(certificates.key)"]
                + settings)
        guard let line = process.output.line(containing: "Laurel listens on https://"),
            let port = line.firstMatch(of: /:([0-9]+),/).flatMap({ Int($0.1) }),
            process.output.line(containing: "Recovered: ") != nil
        else { throw Failure("laureld did not start: \(process.output.text)") }
        self.port = port
        key = try String(contentsOfFile: data + "/admin.key", encoding: .utf8).trimmingCharacters(in: .newlines)
        // It has recovered, and may not have said so to its listeners yet.
        try eventually("laureld is ready") {
            try curl("/readyz", ["--fail", "--output", "/dev/null"]).status == .exited(0) ? () : nil
        }
    }

    deinit { process.signal(SIGKILL) }

    func stop() throws -> ChildProcess.Status {
        process.signal(SIGTERM)
        return try process.wait()
    }

    /// Runs curl with the key, and answers what it prints.
    func curl(_ path: String, _ options: [String] = []) throws -> (status: ChildProcess.Status, text: String) {
        try ChildProcess.run(
            ["curl", "--silent", "--show-error", "--max-time", "60", "--cacert", certificates.certificate]
                + ["-H", "X-Api-Key: \(key)"] + options + ["https://localhost:\(port)\(path)"])
    }
}

/// Certificates that openssl made, and the two files from which a server reads one of them.
struct TestCertificates {
    private let directory: String

    init(_ directory: String) { self.directory = directory }

    var certificate: String { directory + "/certificate.pem" }
    var key: String { directory + "/key.pem" }

    func certificate(of name: String) -> String { directory + "/\(name).pem" }
    func key(of name: String) -> String { directory + "/\(name).key" }

    /// A new pair for this machine, with a name in it.
    func make(_ name: String) throws {
        let (status, text) = try ChildProcess.run([
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days",
            "2",
            "-keyout", key(of: name), "-out", certificate(of: name), "-subj", "/CN=\(name)",
            "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
        ])
        guard status == .exited(0) else { throw Failure("no certificate: \(text)") }
    }

    /// Puts a pair where the server reads it, each file in one step.
    func install(_ name: String) throws {
        try replace(certificate, with: String(contentsOfFile: certificate(of: name), encoding: .utf8))
        try replace(key, with: String(contentsOfFile: key(of: name), encoding: .utf8))
    }

    func replace(_ path: String, with text: String) throws {
        try text.write(toFile: path, atomically: true, encoding: .utf8)
    }
}
