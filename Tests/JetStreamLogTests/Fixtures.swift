import CommitLogs
import Foundation
import JetStreamSupport
import Leaderboards
import NATSClient
import Sharding
import Testing

@testable import JetStreamLog

func collect(_ entries: any LogEntries) async throws -> [LogEntry] {
    func drain(_ entries: some LogEntries) async throws -> [LogEntry] {
        var all: [LogEntry] = []
        for try await batch in entries { all += batch }
        return all
    }
    return try await drain(entries)
}

/// The owner of one shard, who remembers what was acknowledged.
struct Writer: Sendable {
    var chain: RecordChain
    var last: LogPosition?
    private(set) var acknowledged: [(position: LogPosition, record: EncodedRecord)] = []

    init(shard: Int, epoch: UInt64 = 1) { chain = RecordChain(shard: ShardID(UInt16(shard)), epoch: epoch) }

    @discardableResult
    mutating func append(_ payload: [UInt8], to log: StreamLog) async throws -> LogPosition {
        var next = chain
        let record = next.next(payload)
        let position = try await log.append(record, after: last)
        chain = next
        last = position
        acknowledged.append((position, record))
        return position
    }
}

extension JetStreamCluster {
    /// The name of the server that leads the log's stream; nil while there is none.
    func leader(of log: StreamLog) async -> NATSServer? {
        guard let info = try? await log.reader.streamInfo(), let name = info.cluster?.leader else { return nil }
        return server(named: name)
    }

    /// One whose only way in is this server, or a proxy.
    func options(_ options: StreamLogOptions, through addresses: ServerAddress...) -> StreamLogOptions {
        var options = options
        options.client.servers = addresses
        options.client.discoversServers = false
        options.createsStream = false
        return options
    }

    /// Waits until every replica has everything.
    func waitUntilCurrent(_ log: StreamLog) async throws {
        struct Info: Decodable {
            struct Cluster: Decodable {
                struct Replica: Decodable {
                    var current: Bool?
                    var lag: Int?
                    var offline: Bool?
                }
                var leader: String?
                var replicas: [Replica]?
            }
            var cluster: Cluster?
        }
        let operation = Operator(self)
        _ = try await eventually("all replicas are current", within: .seconds(60)) {
            let payload = try await operation.ask("$JS.API.STREAM.INFO." + log.group.stream)
            guard let cluster = JetStreamAPI.decode(Info.self, payload)?.cluster, cluster.leader?.isEmpty == false,
                let replicas = cluster.replicas, replicas.count == 2
            else { return nil as Bool? }
            let areCurrent = replicas.allSatisfy { $0.current == true && $0.lag ?? 0 == 0 && $0.offline != true }
            return areCurrent ? true : nil
        }
        await operation.close()
    }

    /// The files of a stopped server that hold the stream's messages.
    func blocks(of server: NATSServer) -> [String] {
        let store = store(of: server)
        let paths = FileManager.default.enumerator(atPath: store)?.compactMap { $0 as? String } ?? []
        return paths.filter { $0.contains("/streams/LRL-") && $0.hasSuffix(".blk") }.sorted().map { "\(store)/\($0)" }
    }
}

/// How often the long faults are repeated: `LAUREL_JETSTREAM_ROUNDS`.
let rounds = ProcessInfo.processInfo.environment["LAUREL_JETSTREAM_ROUNDS"].flatMap { Int($0) } ?? 1
