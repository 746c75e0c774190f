internal import Foundation
package import Histories
package import JetStreamSupport
internal import Leaderboards
internal import Logging
internal import NATSClient
internal import NIOCore
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
        var options = ClientOptions(servers: servers.addresses)
        options.authentication = JetStreamCluster.user
        let connection = NATSConnection(options, logger: Logger(label: "scan") { _ in SwiftLogNoOpLogHandler() })
        do {
            var records: [ScannedRecord] = []
            for group in 0..<groups { records += try await scan(group, connection) }
            await connection.close()
            return records
        } catch {
            await connection.close()
            throw error
        }
    }

    private struct Info: Decodable {
        struct State: Decodable { var last_seq: UInt64 }
        var state: State?
    }

    private struct Next: Encodable {
        var seq: UInt64
        var next_by_subj: String
    }

    private struct Found: Decodable {
        struct Message: Decodable {
            var seq: UInt64
            var data: Data?
        }
        struct Problem: Decodable { var err_code: Int? }
        var message: Message?
        var error: Problem?

        static let messageNotFound = 10037
    }

    private func scan(_ group: Int, _ connection: NATSConnection) async throws -> [ScannedRecord] {
        let stream = "LRL-\(cluster)-\(group)"
        let end = try await eventually("the stream says where it ends") {
            try await ask(Info.self, "$JS.API.STREAM.INFO." + stream, ByteBuffer(), connection)?.state?.last_seq
        }
        var records: [ScannedRecord] = []
        var next: UInt64 = 1
        while next <= end {
            let request = ByteBuffer(
                bytes: try JSONEncoder().encode(Next(seq: next, next_by_subj: "lrl.\(cluster).\(group).*")))
            let found = try await eventually("record \(next) or a later one") {
                let found = try await ask(Found.self, "$JS.API.STREAM.MSG.GET." + stream, request, connection)
                return found?.message != nil || found?.error?.err_code == Found.messageNotFound ? found : nil
            }
            guard let message = found.message else { break }
            records.append(try Self.record(message.data ?? Data(), at: message.seq))
            next = message.seq + 1
        }
        return records
    }

    private func ask<Answer: Decodable>(
        _ type: Answer.Type, _ subject: String, _ payload: ByteBuffer, _ connection: NATSConnection
    ) async throws -> Answer? {
        guard case .reply(let message) = await connection.request(Request(subject: subject, payload: payload))
        else { return nil }
        return try? JSONDecoder().decode(type, from: Data(message.payload.readableBytesView))
    }

    private static func record(_ data: Data, at position: UInt64) throws -> ScannedRecord {
        let (record, _, hash) = try Array(data).withUnsafeBytes { try LogRecord.decode($0) }
        return ScannedRecord(
            shard: Int(record.shard.number), position: position, number: record.number, epoch: record.epoch,
            writer: .init(node: record.node, incarnation: record.incarnation), isClaim: record.kind == .claim,
            previousHash: "\(record.previousHash)", hash: "\(hash)", operations: OperationMark.all(in: record.payload))
    }
}

/// What tells one submission from all others: metadata that names it, which every record keeps as it was sent.
package enum OperationMark {
    package static func metadata(_ name: String) -> String { #"{"op":"\#(name)"}"# }

    /// The names in a record's payload, however that is laid out.
    package static func all(in payload: [UInt8]) -> [String] {
        let start = Array(#"{"op":""#.utf8)
        var names: [String] = []
        var rest = payload[...]
        while let range = rest.firstRange(of: start) {
            let name = rest[range.upperBound...].prefix { $0 != UInt8(ascii: "\"") }
            names.append(String(decoding: name, as: UTF8.self))
            rest = rest[name.endIndex...]
        }
        return names
    }
}
