import ArgumentParser
import BackupFiles
import Foundation
import Leaderboards
import NodeRuntime
import RocksDBCheckpoints
import SQLDatabases
import UringLog

/// `laureld backup`: of a standalone node that does not run. `laurel backup` begins it; a node that runs is asked over its admin API.
struct Backup: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Back up the data directory of a standalone node that does not run. See docs/operating/backup.md.")

    @Argument(help: "The backup's directory: made, or added to.") var backup: String
    @Flag(help: "Take a checkpoint of every shard, though the records since the last backup would do.")
    var full = false
    @Flag(help: "Leave tenants, projects and keys out.") var withoutControl = false
    @OptionGroup var options: CommonOptions

    func run() throws {
        let settings = try options.settings()
        try runBlocking { try await take(settings) }
    }

    private func take(_ settings: Settings) async throws {
        let console = Console()
        guard FileManager.default.fileExists(atPath: settings.dataDirectory + "/node.yaml") else {
            throw StartError("\(settings.dataDirectory) is not a data directory of Laurel")
        }
        guard settings.cluster.name == nil else {
            throw StartError("a node of a cluster has not all of its data: back up a node that runs, with --admin")
        }
        let directory = try DataDirectory(settings)
        let log = try directory.openLog(settings) { console.say($0) }
        do {
            let store = try directory.openStore()
            defer { store.close() }
            let path = directory.path + "/control.sqlite"
            let hasControl =
                !withoutControl && (settings.controlURL != nil || FileManager.default.fileExists(atPath: path))
            let control =
                hasControl ? try await OpenControlPlane.store(settings, in: directory) as? SQLControlStore : nil
            let origin = StoredOrigin(
                store: store, logs: [log], shardCount: directory.shardCount, laurel: Laureld.configuration.version,
                source: BackupManifest.Source(cluster: nil, node: directory.nodeNumber), dump: dump(of: control))
            var taking = BackupTaking.Options()
            taking.isFull = full
            taking.hasControl = hasControl
            let target = BackupDirectory(backup)
            let result: Result<BackupManifest, any Error>
            do {
                result = .success(
                    try await BackupTaking(
                        origin, to: target, taking, now: { SystemClock().now() }, say: { console.say($0) }
                    ).run())
            } catch {
                result = .failure(error)
            }
            await control?.close()
            try target.commit(try result.get())
        } catch {
            await log.close()
            throw error
        }
        await log.close()
    }
}
