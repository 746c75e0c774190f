import ArgumentParser
import BackupFiles
import Foundation
import Leaderboards

/// `laureld restore`: makes data directories of a backup. `laurel restore` begins it.
struct Restore: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make a data directory, or the beginning of a cluster, of a backup. See docs/operating/backup.md.")

    @Argument(help: "The backup's directory.") var backup: String
    @Option(
        help: ArgumentHelp(
            "The data directory to be made: it must not exist, or be empty. With --to-cluster that of a node; several times for several nodes.",
            valueName: "directory"))
    var toDirectory: [String] = []
    @Option(
        help: ArgumentHelp(
            "A YAML file with the settings of a new cluster's node. The cluster's log must be empty.", valueName: "file"
        ))
    var toCluster: String?
    @Option(
        help: ArgumentHelp(
            "Restore what was so at a time: 2026-11-28T17:05:00Z. Default all there is.", valueName: "time"))
    var at: String?
    @Option(
        help: ArgumentHelp(
            "Restore one shard up to one of its records, as shard:number. May be given several times; the other shards are restored to --at, or whole.",
            valueName: "shard:number"))
    var record: [String] = []
    @Flag(help: "Leave tenants, projects and keys out.") var withoutControl = false
    @Flag(help: "Say what would be done, and do nothing.") var dryRun = false
    @Option(help: "A YAML file of settings, for a standalone node: where the control database is, the log's segments.")
    var config: String?
    @Option(name: .customLong("set"), help: "Any other setting, as key=value. May be given several times.")
    var assignments: [String] = []

    func run() throws {
        guard !toDirectory.isEmpty else { throw ValidationError("--to-directory says what is to be made") }
        guard toCluster != nil || toDirectory.count == 1 else {
            throw ValidationError("without --to-cluster there is one directory")
        }
        guard toCluster == nil || config == nil else { throw ValidationError("--to-cluster is the file of settings") }
        var time: Timestamp?
        if let at {
            guard let parsed = Timestamp(rfc3339: at) else {
                throw ValidationError("--at takes a time such as 2026-11-28T17:05:00Z, not '\(at)'")
            }
            time = parsed
        }
        var records: [UInt16: UInt64] = [:]
        for text in record {
            let parts = text.split(separator: ":").map(String.init)
            guard parts.count == 2, let shard = UInt16(parts[0]), let number = UInt64(parts[1]) else {
                throw ValidationError("--record takes shard:number, not '\(text)'")
            }
            records[shard] = number
        }
        let directory = BackupDirectory(backup)
        let manifest = try directory.existingManifest()
        let options = try CommonOptions.parse(
            ((toCluster ?? config).map { ["--config", $0] } ?? []) + assignments.flatMap { ["--set", $0] })
        // A standalone node gets as many shards as the backup has, unless somebody wants others, who is told that it can't.
        if toCluster == nil {
            let wanted = try options.settings().shardCount
            if wanted != Settings().shardCount, wanted != manifest.shardCount {
                throw StartError(Restoration.reason(for: manifest.shardCount, otherThan: wanted))
            }
        }
        let settings = try options.settings(
            adding: toCluster == nil ? [("shards", String(manifest.shardCount))] : [])
        guard (settings.cluster.name != nil) == (toCluster != nil) else {
            throw StartError(
                toCluster == nil
                    ? "the settings name a cluster: --to-cluster is for that" : "\(toCluster!) names no cluster")
        }
        let restoration = Restoration(
            backup: directory, manifest: manifest, settings: settings, targets: toDirectory, time: time,
            records: records, hasControl: !withoutControl && manifest.control != nil)
        try runBlocking { try await restoration.run(isDry: dryRun) }
    }
}
