internal import Leaderboards
internal import NIOCore
internal import NodeRuntime
internal import RESP
internal import Sharding

/// Has commands carried out by the node that owns their keys, once this one has said that it does not.
struct CommandForwarder: Sendable {
    let routing: RoutedService
    private let background: BackgroundTasks
    private let execution: CommandExecution

    /// Nil where there are no other nodes.
    init?(_ service: any SortedSetService, _ configuration: RedisConfiguration, _ background: BackgroundTasks) {
        guard let routing = service.routing else { return nil }
        self.routing = routing
        self.background = background
        execution = CommandExecution(service: service, configuration: configuration)
    }

    /// For what is called and must wait for another node. False if the server ends.
    func start(_ job: @escaping BackgroundTasks.Job) -> Bool { background.run(job) }

    /// Answers with replies to the first of the commands, at least one. The others were not carried out.
    ///
    /// - Parameter error: what this node has said, if it was asked
    func forward(
        _ commands: some Sequence<PreparedCommand>, project: String, version: ProtocolVersion,
        after error: ServiceError?
    ) async throws(ServiceError) -> [ByteBuffer] {
        try await forward(ForwardedCommands(firstOf: commands, project: project, version: version), after: error)
    }

    func forward(
        _ commands: ForwardedCommands, after error: ServiceError?
    ) async throws(ServiceError) -> [ByteBuffer] {
        let replies: CommandReplies = try await routing.route(isRepeatable: commands.isRepeatable, after: error) {
            () async throws(ServiceError) in
            try await execution.run(commands.request)
        } there: { (owner, time) async throws(ServiceError) in
            try await routing.ask(owner, .commands, commands.request, within: time)
        }
        guard 1...commands.count ~= replies.replies.count else {
            throw .outcomeUnknown("another node answered something else")
        }
        return replies.replies
    }

    /// Nil if a watched key has changed.
    func forwardTransaction(
        _ commands: [PreparedCommand], at place: ShardPlace, unlessChanged watched: [LeaderboardKey: SetFingerprint],
        project: String, version: ProtocolVersion, after error: ServiceError
    ) async throws(ServiceError) -> [ByteBuffer]? {
        let request = TransactionRequest(
            CommandsRequest(project: project, version: version, commands), unlessChanged: watched)
        let answer: TransactionAnswer = try await routing.route(
            isRepeatable: !commands.contains { $0.isWrite }, after: error
        ) { () async throws(ServiceError) in
            TransactionAnswer(
                try await execution.run(
                    commands.map { .success($0) }, at: place, unlessChanged: watched, project: project,
                    version: version))
        } there: { (owner, time) async throws(ServiceError) in
            try await routing.ask(owner, .transaction, request, within: time)
        }
        guard answer.replies.map({ $0.replies.count == commands.count }) ?? true else {
            throw .outcomeUnknown("another node answered something else")
        }
        return answer.replies?.replies
    }

    func fingerprint(
        of key: LeaderboardKey, after error: ServiceError
    ) async throws(ServiceError) -> SetFingerprint {
        try await routing.route(isRepeatable: true, after: error) { () async throws(ServiceError) in
            try await execution.fingerprint(of: key)
        } there: { (owner, time) async throws(ServiceError) in
            try await routing.ask(owner, .fingerprints, key, within: time)
        }
    }
}
