internal import Crypto
internal import Foundation
internal import Leaderboards
package import Sharding

/// What a backup has: `manifest.json`, written last. A directory without one is no backup.
///
/// `seal` is the SHA-256 of the file with 64 zeros in its place, so that a changed byte anywhere in it is noticed. Fields that are
/// added later are optional; `format` rises when an older Laurel could misread one.
package struct BackupManifest: Hashable, Sendable, Codable {
    package static let format = 1

    package var format = BackupManifest.format
    package var seal = String(repeating: "0", count: 64)
    /// The Laurel that wrote it.
    package var laurel: String
    package var source: Source
    package var shardCount: Int
    /// Of the last run: when it began, and when it had everything. RFC 3339.
    package var begun: String
    package var ended: String
    package var control: FileSeal?
    /// Those that have records, ascending.
    package var shards: [ShardBackup] = []

    /// What it was taken of: a node that is alone, or a cluster.
    package struct Source: Hashable, Sendable, Codable {
        package var cluster: String?
        /// The number of the node that was asked.
        package var node: UInt64

        package init(cluster: String?, node: UInt64) {
            self.cluster = cluster
            self.node = node
        }

        /// Whether a later backup of `other` may be added.
        package func isSame(as other: Source) -> Bool {
            cluster == other.cluster && (cluster != nil || node == other.node)
        }

        package var name: String { cluster.map { "cluster \($0)" } ?? "node \(node)" }
    }

    package init(laurel: String, source: Source, shardCount: Int, begun: String, ended: String = "") {
        self.laurel = laurel
        self.source = source
        self.shardCount = shardCount
        self.begun = begun
        self.ended = ended
    }
}

/// The files of one shard.
package struct ShardBackup: Hashable, Sendable, Codable {
    package var shard: UInt16
    /// The oldest first.
    package var checkpoints: [Checkpoint] = []
    /// The oldest first. Between two there may be a gap, which only a checkpoint can bridge.
    package var logs: [Log] = []
    /// `Shard.stateHash` at the end, when it was last computed, and of which record's state.
    package var stateHash: String?
    package var stateNumber: UInt64?

    package init(shard: UInt16) { self.shard = shard }

    package struct Checkpoint: Hashable, Sendable, Codable {
        package var file: FileSeal
        /// The last record that it reflects.
        package var number: UInt64
        package var hash: String
        package var epoch: UInt64
        /// In the log that it came from.
        package var position: UInt64
        /// The shard's time: milliseconds since 1970.
        package var time: Int64

        package init(_ manifest: ShardManifest, _ file: FileSeal) {
            self.file = file
            number = manifest.number
            hash = manifest.hash.description
            epoch = manifest.epoch
            position = manifest.position.value
            time = manifest.time.milliseconds
        }
    }

    package struct Log: Hashable, Sendable, Codable {
        package var file: FileSeal
        package var first: UInt64
        package var last: UInt64
        /// The chain's before the first record, and after the last.
        package var previousHash: String
        package var hash: String
        package var epoch: UInt64
        /// Of the last record, in the log that it came from.
        package var position: UInt64
        /// Of the first and the last record that have one.
        package var firstTime: Int64?
        package var lastTime: Int64?
    }

    /// How far it reaches.
    package var end: (number: UInt64, hash: String, position: UInt64)? {
        let checkpoint = checkpoints.last.map { ($0.number, $0.hash, $0.position) }
        guard let log = logs.last, log.last > checkpoint?.0 ?? 0 else { return checkpoint }
        return (log.last, log.hash, log.position)
    }

    /// No record in it has a higher one.
    package var epochMax: UInt64 { max(checkpoints.map(\.epoch).max() ?? 0, logs.map(\.epoch).max() ?? 0) }
}

extension BackupManifest {
    /// With its seal.
    package func encoded() -> [UInt8] {
        var copy = self
        copy.seal = Self.noSeal
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        // Nothing in it can fail to be encoded.
        var bytes = Array(try! encoder.encode(copy)) + [0x0A]
        let place = Self.sealPlace(in: bytes)!
        let seal = Disk.hexadecimal(SHA256.hash(data: bytes))
        bytes.replaceSubrange(place, with: seal.utf8)
        return bytes
    }

    package init(_ bytes: [UInt8]) throws(BackupError) {
        guard let place = Self.sealPlace(in: bytes) else { throw .damaged("is no manifest of a backup") }
        var unsealed = bytes
        unsealed.replaceSubrange(place, with: Self.noSeal.utf8)
        guard Disk.hexadecimal(SHA256.hash(data: unsealed)).utf8.elementsEqual(bytes[place]) else {
            throw .damaged("is not what was written: its seal is broken")
        }
        struct Format: Decodable { var format: Int }
        let decoder = JSONDecoder()
        guard let format = try? decoder.decode(Format.self, from: Data(bytes)).format else {
            throw .damaged("can't be read")
        }
        guard format == Self.format else { throw .damaged("format \(format) is of a newer Laurel") }
        guard let manifest = try? decoder.decode(BackupManifest.self, from: Data(bytes)) else {
            throw .damaged("can't be read")
        }
        self = manifest
    }

    private static let noSeal = String(repeating: "0", count: 64)

    /// Where the seal's digits are.
    private static func sealPlace(in bytes: [UInt8]) -> Range<Int>? {
        let key = Array(#""seal" : ""#.utf8)
        guard let start = Data(bytes).range(of: Data(key))?.upperBound, bytes.count >= start + 64 else { return nil }
        return start..<start + 64
    }
}

extension ChainHash {
    /// As `description` writes it.
    package init?(hexadecimal text: String) {
        guard text.utf8.count == 32, let high = UInt64(text.prefix(16), radix: 16),
            let low = UInt64(text.suffix(16), radix: 16)
        else { return nil }
        self.init(low: low.byteSwapped, high: high.byteSwapped)
    }
}
