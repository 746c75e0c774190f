import Foundation
import Synchronization
import Testing

@testable package import SQLDatabases
import TestSupport

/// A Postgres of the tests' own: made in a temporary directory, on a port of its own, with TLS and without mercy for
/// connections that lack it.
///
/// It runs below a shell that reads from us: if this process ends in whatever way, so does the server.
package final class TestServer: Sendable {
    /// For tests that leave it as it is. Each has a database of its own.
    package static let shared = Task { try TestServer() }

    package let directory: String
    package let port: Int
    private let run = Mutex<Run?>(nil)

    package static let user = "laurel"
    package static let password = "s3cret'\\ &%/word"

    private struct Run: Sendable {
        let shell: Process
        let input: FileHandle
    }

    package init() throws {
        directory = try Self.command(["mktemp", "-d", "/tmp/laurel-postgres-XXXXXX"])
        port = try freePort()
        let owner = Self.isRoot ? "postgres" : NSUserName()
        try Self.command(["chown", owner, directory])
        try Self.password.write(toFile: "\(directory)/password", atomically: true, encoding: .utf8)
        try Self.command(["chmod", "644", "\(directory)/password"])
        // A language whose order is not that of bytes: nothing may depend on it.
        try Self.command(
            Self.asOwner + [
                "\(Self.programs)/initdb", "--pgdata", data, "--username", Self.user, "--pwfile",
                "\(directory)/password", "--auth", "scram-sha-256", "--encoding", "UTF8", "--locale", "C.UTF-8",
                "--locale-provider", "icu", "--icu-locale", "en", "--no-sync",
            ])
        try makeCertificate("server")
        try makeCertificate("stranger")
        try Self.command(["chown", owner, "\(directory)/server.key"])
        let access = """
            local all all scram-sha-256
            hostssl all all 127.0.0.1/32 scram-sha-256
            hostnossl all all 127.0.0.1/32 reject

            """
        try access.write(toFile: "\(directory)/access.conf", atomically: true, encoding: .utf8)
        try start()
    }

    deinit { stop() }

    private var data: String { "\(directory)/data" }

    // MARK: Connecting

    /// - Parameter options: of the URL, such as `sslmode=disable`.
    package func url(database: String, options: String = "sslmode=verify-full", password: String = TestServer.password)
        -> String
    {
        let root = options.contains("sslrootcert") ? "" : "&sslrootcert=\(directory)/server.crt"
        let secret = password.addingPercentEncoding(withAllowedCharacters: .alphanumerics)!
        return "postgres://\(Self.user):\(secret)@127.0.0.1:\(port)/\(database)?\(options)\(root)"
    }

    /// By way of the socket in its directory.
    package func socketURL(database: String) -> String {
        let secret = Self.password.addingPercentEncoding(withAllowedCharacters: .alphanumerics)!
        return "postgres://\(Self.user):\(secret)@:\(port)/\(database)?host=\(directory)"
    }

    package func configuration(database: String) throws -> PostgresConfiguration {
        try PostgresConfiguration(url: url(database: database))
    }

    /// Makes an empty database.
    package func makeDatabase() throws -> PostgresConfiguration {
        let name = try makeNamedDatabase()
        var configuration = try self.configuration(database: name)
        // A machine that is busy with other tests is no outage.
        configuration.waitMax = .seconds(60)
        configuration.statementTimeout = .seconds(60)
        configuration.connectTimeoutSeconds = 60
        return configuration
    }

    /// Makes an empty database, for a process of its own.
    package func makeDatabaseURL() throws -> String {
        url(database: try makeNamedDatabase())
    }

    private func makeNamedDatabase() throws -> String {
        let name = "d" + UUID().uuidString.lowercased().replacing("-", with: "")
        let connection = try PostgresConnection(try configuration(database: "postgres"))
        try connection.define("CREATE DATABASE \(name) TEMPLATE template0")
        return name
    }

    // MARK: Ending and starting

    package func start() throws {
        // Right after a kill, what is left of the old one may still be on its way out.
        for attempt in 1... {
            if try startOnce() { return }
            try #require(attempt < 100, "Postgres did not start: see \(directory)")
        }
    }

    private func startOnce() throws -> Bool {
        let (shell, input, output) = (Process(), Pipe(), Pipe())
        // Not dash, which waits for a signal that our threads block, and with them what they start.
        shell.executableURL = URL(fileURLWithPath: "/bin/bash")
        // Told "keep", it leaves the directory to the next one.
        let script = """
            directory=$1; shift
            "$@" & server=$!
            read -r word
            kill -QUIT $server 2>/dev/null; wait $server
            [ "$word" = keep ] || rm -rf "$directory"
            """
        shell.arguments =
            ["-c", script, "bash", directory] + Self.asOwner + [
                "\(Self.programs)/postgres", "-D", data, "-p", "\(port)", "-h", "127.0.0.1", "-k", directory,
                "-c", "hba_file=\(directory)/access.conf", "-c", "ssl=on",
                "-c", "ssl_cert_file=\(directory)/server.crt", "-c", "ssl_key_file=\(directory)/server.key",
                // Processes are killed here, machines are not.
                "-c", "fsync=off", "-c", "max_connections=500",
            ]
        shell.standardInput = input
        shell.standardError = output
        shell.standardOutput = output
        try shell.run()
        var log = ""
        while !log.contains("ready to accept connections") {
            let bytes = output.fileHandleForReading.availableData
            log += String(decoding: bytes, as: UTF8.self)
            if bytes.isEmpty || log.contains("FATAL") || log.contains("could not") {
                input.fileHandleForWriting.write(Data("keep\n".utf8))
                shell.waitUntilExit()
                return false
            }
        }
        output.fileHandleForReading.readabilityHandler = { _ = $0.availableData }
        run.withLock { $0 = Run(shell: shell, input: input.fileHandleForWriting) }
        return true
    }

    /// As a power cut ends it.
    package func kill() throws {
        let text = try String(contentsOfFile: "\(data)/postmaster.pid", encoding: .utf8)
        let id = try #require(text.split(separator: "\n").first.flatMap { Int32($0) })
        #expect(Foundation.kill(id, SIGKILL) == 0)
        end(saying: "keep")
    }

    package func stop() { end(saying: "") }

    private func end(saying word: String) {
        guard let run = run.withLock({ $0.take() }) else { return }
        try? run.input.write(contentsOf: Data("\(word)\n".utf8))
        run.shell.waitUntilExit()
    }

    // MARK: Programs

    private static var isRoot: Bool { geteuid() == 0 }
    /// Postgres refuses to run as root.
    private static var asOwner: [String] {
        isRoot ? ["setpriv", "--reuid", "postgres", "--regid", "postgres", "--clear-groups"] : []
    }

    private static let programs: String = {
        let versions = (try? FileManager.default.contentsOfDirectory(atPath: "/usr/lib/postgresql")) ?? []
        let newest = versions.compactMap { Int($0) }.max() ?? 15
        return "/usr/lib/postgresql/\(newest)/bin"
    }()

    private func makeCertificate(_ name: String) throws {
        try Self.command([
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days",
            "2", "-subj", "/CN=\(name)", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout",
            "\(directory)/\(name).key", "-out", "\(directory)/\(name).crt",
        ])
        try Self.command(["chmod", "600", "\(directory)/\(name).key"])
    }

    /// Runs a program to its end, and answers the last line that it wrote.
    @discardableResult
    private static func command(_ arguments: [String]) throws -> String {
        let (process, output) = (Process(), Pipe())
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = arguments
        process.currentDirectoryURL = URL(fileURLWithPath: "/tmp")
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        try #require(process.terminationStatus == 0, "\(arguments): \(text)")
        return String(text.split(separator: "\n").last ?? "")
    }
}
