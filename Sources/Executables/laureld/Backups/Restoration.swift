import BackupFiles
import CheckpointStores
import CommitLogs
import Foundation
import JetStreamLog
import Leaderboards
import Logging
import NodeRuntime
import RocksDBCheckpoints
import SQLDatabases
import Sharding
import UringLog

/// From a backup to data directories, step by step. What is being made is called `….restoring` and gets its name when it is whole.
///
/// 1. Each shard is folded: a checkpoint, and the records up to the point wanted. Its pieces go into the stores.
/// 2. The control records go into their database.
/// 3. The new log gets its first records, and then each store the manifests that make pieces a checkpoint.
struct Restoration: Sendable {
    let backup: BackupDirectory
    let manifest: BackupManifest
    let settings: Settings
    let targets: [String]
    let time: Timestamp?
    let records: [UInt16: UInt64]
    let hasControl: Bool
    private let console = Console()

    init(
        backup: BackupDirectory, manifest: BackupManifest, settings: Settings, targets: [String], time: Timestamp?,
        records: [UInt16: UInt64], hasControl: Bool
    ) {
        self.backup = backup
        self.manifest = manifest
        self.settings = settings
        self.targets = targets.map { $0.count > 1 && $0.hasSuffix("/") ? String($0.dropLast()) : $0 }
        self.time = time
        self.records = records
        self.hasControl = hasControl
    }

    func run(isDry: Bool) async throws {
        try check()
        let histories = try manifest.shards.map { try ShardHistory($0, to: point(of: $0), in: backup) }
        if isDry { return describe(histories) }
        let logs = try await openSharedLogs()
        do {
            try await make(histories, logs)
        } catch {
            for log in logs { await log.close() }
            throw error
        }
        for log in logs { await log.close() }
    }

    private var isCluster: Bool { settings.cluster.name != nil }

    private func point(of shard: ShardBackup) -> RestorePoint {
        records[shard.shard].map(RestorePoint.record) ?? time.map(RestorePoint.time) ?? .end
    }

    // MARK: Before anything is made

    private func check() throws {
        if let shard = records.keys.sorted().first(where: { shard in !manifest.shards.contains { $0.shard == shard } })
        {
            throw StartError("--record: the backup has nothing of shard \(shard)")
        }
        if let time, let begun = Timestamp(rfc3339: manifest.begun), time > begun {
            throw StartError("the backup has all that was acknowledged until \(manifest.begun), and not of \(time)")
        }
        if isCluster, settings.shardCount != manifest.shardCount {
            throw StartError(Self.reason(for: manifest.shardCount, otherThan: settings.shardCount))
        }
        if isCluster, hasControl, settings.controlURL == nil {
            throw StartError("control: a cluster's nodes share a control database; or restore --without-control")
        }
        guard Set(targets).count == targets.count else { throw StartError("a directory is named twice") }
        for target in targets { try checkIsFree(target) }
    }

    static func reason(for shardCount: Int, otherThan wanted: Int) -> String {
        "the backup has \(shardCount) shards, and \(wanted) are configured: a backup can't be divided anew. "
            + "Restore it with shards \(shardCount); with \(wanted), begin empty and submit the scores again"
    }

    private func checkIsFree(_ path: String) throws {
        let files = FileManager.default
        guard files.fileExists(atPath: path) else { return }
        guard let names = try? files.contentsOfDirectory(atPath: path), names.isEmpty else {
            throw StartError("\(path) is not empty: nothing is ever restored over something")
        }
    }

    private func describe(_ histories: [ShardHistory]) {
        for history in histories {
            let start = history.checkpoint.map { "checkpoint of record \($0.number)" } ?? "its first record"
            console.say("shard \(history.shard): from its \(start), \(history.files.count) files")
        }
        let what = isCluster ? "the beginning of cluster \(settings.cluster.name!)" : "a data directory"
        console.say(
            "\(histories.count) of \(manifest.shardCount) shards would become \(what) in \(targets.joined(separator: ", "))"
                + (hasControl ? ", with" : ", without") + " tenants, projects and keys. Nothing was done.")
    }

    // MARK: Making

    private func make(_ histories: [ShardHistory], _ logs: [StreamLog]) async throws {
        let directories = try targets.map { try makeDirectory($0) }
        let stores = try directories.map { try $0.openStore() }
        defer { for store in stores { store.close() } }
        let heir = ShardSettling.Heir(
            node: directories[0].nodeNumber, incarnation: isCluster ? .random(in: 1...(.max)) : 1, releases: isCluster)
        var settlings: [ShardSettling] = []
        for (backup, history) in zip(manifest.shards, histories) {
            if let settling = try settle(history, into: stores, heir, epochMax: backup.epochMax) {
                settlings.append(settling)
            }
        }
        try await loadControl(in: directories[0])
        if isCluster {
            try await append(settlings, to: logs)
        } else {
            try await appendToOwnLog(settlings, directories[0])
        }
        for store in stores { store.close() }
        for (directory, target) in zip(directories, targets) { try name(directory.path, target) }
        console.say(
            "Restored \(settlings.count) shards to \(targets.joined(separator: ", ")). "
                + "The pepper is in no backup: keys are valid only with the one they were made with.")
    }

    private func makeDirectory(_ target: String) throws -> DataDirectory {
        let files = FileManager.default
        let path = target + ".restoring"
        // Ours: nobody starts a node there.
        if files.fileExists(atPath: path) { try files.removeItem(atPath: path) }
        var own = settings
        own.dataDirectory = path
        own.shardCount = manifest.shardCount
        return try DataDirectory(own)
    }

    /// Nil if the shard has done nothing up to the point wanted.
    private func settle(
        _ history: ShardHistory, into stores: [RocksDBCheckpointStore], _ heir: ShardSettling.Heir, epochMax: UInt64
    ) throws -> ShardSettling? {
        for file in history.files { try backup.check(file) }
        let source = try history.checkpoint.map { try backup.checkpoint($0, of: history.shard) }
        let folding = try ShardFolding(history.shard, from: source)
        if let checkpoint = history.checkpoint {
            guard folding.number == checkpoint.number, folding.end.hash.description == checkpoint.hash else {
                throw BackupError.damaged("\(checkpoint.file.path) is not the checkpoint that the manifest names")
            }
        }
        while let entry = try history.next() { try folding.apply(entry) }
        guard folding.number > 0 else { return nil }
        var pieces: [CheckpointKey] = []
        if let source {
            let key = CheckpointKey(
                kind: .shardManifest, shard: history.shard, serial: source.manifest.generation)
            guard let all = try source.pieces(ofCheckpoint: key) else {
                throw BackupError.damaged("the checkpoint of shard \(history.shard) lacks pieces")
            }
            pieces = all
        }
        return try ShardSettling(
            folding, pieces: pieces, of: source, into: stores, heir: heir, epochMax: epochMax)
    }

    private func loadControl(in directory: DataDirectory) async throws {
        guard hasControl, let dump = try backup.control(manifest) else { return }
        var own = settings
        own.dataDirectory = directory.path
        guard let store = try await OpenControlPlane.store(own, in: directory) as? SQLControlStore else { return }
        let result: Result<Void, any Error>
        do { result = .success(try await store.load(dump: dump)) } catch { result = .failure(error) }
        await store.close()
        do { try result.get() } catch {
            throw StartError("the control database: \(error). Restore --without-control to leave it as it is")
        }
    }

    private func appendToOwnLog(_ settlings: [ShardSettling], _ directory: DataDirectory) async throws {
        if settlings.isEmpty { return }
        let log = try directory.openLog(
            settings,
            foundations: Dictionary(uniqueKeysWithValues: settlings.map { ($0.records[0].shard, $0.foundation) })
        ) { [console] in console.say($0) }
        let result: Result<Void, any Error>
        do {
            for settling in settlings { try await append(settling, to: log) }
            result = .success(())
        } catch {
            result = .failure(error)
        }
        await log.close()
        try result.get()
    }

    private func append(_ settling: ShardSettling, to log: any CommitLog) async throws {
        var position = LogPosition.start
        for record in settling.records { position = try await log.append(record, after: position) }
        try settling.finish(at: position)
    }

    // MARK: Clusters

    private func openSharedLogs() async throws -> [StreamLog] {
        guard isCluster else { return [] }
        let logs = try await OpenCluster.openLogs(
            settings.cluster, name: settings.cluster.name ?? "", originDomain: nil, Logger(label: "laurel"))
        for log in logs {
            guard await log.lastPositions().isEmpty else {
                for log in logs { await log.close() }
                throw StartError(
                    "the log of cluster \(settings.cluster.name!) has records: a backup can only become a new cluster")
            }
        }
        return logs
    }

    private func append(_ settlings: [ShardSettling], to logs: [StreamLog]) async throws {
        for settling in settlings {
            let shard = settling.records[0].shard
            let log = logs[LogGroup.number(of: shard, count: logs.count)]
            log.found(shard, on: settling.foundation)
            try await append(settling, to: log)
        }
    }

    // MARK: The end

    private func name(_ path: String, _ target: String) throws {
        sync(path)
        // An empty directory in its place is replaced.
        guard rename(path, target) == 0 else {
            throw StartError("\(path) can't be renamed to \(target): \(String(cString: strerror(errno)))")
        }
        let slash = target.lastIndex(of: "/")
        sync(slash.map { $0 == target.startIndex ? "/" : String(target[..<$0]) } ?? ".")
    }

    private func sync(_ path: String) {
        let directory = open(path, O_RDONLY | O_DIRECTORY)
        guard directory >= 0 else { return }
        fsync(directory)
        close(directory)
    }
}
