internal import Leaderboards
package import NIOCore
package import NodeRuntime
internal import RESP

/// Carries out commands that clients have given to other nodes, on this node's shards.
///
/// Who the client is, what it may do and how much of it, the node that it is connected to has seen to.
package struct RedisPeerService: PeerHandler {
    private let execution: CommandExecution
    private let keyCaches: PerEventLoop<KeyCache>

    /// - Parameter node: itself, and not what routes: a command goes no further from here
    package init(_ node: Node, configuration: RedisConfiguration = RedisConfiguration()) {
        execution = CommandExecution(service: node, configuration: Self.bounded(configuration))
        keyCaches = PerEventLoop { _ in KeyCache(service: node) }
    }

    static func bounded(_ configuration: RedisConfiguration) -> RedisConfiguration {
        var configuration = configuration
        configuration.replyByteCountMax = min(configuration.replyByteCountMax, replyByteCountMax)
        return configuration
    }

    /// By which a range of more than 262,144 entries is refused: with names of any length it is a message that nodes can send.
    private static let replyByteCountMax = 16 << 20

    package func begin(
        _ operation: PeerOperation, _ request: [UInt8], on eventLoop: any EventLoop,
        _ answered: @escaping @Sendable ([UInt8]) -> Void
    ) -> Bool {
        guard operation == .commands else { return false }
        do throws(ServiceError) {
            execution.begin(try decodeMessage(request, "a request"), keyCaches[eventLoop]) {
                answered(PeerAnswer($0).encoded)
            }
        } catch {
            answered(PeerAnswer<CommandReplies>(.failure(error)).encoded)
        }
        return true
    }

    package func answer(_ operation: PeerOperation, _ request: [UInt8]) async -> [UInt8]? {
        let execution = execution
        switch operation {
        case .transaction:
            return await carryOut(request) { (request: TransactionRequest) async throws(ServiceError) in
                let commands = try request.commands.parsed(execution.configuration)
                let watched = request.watched.keys.map { $0 }
                guard let place = try place(of: commands, and: watched) else { return TransactionAnswer(nil) }
                return TransactionAnswer(
                    try await execution.run(
                        commands, at: place, unlessChanged: request.watched, project: request.commands.project,
                        version: request.commands.version))
            }
        case .fingerprints:
            return await carryOut(request) { (key: LeaderboardKey) async throws(ServiceError) in
                try await execution.fingerprint(of: key)
            }
        default: return nil
        }
    }

    /// Where all keys are; nil if there are none.
    private func place(
        of commands: [Result<PreparedCommand, CommandError>], and others: [LeaderboardKey]
    ) throws(ServiceError) -> ShardPlace? {
        let keys = commands.flatMap { (try? $0.get())?.keys ?? [] } + others
        guard let first = keys.first else { return nil }
        let place = execution.service.place(of: first)
        guard keys.allSatisfy({ execution.service.place(of: $0) == place }) else {
            throw .keysAreScattered
        }
        return place
    }
}
