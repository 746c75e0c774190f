import AdminAPI
import ArgumentParser
import BackupFiles
import CheckpointStores
import CommitLogs
import ControlPlane
import Foundation
import Leaderboards
import NodeRuntime
import SQLDatabases

extension Engine {
    /// What backups of this node are taken of, while it serves.
    func origin(
        _ settings: Settings, _ directory: DataDirectory, _ store: any CheckpointStore, _ control: any ControlStore,
        _ node: Node
    ) -> StoredOrigin {
        let (logs, aid): ([any CommitLog], SharedLogAid?) =
            switch self {
            case .alone(let log): ([log], nil)
            case .shared(let cluster, _, _): (cluster.logs, SharedLogAid(node))
            }
        return StoredOrigin(
            store: store, logs: logs, shardCount: directory.shardCount, laurel: Laureld.configuration.version,
            source: BackupManifest.Source(cluster: settings.cluster.name, node: directory.nodeNumber),
            dump: dump(of: control as? SQLControlStore), aid: aid)
    }
}

extension SharedLogAid {
    fileprivate init(_ node: Node) {
        self.init(
            hold: { node.holdLog() },
            continues: { shard, manifest in
                do { return try await node.logContinues(shard, behind: manifest) } catch {
                    throw BackupError.unavailable("\(error)")
                }
            }, relay: { try await node.relayCheckpoint(of: $0, $1) })
    }
}

/// How a control database is dumped.
func dump(of store: SQLControlStore?) -> (@Sendable () async throws -> [UInt8])? {
    guard let store else { return nil }
    return { try await store.dump() }
}

extension BackupHooks {
    /// What goes wrong on the way is told at the end of the stream: its head is gone already.
    init(_ origin: StoredOrigin) {
        self.init(
            outline: { Array(try JSONEncoder().encode(try await origin.outline())) },
            checkpoint: { shard, send in
                do { try await origin.checkpoint(of: ShardID(shard), send) } catch let error as BackupError {
                    try await send(PieceStream.failure(error))
                }
            },
            records: { group, position, send in
                do { try await origin.records(group: group, from: LogPosition(position), send) } catch let error
                    as BackupError
                { try await send(RecordStream.failure(error)) }
            },
            control: { try await origin.control($0) })
    }
}
