internal import Foundation
package import Histories
package import JetStreamSupport
internal import Leaderboards
internal import Sharding

/// Reads a cluster's log as its streams' leaders have it, record by record and past everything that Laurel reads it with.
package struct RawLog: Sendable {
    private let servers: JetStreamCluster
    private let cluster: String

    package init(_ servers: JetStreamCluster, cluster: String) {
        self.servers = servers
        self.cluster = cluster
    }

    /// The records of all groups, each group in its order.
    package func records(groups: Int = 3) async throws -> [ScannedRecord] {
        try await LogOperator.with(servers, cluster: cluster) { log in
            var records: [ScannedRecord] = []
            for group in 0..<groups { records += try await scan(group, log) }
            return records
        }
    }

    private func scan(_ group: Int, _ log: LogOperator) async throws -> [ScannedRecord] {
        let end = try await log.lastSequence(of: group)
        var records: [ScannedRecord] = []
        var next: UInt64 = 1
        while next <= end, let message = try await log.message(of: group, from: next) {
            records.append(try Self.record(message.data, at: message.sequence))
            next = message.sequence + 1
        }
        return records
    }

    private static func record(_ data: Data, at position: UInt64) throws -> ScannedRecord {
        let (record, _, hash) = try Array(data).withUnsafeBytes { try LogRecord.decode($0) }
        return ScannedRecord(
            shard: Int(record.shard.number), position: position, number: record.number, epoch: record.epoch,
            writer: .init(node: record.node, incarnation: record.incarnation), isClaim: record.kind == .claim,
            previousHash: "\(record.previousHash)", hash: "\(hash)", operations: OperationMark.all(in: record.payload))
    }
}
