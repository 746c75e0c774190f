internal import Foundation
package import JetStreamSupport
internal import Logging
internal import NATSClient
internal import NIOCore

/// What an operator can ask the servers of a cluster's log, and do to them.
package struct LogOperator: Sendable {
    private let connection: NATSConnection
    private let cluster: String

    package static func with<Value>(
        _ servers: JetStreamCluster, cluster: String, _ body: (LogOperator) async throws -> Value
    ) async throws -> Value {
        var options = ClientOptions(servers: servers.addresses)
        options.authentication = JetStreamCluster.user
        let connection = NATSConnection(options, logger: Logger(label: "operator") { _ in SwiftLogNoOpLogHandler() })
        _ = await connection.ready()
        let result: Result<Value, any Error>
        do {
            result = .success(try await body(LogOperator(connection: connection, cluster: cluster)))
        } catch {
            result = .failure(error)
        }
        await connection.close()
        return try result.get()
    }

    private func stream(_ group: Int) -> String { "LRL-\(cluster)-\(group)" }

    // MARK: Questions

    /// The name of the server that leads a group's stream, once there is one that says so.
    package func leader(of group: Int) async throws -> String {
        try await eventually("group \(group) has a leader") {
            let leader = try? await ask(Info.self, "INFO", group).cluster?.leader
            return leader?.isEmpty == false ? leader : nil
        }
    }

    /// Waits until every replica has everything.
    package func waitUntilCurrent(_ group: Int) async throws {
        _ = try await eventually("all replicas are current", within: .seconds(60)) {
            guard let cluster = try? await ask(Info.self, "INFO", group).cluster, cluster.leader?.isEmpty == false,
                let replicas = cluster.replicas, replicas.count == 2
            else { return nil as Bool? }
            let areCurrent = replicas.allSatisfy { $0.current == true && $0.lag ?? 0 == 0 && $0.offline != true }
            return areCurrent ? true : nil
        }
    }

    func lastSequence(of group: Int) async throws -> UInt64 {
        try await eventually("the stream says where it ends") {
            try? await ask(Info.self, "INFO", group).state?.last_seq
        }
    }

    /// The first message at or behind a sequence, as the leader has it.
    func message(of group: Int, from sequence: UInt64) async throws -> (sequence: UInt64, data: Data)? {
        let next = Next(seq: sequence, next_by_subj: "lrl.\(cluster).\(group).*")
        let found = try await eventually("record \(sequence) or a later one") {
            guard let found = try? await ask(Found.self, "MSG.GET", group, next) else { return nil as Found? }
            return found.message != nil || found.error?.err_code == Found.messageNotFound ? found : nil
        }
        return found.message.map { ($0.seq, $0.data ?? Data()) }
    }

    private struct Info: Decodable {
        struct State: Decodable { var last_seq: UInt64 }
        struct Replica: Decodable {
            var current: Bool?
            var lag: Int?
            var offline: Bool?
        }
        struct Cluster: Decodable {
            var leader: String?
            var replicas: [Replica]?
        }
        var state: State?
        var cluster: Cluster?
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

    // MARK: Deeds

    /// Takes all records of a shard away, as nobody ever should.
    package func purge(shard: Int, of group: Int) async throws {
        struct Purge: Encodable { var filter: String }
        struct Done: Decodable { var success: Bool? }
        _ = try await eventually("the shard is purged") {
            let done = try? await ask(Done.self, "PURGE", group, Purge(filter: "lrl.\(cluster).\(group).\(shard)"))
            return done?.success == true ? true : nil
        }
    }

    /// Gives a group's stream more room, or less.
    package func resize(_ group: Int, to byteCount: Int) async throws {
        struct Nothing: Encodable {}
        _ = try await eventually("the stream is resized") {
            guard let text = try? await raw("INFO", group, JSONEncoder().encode(Nothing())),
                let info = try? JSONSerialization.jsonObject(with: text) as? [String: Any],
                var configuration = info["config"] as? [String: Any]
            else { return nil as Bool? }
            configuration["max_bytes"] = byteCount
            let answer = try await raw("UPDATE", group, JSONSerialization.data(withJSONObject: configuration))
            let reply = try JSONSerialization.jsonObject(with: answer) as? [String: Any]
            return reply?["error"] == nil ? true : nil
        }
    }

    /// Has another server lead a group's stream, if its leader agrees. Answers who leads then.
    package func stepDown(_ group: Int, to server: String) async throws -> String {
        struct Request: Encodable {
            struct Placement: Encodable { var preferred: String }
            var placement: Placement
        }
        struct Done: Decodable { var success: Bool? }
        _ = try? await ask(Done.self, "LEADER.STEPDOWN", group, Request(placement: .init(preferred: server)))
        return try await leader(of: group)
    }

    private struct Silence: Error {}

    private func ask<Answer: Decodable>(
        _ type: Answer.Type, _ question: String, _ group: Int, _ request: (some Encodable)? = String?.none
    ) async throws -> Answer {
        let payload = try request.map { try JSONEncoder().encode($0) } ?? Data()
        return try JSONDecoder().decode(type, from: try await raw(question, group, payload))
    }

    private func raw(_ question: String, _ group: Int, _ payload: Data) async throws -> Data {
        let subject = "$JS.API.STREAM.\(question).\(stream(group))"
        let outcome = await connection.request(Request(subject: subject, payload: ByteBuffer(bytes: payload)))
        guard case .reply(let message) = outcome else { throw Silence() }
        return Data(message.payload.readableBytesView)
    }
}
