import BackupFiles
import CheckpointStores
import CommitLogs
import Foundation
import Leaderboards
import Sharding
import TestSupport
import Testing

/// Of logs alone: what has checkpoints is tried with real nodes, in `LaureldTests/Backups`.
@Suite("Taking backups")
struct TakingTests {
    /// A log to which the records of two shards are appended.
    private struct Place {
        let log = InMemoryCommitLog()
        var chains = [RecordChain(shard: ShardID(0)), RecordChain(shard: ShardID(1))]
        var last: [LogPosition?] = [nil, nil]

        mutating func append(_ count: Int, to shard: Int) async throws {
            for number in 0..<count {
                last[shard] = try await log.append(chains[shard].next([UInt8(number)]), after: last[shard])
            }
        }

        func take(to path: String, node: UInt64 = 1) async throws -> BackupManifest {
            let origin = StoredOrigin(
                store: InMemoryCheckpointStore(), logs: [log], shardCount: 2, laurel: "test",
                source: BackupManifest.Source(cluster: nil, node: node), dump: { Array("{}".utf8) })
            let directory = BackupDirectory(path)
            let manifest = try await BackupTaking(origin, to: directory, now: { Timestamp(milliseconds: 5) }).run()
            try directory.commit(manifest)
            return manifest
        }
    }

    private func numbers(_ shard: ShardBackup, to point: RestorePoint, _ path: String) throws -> [UInt64] {
        let history = try ShardHistory(shard, to: point, in: BackupDirectory(path))
        var numbers: [UInt64] = []
        while let entry = try history.next() { numbers.append(entry.record.number) }
        return numbers
    }

    @Test("Records are added run by run, what was left unfinished is swept away, and each record can be gone back to")
    func incremental() async throws {
        try await TemporaryDirectory.with { directory in
            let path = directory.path + "/backup"
            var place = Place()
            try await place.append(3, to: 0)
            var manifest = try await place.take(to: path)
            #expect(manifest.shards.map(\.shard) == [0])
            #expect(manifest.control?.bytes == 2)
            let leftover = path + "/shards/0000/log.partial"
            try Data([1]).write(to: URL(filePath: leftover))
            try await place.append(2, to: 0)
            try await place.append(1, to: 1)
            manifest = try await place.take(to: path)
            #expect(!FileManager.default.fileExists(atPath: leftover))
            #expect(manifest.shards.map { $0.logs.map { [$0.first, $0.last] } } == [[[1, 3], [4, 5]], [[1, 1]]])
            #expect(manifest.shards[0].end?.hash == place.chains[0].hash.description)
            #expect(try BackupDirectory(path).existingManifest() == BackupManifest(manifest.encoded()))
            // Nothing is new.
            #expect(try await place.take(to: path).shards == manifest.shards)
            for count in 1...5 {
                let wanted = (1...UInt64(count)).map { $0 }
                #expect(try numbers(manifest.shards[0], to: .record(UInt64(count)), path) == wanted)
            }
            #expect(try numbers(manifest.shards[0], to: .end, path).count == 5)
            #expect(throws: BackupError.self) { try numbers(manifest.shards[0], to: .record(6), path) }
        }
    }

    @Test("A log without its beginning, or of another node, or that goes another way, is not added")
    func refusals() async throws {
        try await TemporaryDirectory.with { directory in
            let path = directory.path + "/backup"
            var place = Place()
            try await place.append(3, to: 0)
            _ = try await place.take(to: path)
            await #expect(throws: BackupError.self) { try await place.take(to: path, node: 2) }
            var other = Place()
            other.chains[0].epoch = 9
            try await other.append(5, to: 0)
            await #expect(throws: BackupError.self) { try await other.take(to: path) }
            try await place.log.truncate(below: place.last[0]!)
            await #expect(throws: BackupError.noCheckpoint(ShardID(0))) {
                try await place.take(to: directory.path + "/late")
            }
            #expect(!FileManager.default.fileExists(atPath: directory.path + "/late/manifest.json"))
            // What it has already it does not need.
            try await place.append(1, to: 0)
            #expect(try await place.take(to: path).shards[0].end?.number == 4)
        }
    }

    @Test("Records of one shard that are gone, while others have older ones, are no damage: a checkpoint is asked for")
    func cutShard() async throws {
        try await TemporaryDirectory.with { directory in
            let path = directory.path + "/backup"
            var place = Place()
            try await place.append(3, to: 0)
            try await place.append(3, to: 1)
            _ = try await place.take(to: path)
            try await place.append(3, to: 0)
            try await place.append(3, to: 1)
            try await place.log.truncate(ShardID(1), below: place.last[1]!)
            await #expect(throws: BackupError.noCheckpoint(ShardID(1))) { try await place.take(to: path) }
            // It is what it was.
            #expect(try BackupDirectory(path).existingManifest().shards.map { $0.end?.number } == [3, 3])
        }
    }

    @Test("A changed byte among records is found, whichever it is, and so is a file that was cut")
    func flipped() async throws {
        try await TemporaryDirectory.with { directory in
            let path = directory.path + "/backup"
            var place = Place()
            try await place.append(3, to: 0)
            let manifest = try await place.take(to: path)
            let log = manifest.shards[0].logs[0]
            let file = path + "/" + log.file.path
            let whole = try Data(contentsOf: URL(filePath: file))
            func isFound() -> Bool {
                do {
                    let records = try BackupDirectory(path).records(log)
                    var last: ChainHash?
                    while let entry = try records.next() { last = entry.hash }
                    return last?.description != log.hash
                } catch {
                    return true
                }
            }
            #expect(!isFound())
            for place in whole.indices {
                var changed = whole
                changed[place] ^= 1 << UInt8(place % 8)
                try changed.write(to: URL(filePath: file))
                #expect(isFound(), "byte \(place)")
                #expect(throws: BackupError.self) { try BackupDirectory(path).check(log.file) }
            }
            for count in 0..<whole.count {
                try whole.prefix(count).write(to: URL(filePath: file))
                #expect(isFound(), "cut to \(count)")
            }
        }
    }
}
