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

    /// Sends commands to the node that owns their keys, without a task: the first attempt. Answers as `forward` does, on some event
    /// loop. False if that can't be done; then nothing was sent.
    func begin(
        _ commands: ForwardedCommands, at owner: UInt64,
        _ answered: @escaping @Sendable (Result<CommandReplies, ServiceError>) -> Void
    ) -> Bool {
        let count = commands.count
        return routing.begin(.commands, commands.request, to: owner) { result in
            answered(
                Result { () throws(ServiceError) in
                    try Self.checked(try RoutedService.value(of: try result.get()), upTo: count)
                })
        }
    }

    /// Answers with replies to the first of the commands, at least one. The others were not carried out.
    ///
    /// - Parameters:
    ///   - error: what was said already, if somebody was asked
    ///   - owner: who said so; nil for this node
    func forward(
        _ commands: ForwardedCommands, at place: ShardPlace, after error: ServiceError?, from owner: UInt64? = nil
    ) async throws(ServiceError) -> CommandReplies {
        if let region = routing.region(at: place) {
            let replies: CommandReplies = try await routing.ask(
                region: region, .commands, commands.request, isRepeatable: commands.isRepeatable)
            return try Self.checked(replies, upTo: commands.count)
        }
        let replies: CommandReplies = try await routing.route(
            isRepeatable: commands.isRepeatable, after: error, from: owner
        ) { () async throws(ServiceError) in
            try await execution.run(commands.request)
        } there: { (owner, time) async throws(ServiceError) in
            try await routing.ask(owner, .commands, commands.request, within: time)
        }
        return try Self.checked(replies, upTo: commands.count)
    }

    func forward(
        _ commands: some Sequence<PreparedCommand>, at place: ShardPlace, project: String, version: ProtocolVersion,
        after error: ServiceError?
    ) async throws(ServiceError) -> [ByteBuffer] {
        try await forward(
            ForwardedCommands(firstOf: commands, project: project, version: version), at: place, after: error
        ).replies
    }

    private static func checked(_ replies: CommandReplies, upTo count: Int) throws(ServiceError) -> CommandReplies {
        guard 1...count ~= replies.count else {
            throw .outcomeUnknown("another node answered something else")
        }
        return replies
    }

    /// Nil if a watched key has changed.
    func forwardTransaction(
        _ commands: [PreparedCommand], at place: ShardPlace, unlessChanged watched: [LeaderboardKey: SetFingerprint],
        project: String, version: ProtocolVersion, after error: ServiceError?
    ) async throws(ServiceError) -> [ByteBuffer]? {
        let request = TransactionRequest(
            CommandsRequest(project: project, version: version, commands), unlessChanged: watched)
        let isRepeatable = !commands.contains { $0.isWrite }
        if let region = routing.region(at: place) {
            let answer: TransactionAnswer = try await routing.ask(
                region: region, .transaction, request, isRepeatable: isRepeatable)
            return try Self.checked(answer, of: commands.count)
        }
        let answer: TransactionAnswer = try await routing.route(isRepeatable: isRepeatable, after: error) {
            () async throws(ServiceError) in
            TransactionAnswer(
                try await execution.run(
                    commands.map { .success($0) }, at: place, unlessChanged: watched, project: project,
                    version: version))
        } there: { (owner, time) async throws(ServiceError) in
            try await routing.ask(owner, .transaction, request, within: time)
        }
        return try Self.checked(answer, of: commands.count)
    }

    private static func checked(_ answer: TransactionAnswer, of count: Int) throws(ServiceError) -> [ByteBuffer]? {
        guard answer.replies.map({ $0.count == count }) ?? true else {
            throw .outcomeUnknown("another node answered something else")
        }
        return answer.replies?.replies
    }

    func fingerprint(
        of key: LeaderboardKey, after error: ServiceError?
    ) async throws(ServiceError) -> SetFingerprint {
        if let region = routing.region(at: routing.place(of: key)) {
            return try await routing.ask(region: region, .fingerprints, key, isRepeatable: true)
        }
        return try await routing.route(isRepeatable: true, after: error) { () async throws(ServiceError) in
            try await execution.fingerprint(of: key)
        } there: { (owner, time) async throws(ServiceError) in
            try await routing.ask(owner, .fingerprints, key, within: time)
        }
    }
}
