import BackupFiles
import Testing

@Suite("Manifests of backups")
struct ManifestTests {
    private static var example: BackupManifest {
        var manifest = BackupManifest(
            laurel: "0.1.0", source: BackupManifest.Source(cluster: "game", node: 18_446_744_073_709_551_615),
            shardCount: 8, begun: "2026-11-28T17:00:00.000Z", ended: "2026-11-28T17:00:01.000Z")
        manifest.control = FileSeal(path: "control.jsonl", bytes: 10, sha256: String(repeating: "a", count: 64))
        var shard = ShardBackup(shard: 7)
        shard.stateHash = "00"
        shard.stateNumber = 3
        manifest.shards = [shard]
        return manifest
    }

    @Test("What is written is read again")
    func roundTrip() throws {
        var read = try BackupManifest(Self.example.encoded())
        read.seal = Self.example.seal
        #expect(read == Self.example)
    }

    @Test("Whatever byte is changed, the seal is broken")
    func seal() {
        let bytes = Self.example.encoded()
        for place in bytes.indices {
            for bit in [0, 5] {
                var changed = bytes
                changed[place] ^= 1 << bit
                #expect(throws: BackupError.self) { try BackupManifest(changed) }
            }
        }
    }
}
