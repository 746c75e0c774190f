import AdminAPI
import CheckpointStores
import CommitLogs
import ControlPlane
import Foundation
import Leaderboards
import NodeRuntime
import RocksDBCheckpoints
import UringLog

/// The data directory:
///
///     node.yaml        what it was made with: format, shards, the node's number
///     admin.key        the admin key of project `default`, readable by its owner only
///     operator.key     the operator's token for the admin API, readable by its owner only
///     pepper           what the digests of keys depend on, readable by its owner only
///     control.sqlite   tenants, projects and keys, unless they are in Postgres
///     log/             the commit log
///     checkpoints/     RocksDB
///     mirrors/         what is mirrored of other regions: checkpoints of each
struct DataDirectory {
    static let format = 1

    let path: String
    private let identity: Identity

    struct Identity {
        var shardCount: Int
        var node: UInt64
    }

    var keyPath: String { path + "/admin.key" }
    var operatorTokenPath: String { path + "/operator.key" }

    /// Makes the directory if there is none.
    init(_ settings: Settings) throws {
        path = settings.dataDirectory
        do {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        } catch {
            throw StartError("the data directory \(path) can't be made: \(error.localizedDescription)")
        }
        let file = path + "/node.yaml"
        if let text = try Self.read(file) {
            identity = try Self.parse(text, file)
            if identity.shardCount != settings.shardCount {
                throw StartError(
                    "\(path) was made with \(identity.shardCount) shards, and \(settings.shardCount) are configured: the number is fixed, set shards to \(identity.shardCount)"
                )
            }
        } else {
            identity = Identity(shardCount: settings.shardCount, node: UInt64.random(in: 1...UInt64.max))
            let text = "format: \(Self.format)\nshards: \(identity.shardCount)\nnode: \(identity.node)\n"
            try Self.write(text, to: file, mode: 0o644)
        }
    }

    private static func parse(_ text: String, _ file: String) throws -> Identity {
        var values: [String: UInt64] = [:]
        for line in text.split(separator: "\n") {
            let parts = line.split(separator: ":", maxSplits: 1)
            guard parts.count == 2 else { continue }
            values[String(parts[0])] = UInt64(parts[1].trimmingCharacters(in: .whitespaces))
        }
        guard let format = values["format"], let shards = values["shards"], let node = values["node"] else {
            throw StartError("\(file) is damaged")
        }
        guard format == Self.format else { throw StartError("\(file): format \(format) is of a newer Laurel") }
        return Identity(shardCount: Int(shards), node: node)
    }

    /// - Parameter foundations: what the first records of a new log follow
    func openLog(
        _ settings: Settings, foundations: [ShardID: LogFoundation] = [:], _ say: @escaping @Sendable (String) -> Void
    ) throws -> SegmentedLog {
        var options = SegmentedLogOptions()
        options.segmentByteCount = settings.logSegmentBytes
        options.writeMethod = settings.logWriteMethod
        return try SegmentedLog.open(directory: path + "/log", options: options, foundations: foundations) {
            say("Log: \($0)")
        }
    }

    func openStore() throws -> RocksDBCheckpointStore {
        try RocksDBCheckpointStore(.init(directory: path + "/checkpoints"))
    }

    /// Of what is mirrored of another region.
    func openStore(ofRegion region: String) throws -> RocksDBCheckpointStore {
        let directory = path + "/mirrors/" + region
        do {
            try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        } catch {
            throw StartError("\(directory) can't be made: \(error.localizedDescription)")
        }
        return try RocksDBCheckpointStore(.init(directory: directory + "/checkpoints"))
    }

    var logPath: String { path + "/log" }
    var shardCount: Int { identity.shardCount }

    func nodeConfiguration(_ settings: Settings, incarnation: UInt64) -> NodeConfiguration {
        var configuration = NodeConfiguration()
        configuration.shardCount = identity.shardCount
        configuration.durability = settings.durability
        configuration.memoryBytesMax = settings.memoryBytesMax
        configuration.checkpointBytes = settings.checkpointBytes
        configuration.checkpointAge = .seconds(settings.checkpointSeconds)
        configuration.node = identity.node
        configuration.incarnation = incarnation
        return configuration
    }

    var nodeNumber: UInt64 { identity.node }

    /// The same name for all starts of a node.
    var nodeName: String { "\(identity.node)" }

    /// The admin key: made at the first start.
    func adminKey() throws -> (key: APIKey, isNew: Bool) {
        if let text = try Self.read(keyPath) {
            let text = text.trimmingCharacters(in: .whitespacesAndNewlines)
            if let key = APIKey(text) { return (key, false) }
            if text.hasPrefix("lb_live_") {
                throw StartError(
                    "\(keyPath) holds a key of an older Laurel, which is not valid any more. Move the file away and start "
                        + "again: a new key is made, and the leaderboards stay as they are")
            }
            throw StartError("\(keyPath) holds no valid key; remove it to get a new one")
        }
        let key = APIKey(random: Self.randomBytes(APIKey.seedByteCount))
        try Self.write(key.text + "\n", to: keyPath, mode: 0o600)
        return (key, true)
    }

    /// The operator's token: made at the first start with the admin API.
    func operatorToken() throws -> (token: OperatorToken, isNew: Bool) {
        if let text = try Self.read(operatorTokenPath) {
            guard let token = OperatorToken(text.trimmingCharacters(in: .whitespacesAndNewlines)) else {
                throw StartError("\(operatorTokenPath) holds no valid token; remove it to get a new one")
            }
            return (token, false)
        }
        let token = OperatorToken(random: Self.randomBytes(APIKey.seedByteCount))
        try Self.write(token.text + "\n", to: operatorTokenPath, mode: 0o600)
        return (token, true)
    }

    /// What the digests of keys depend on: from the settings, or a file that is made at the first start.
    func pepper(_ settings: Settings) throws -> KeyPepper {
        if let bytes = settings.pepper { return KeyPepper(bytes: bytes) }
        let path = path + "/pepper"
        if let text = try Self.read(path) {
            // A digest has as many bytes, and the same form.
            guard let bytes = KeyDigest(hexadecimal: text.trimmingCharacters(in: .whitespacesAndNewlines))?.bytes else {
                throw StartError("\(path) is not 64 hexadecimal digits; without the one it had, no key is valid")
            }
            return KeyPepper(bytes: bytes)
        }
        let bytes = KeyDigest(bytes: Self.randomBytes(KeyPepper.byteCount))!
        try Self.write(bytes.hexadecimal + "\n", to: path, mode: 0o600)
        return KeyPepper(bytes: bytes.bytes)
    }

    static func randomBytes(_ count: Int) -> [UInt8] {
        var generator = SystemRandomNumberGenerator()
        return (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
    }

    /// Nil if there is no such file. One that is there and can't be read is an error, or it would be made anew over the old one.
    private static func read(_ path: String) throws -> String? {
        guard FileManager.default.fileExists(atPath: path) else { return nil }
        do {
            return try String(contentsOfFile: path, encoding: .utf8)
        } catch {
            throw StartError("\(path) can't be read: \(error.localizedDescription)")
        }
    }

    /// Writes a small file so that it is there whole after a power cut, or not at all.
    private static func write(_ text: String, to path: String, mode: mode_t) throws {
        let temporary = path + ".new"
        unlink(temporary)
        let file = open(temporary, O_WRONLY | O_CREAT | O_EXCL, mode)
        guard file >= 0 else { throw StartError("\(temporary) can't be written: \(String(cString: strerror(errno)))") }
        defer { close(file) }
        let bytes = Array(text.utf8)
        guard Glibc.write(file, bytes, bytes.count) == bytes.count, fsync(file) == 0, rename(temporary, path) == 0
        else {
            throw StartError("\(path) can't be written: \(String(cString: strerror(errno)))")
        }
        let directory = open((path as NSString).deletingLastPathComponent, O_RDONLY | O_DIRECTORY)
        if directory >= 0 {
            fsync(directory)
            close(directory)
        }
    }
}

/// Why laureld did not start, in words for whoever started it.
struct StartError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
