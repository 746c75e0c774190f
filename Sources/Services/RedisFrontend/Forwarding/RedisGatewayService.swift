internal import Leaderboards
internal import NIOCore
package import NodeRuntime
internal import RESP

/// Carries out commands that clients have given to nodes of other regions, on whichever node of this one owns their keys.
package struct RedisGatewayService: PeerHandler {
    private let forwarder: CommandForwarder
    private let gateway: GatewayService
    private let configuration: RedisConfiguration

    /// - Parameter routed: knows of no other regions
    package init(_ routed: RoutedService, _ gateway: GatewayService, configuration: RedisConfiguration) {
        self.configuration = RedisPeerService.bounded(configuration)
        self.gateway = gateway
        // Nothing is started here that nobody waits for.
        forwarder = CommandForwarder(routed, self.configuration, BackgroundTasks())!
    }

    package func answer(_ operation: PeerOperation, _ request: [UInt8]) async -> [UInt8]? {
        let (forwarder, gateway) = (forwarder, gateway)
        switch operation {
        case .commands:
            return await carryOut(request) { (request: CommandsRequest) async throws(ServiceError) in
                let commands = try commands(of: request)
                guard let place = try place(of: commands) else { return CommandReplies([]) }
                return try await forwarder.forward(
                    ForwardedCommands(firstOf: commands, project: request.project, version: request.version),
                    at: place, after: nil)
            }
        case .transaction:
            return await carryOut(request) { (request: TransactionRequest) async throws(ServiceError) in
                let commands = try commands(of: request.commands)
                guard let place = try place(of: commands, and: Array(request.watched.keys)) else {
                    return TransactionAnswer(nil)
                }
                let replies = try await forwarder.forwardTransaction(
                    commands, at: place, unlessChanged: request.watched, project: request.commands.project,
                    version: request.commands.version, after: nil)
                return TransactionAnswer(replies.map { CommandReplies($0) })
            }
        case .fingerprints:
            return await carryOut(request) { (key: LeaderboardKey) async throws(ServiceError) in
                try gateway.expectHome([key])
                return try await forwarder.fingerprint(of: key, after: nil)
            }
        default: return nil
        }
    }

    /// The node that sent them has parsed them, too.
    private func commands(of request: CommandsRequest) throws(ServiceError) -> [PreparedCommand] {
        var commands: [PreparedCommand] = []
        for command in try request.parsed(configuration) {
            switch command {
            case .success(let command): commands.append(command)
            case .failure(let error): throw .unavailable("a command of another region: \(error.text)", retryAfter: 5)
            }
        }
        return commands
    }

    /// Where all keys are; nil if there are none.
    private func place(
        of commands: [PreparedCommand], and others: [LeaderboardKey] = []
    ) throws(ServiceError) -> ShardPlace? {
        let keys = commands.flatMap(\.keys) + others
        try gateway.expectHome(keys)
        guard let first = keys.first else { return nil }
        let place = forwarder.routing.place(of: first)
        guard keys.allSatisfy({ forwarder.routing.place(of: $0) == place }) else {
            throw .unavailable("keys of one request lie in different places", retryAfter: 1)
        }
        return place
    }
}
