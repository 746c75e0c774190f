import BackupFiles
import CommitLogs
import Foundation
import Leaderboards
import NodeRuntime
import Sharding

/// Reads all of a backup: every file against the manifest, every piece and record against its checksum, and then does what a node
/// does when it starts. Each shard is built from its oldest checkpoint and its records; on the way, it must be what each later
/// checkpoint says. One shard at a time is in memory, twice where two are compared.
struct BackupVerification {
    let directory: BackupDirectory
    var say: (String) -> Void = { _ in }

    /// Answers the manifest with the hashes of what the shards are at their ends.
    func run(_ manifest: BackupManifest) throws -> BackupManifest {
        var manifest = manifest
        if let control = manifest.control { try directory.check(control) }
        for index in manifest.shards.indices {
            let end = try verify(manifest.shards[index])
            let backup = manifest.shards[index]
            guard end.number == backup.end?.number, end.end.hash.description == backup.end?.hash else {
                throw BackupError.damaged(
                    "shard \(backup.shard) ends with record \(end.number), not as the manifest says")
            }
            let hash = end.stateHash.description
            if let known = backup.stateHash, backup.stateNumber == end.number, known != hash {
                throw BackupError.damaged(
                    "shard \(backup.shard): the same records lead to another state than when the backup was taken")
            }
            manifest.shards[index].stateHash = hash
            manifest.shards[index].stateNumber = end.number
            if (index + 1) % 16 == 0 || index + 1 == manifest.shards.count {
                say("Verified: \(index + 1) of \(manifest.shards.count) shards.")
            }
        }
        return manifest
    }

    private func verify(_ backup: ShardBackup) throws -> ShardFolding {
        let shard = ShardID(backup.shard)
        for file in backup.checkpoints.map(\.file) + backup.logs.map(\.file) { try directory.check(file) }
        var checkpoints = backup.checkpoints[...]
        var current =
            try checkpoints.isEmpty || backup.logs.first?.first == 1
            ? ShardFolding(shard, from: nil) : load(checkpoints.removeFirst(), of: shard)
        for log in backup.logs {
            let records = try directory.records(log)
            var isFirst = true
            while let entry = try records.next() {
                try compare(&current, &checkpoints, before: entry.record.number, of: shard)
                if isFirst,
                    entry.record.number != log.first || entry.record.previousHash.description != log.previousHash
                {
                    throw BackupError.damaged("\(log.file.path) does not begin as the manifest says")
                }
                isFirst = false
                if entry.record.number > current.number { try current.apply(entry) }
            }
            try compare(&current, &checkpoints, before: log.last + 1, of: shard)
        }
        while let next = checkpoints.popFirst() { current = try load(next, of: shard) }
        try current.loadAll()
        return current
    }

    /// Compares with checkpoints that the history has come to, and goes on from one that lies behind a gap.
    private func compare(
        _ current: inout ShardFolding, _ checkpoints: inout ArraySlice<ShardBackup.Checkpoint>, before number: UInt64,
        of shard: ShardID
    ) throws {
        while let next = checkpoints.first, next.number < number {
            checkpoints.removeFirst()
            let loaded = try load(next, of: shard)
            if next.number == current.number {
                try current.loadAll()
                guard loaded.stateHash == current.stateHash, loaded.end.hash == current.end.hash else {
                    throw BackupError.damaged("\(next.file.path) is not what the records before it lead to")
                }
            }
            if next.number > current.number { current = loaded }
        }
    }

    private func load(_ checkpoint: ShardBackup.Checkpoint, of shard: ShardID) throws -> ShardFolding {
        let folding = try ShardFolding(shard, from: try directory.checkpoint(checkpoint, of: shard))
        guard folding.number == checkpoint.number, folding.end.hash.description == checkpoint.hash else {
            throw BackupError.damaged("\(checkpoint.file.path) is not the checkpoint that the manifest names")
        }
        try folding.loadAll()
        return folding
    }
}
