import ArgumentParser
import BackupFiles
import Foundation
import Leaderboards
import NodeRuntime

struct Backup: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Back up a node or a cluster, or verify a backup.",
        discussion: """
            laurel backup DIRECTORY asks a node that runs, over its admin API, with the operator's token; any node of a \
            cluster will do. With --data-dir it is a standalone node that does not run, and laureld is needed. Run again \
            with the same directory, it adds what is new. The pepper is in no backup.
            """,
        subcommands: [Take.self, Verify.self], defaultSubcommand: Take.self)

    struct Take: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Take a backup, or add to it.")
        @Argument(help: "The backup's directory.") var directory: String
        @OptionGroup var taking: TakingOptions
        @OptionGroup var options: AdminOptions

        func run() async throws { try await taking.take(to: directory, options) }
    }

    struct Verify: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Read all of a backup, and build from it what a node would.")
        @Argument(help: "The backup's directory.") var directory: String

        func run() throws {
            try explained {
                let directory = BackupDirectory(directory)
                let manifest = try directory.existingManifest()
                _ = try BackupVerification(directory: directory, say: Progress.say).run(manifest)
                Output.say("The backup is sound: \(manifest.shards.count) shards, until \(manifest.begun).")
            }
        }
    }
}

/// How a backup is taken.
struct TakingOptions: ParsableArguments {
    @Flag(help: "Take a checkpoint of every shard, though the records since the last backup would do.")
    var full = false
    @Option(help: "Bytes per second, at most.") var rate: Int?
    @Flag(help: "Don't read it again afterwards.") var noVerify = false
    @Flag(help: "Leave tenants, projects and keys out.") var withoutControl = false
    @Option(help: "Back up this data directory, whose node does not run, instead of a node that runs.")
    var dataDir: String?

    func validate() throws {
        if let rate, rate < 1 { throw ValidationError("--rate is at least 1") }
    }

    func take(to path: String, _ options: AdminOptions) async throws {
        let directory = BackupDirectory(path)
        try await explained {
            var manifest: BackupManifest
            if let dataDir {
                try Server.run(
                    ["backup", path, "--data-dir", dataDir] + (full ? ["--full"] : [])
                        + (withoutControl ? ["--without-control"] : []))
                manifest = try directory.existingManifest()
            } else {
                manifest = try await fetch(to: directory, options)
            }
            // Not before it was read again is it a backup.
            if !noVerify { manifest = try BackupVerification(directory: directory, say: Progress.say).run(manifest) }
            try directory.commit(manifest)
            Output.say(
                "\(path) has all of \(manifest.source.name) that was acknowledged until \(manifest.begun)"
                    + (noVerify ? "." : ", and was read again."))
        }
    }

    private func fetch(to directory: BackupDirectory, _ options: AdminOptions) async throws -> BackupManifest {
        var taking = BackupTaking.Options()
        taking.isFull = full
        taking.bytesPerSecond = rate
        taking.hasControl = !withoutControl
        return try await options.run { client in
            try await BackupTaking(
                RemoteOrigin(client: client), to: directory, taking, now: { SystemClock().now() }, say: Progress.say
            ).run()
        }
    }
}

/// What becomes of a backup.
struct Restore: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make a data directory, or a new cluster, of a backup: laureld restore does it.",
        helpNames: [])
    @Argument(parsing: .captureForPassthrough) var arguments: [String] = []

    func run() throws { try Server.become(["restore"] + arguments) }
}

struct Migrate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Move a standalone node's data into a new cluster, or a cluster's to a standalone node.",
        discussion: """
            laurel migrate --data-dir ./laurel-data --to-cluster cluster.yaml --to-directory ./node-1
            laurel migrate --from-cluster --admin https://node-1:8081 --to-directory ./laurel-data

            Both are a backup and its restoration. The backup stays, and what was moved stays as it was.
            """)
    @Option(help: "From: the data directory of a standalone node that does not run.") var dataDir: String?
    @Flag(help: "From: a cluster, by way of the node at --admin.") var fromCluster = false
    @Option(help: "To: a new cluster with these settings, a YAML file of a node.") var toCluster: String?
    @Option(
        help: "To: this directory, which is made. With --to-cluster that of a node; several times for several nodes.")
    var toDirectory: [String] = []
    @Option(
        help: "Where the backup is taken that this goes through. Default the first --to-directory with .backup behind.")
    var through: String?
    @Flag(help: "Leave tenants, projects and keys out.") var withoutControl = false
    @OptionGroup var options: AdminOptions

    func validate() throws {
        guard (dataDir != nil) != fromCluster else { throw ValidationError("say --data-dir or --from-cluster") }
        guard fromCluster == (toCluster == nil) else {
            throw ValidationError("--data-dir goes to a cluster, and --from-cluster to a directory")
        }
        guard !toDirectory.isEmpty else { throw ValidationError("say --to-directory") }
    }

    func run() async throws {
        let backup = through ?? toDirectory[0] + ".backup"
        let taking = try TakingOptions.parse(
            (dataDir.map { ["--data-dir", $0] } ?? []) + (withoutControl ? ["--without-control"] : []))
        try await taking.take(to: backup, options)
        try Server.run(
            ["restore", backup] + toDirectory.flatMap { ["--to-directory", $0] }
                + (toCluster.map { ["--to-cluster", $0] } ?? []) + (withoutControl ? ["--without-control"] : []))
    }
}

/// Turns what can go wrong with a backup into what the command ends with.
private func explained<Result>(_ body: () async throws -> Result) async throws -> Result {
    do { return try await body() } catch { throw explanation(of: error) }
}

private func explained<Result>(_ body: () throws -> Result) throws -> Result {
    do { return try body() } catch { throw explanation(of: error) }
}

private func explanation(of error: any Error) -> any Error {
    switch error {
    case let error as BackupError:
        if case .unavailable = error { return Failure(.unavailable, error.description) }
        if case .noCheckpoint = error {
            return Failure(
                .unavailable,
                "\(error), and the log does not begin at the start. Of a cluster's nodes, none that can be reached has one: try again later."
            )
        }
        return Failure(.refused, error.description)
    case let error as RecoveryError: return Failure(.refused, error.description)
    default: return error
    }
}
