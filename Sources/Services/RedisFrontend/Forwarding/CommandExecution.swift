internal import Leaderboards
internal import NIOCore
internal import NodeRuntime
internal import RESP
internal import Sharding

/// Carries commands out on this node's shards, for clients of other nodes as for its own.
struct CommandExecution: Sendable {
    let service: any SortedSetService
    let configuration: RedisConfiguration

    /// Runs commands in one step where their keys are. Answers with the replies to all of them, or to as many of the first as there
    /// was room for.
    func run(_ request: CommandsRequest) async throws(ServiceError) -> CommandReplies {
        let keys = KeyCache(service: service, slotCount: 16)
        guard let part = try request.part(service, configuration, keys) else { return CommandReplies([]) }
        return try await withCheckedContinuation { continuation in
            service.enqueue(ForwardedWork(part) { continuation.resume(returning: $0) }, at: part.place)
        }.get()
    }

    /// The same, without a task.
    ///
    /// - Parameter keys: of the event loop that this is called on
    func begin(_ request: CommandsRequest, _ keys: KeyCache, _ ended: @escaping ForwardedWork.Ended) {
        do throws(ServiceError) {
            guard let part = try request.part(service, configuration, keys) else {
                return ended(.success(CommandReplies([])))
            }
            service.enqueue(ForwardedWork(part, ended), at: part.place)
        } catch {
            ended(.failure(error))
        }
    }

    /// Runs all commands in one step, unless a watched key has changed: nil then.
    func run(
        _ commands: [Result<PreparedCommand, CommandError>], at place: ShardPlace,
        unlessChanged watched: [LeaderboardKey: SetFingerprint], project: String, version: ProtocolVersion
    ) async throws(ServiceError) -> CommandReplies? {
        let replyByteCountMax = configuration.replyByteCountMax
        let prepared = commands.compactMap { try? $0.get() }
        return try await service.perform(
            at: place, loading: prepared.flatMap(\.keys) + watched.keys.sorted(),
            changing: prepared.contains { $0.isWrite }
        ) { shard, record, seed in
            let now = record.time
            if watched.contains(where: { shard.fingerprint(of: $0.key, at: now) != $0.value }) { return nil }
            var runner = CommandRunner(
                shard, at: now, project: project, seed: seed, replies: ReplyWriter(version: version),
                replyByteCountMax: replyByteCountMax)
            return CommandReplies(runner.replies(to: commands, &record))
        }
    }

    func fingerprint(of key: LeaderboardKey) async throws(ServiceError) -> SetFingerprint {
        try await service.perform(at: service.place(of: key), loading: [key], changing: false) { shard, record, _ in
            shard.fingerprint(of: key, at: record.time)
        }
    }
}

extension CommandRunner {
    fileprivate mutating func replies(
        to commands: [Result<PreparedCommand, CommandError>], _ record: inout RecordBuilder
    ) -> [ByteBuffer] {
        commands.map { command in
            switch command {
            case .success(let command): return reply(to: command.command, &record)
            case .failure(let error):
                reply.buffer = ByteBuffer()
                reply.error(error)
                return reply.buffer
            }
        }
    }
}
