internal import Leaderboards
internal import NIOCore
internal import NodeRuntime
internal import RESP
internal import Sharding

/// Commands between MULTI and EXEC, and the keys that must not change before.
struct Transaction: Sendable {
    private(set) var isOpen = false
    private(set) var commands: [QueuedCommand] = []
    /// A command was unknown, or had too few arguments: EXEC will run none.
    private(set) var isFailed = false
    /// What the watched keys looked like.
    fileprivate(set) var watched: [LeaderboardKey: SetFingerprint] = [:]

    mutating func open() { isOpen = true }
    mutating func fail() { if isOpen { isFailed = true } }

    mutating func queue(_ command: QueuedCommand, max: Int) throws(CommandError) {
        guard commands.count < max else { throw CommandError("ERR a transaction has at most \(max) commands here") }
        commands.append(command)
    }

    mutating func end() { self = Transaction() }
    mutating func unwatch() { watched = [:] }
}

enum QueuedCommand: Sendable {
    case data(PreparedCommand)
    /// Needs no key, or is about all of them: run by the session.
    case session(Arguments)
    /// Its arguments are wrong, which EXEC tells.
    case wrong(CommandError)

    var keys: [LeaderboardKey] { if case .data(let command) = self { command.keys } else { [] } }

    /// About what it can add to a record, if that is in its arguments.
    fileprivate var changedByteCountMax: Int {
        guard case .data(let command) = self, command.isWrite else { return 0 }
        return (0..<command.arguments.count).reduce(32) { $0 + command.arguments[$1].count + 16 }
    }
}

extension Arguments {
    fileprivate var areOfAllKeys: Bool {
        ["dbsize", "keys", "scan", "flushdb", "randomkey"].contains { self[0].says($0) }
    }
}

extension ClientSession {
    /// Those about transactions that can be answered at once. False if it is a command of another kind.
    mutating func runTransactionCommand(_ arguments: Arguments) throws(CommandError) -> Bool {
        let name = arguments[0]
        if name.says("multi") {
            try arguments.require(1, "multi")
            if transaction.isOpen { throw .nestedMulti }
            transaction.open()
            answer { $0.simpleString("OK") }
        } else if name.says("exec") {
            guard arguments.count == 1 else {
                transaction.end()
                throw .wrongExec
            }
            guard transaction.isOpen else { throw .execWithoutMulti }
            return false
        } else if name.says("discard") {
            try arguments.require(1, "discard")
            guard transaction.isOpen else { throw .discardWithoutMulti }
            transaction.end()
            answer { $0.simpleString("OK") }
        } else if name.says("watch") {
            guard arguments.count > 1 else { throw .wrongArgumentCount("watch") }
            if transaction.isOpen { throw .watchInMulti }
            return false
        } else {
            return false
        }
        return true
    }

    /// EXEC and WATCH, once `runTransactionCommand` has found nothing wrong with them. False if it is another command.
    mutating func runSlowTransactionCommand(
        _ arguments: Arguments, _ project: String
    ) async throws(CommandError) -> Bool {
        if arguments[0].says("exec") {
            await execute(project)
        } else if arguments[0].says("watch") {
            await watch(arguments[1...], project)
        } else {
            return false
        }
        return true
    }

    private mutating func watch(_ names: ArgumentList, _ project: String) async {
        do throws(ServiceError) {
            for name in names {
                let key = LeaderboardKey(project: project, id: String(decoding: name, as: UTF8.self))
                if transaction.watched[key] != nil { continue }
                transaction.watched[key] = try await fingerprint(of: key)
            }
            answer { $0.simpleString("OK") }
        } catch {
            answer { $0.error(CommandError(error)) }
        }
    }

    private func fingerprint(of key: LeaderboardKey) async throws(ServiceError) -> SetFingerprint {
        do throws(ServiceError) {
            return try await context.service.perform(
                at: context.service.place(of: key), loading: [key], changing: false
            ) { shard, record, _ in shard.fingerprint(of: key, at: record.time) }
        } catch {
            guard error.isRouted, let forwarder = context.forwarder else { throw error }
            return try await forwarder.fingerprint(of: key, after: error)
        }
    }

    /// Runs all commands in one step, which nobody else comes between, and which becomes durable as a whole.
    private mutating func execute(_ project: String) async {
        let (queued, watched, isFailed) = (transaction.commands, transaction.watched, transaction.isFailed)
        transaction.end()
        if isFailed { return answer { $0.error(.aborted) } }
        let byteCountMax = context.configuration.transactionByteCountMax
        guard queued.reduce(0, { $0 + $1.changedByteCountMax }) <= byteCountMax else {
            return answer { $0.error(.tooLarge(byteCountMax)) }
        }
        let problem = await run(queued, unlessChanged: watched, project)
        var replies = takeReplies()
        if let problem { return answer(problem) }
        answer { writer in
            writer.arrayHeader(queued.count)
            writer.buffer.writeBuffer(&replies)
        }
    }

    /// Answers each command, or what is to be answered instead of all of them.
    private mutating func run(
        _ queued: [QueuedCommand], unlessChanged watched: [LeaderboardKey: SetFingerprint], _ project: String
    ) async -> ((inout ReplyWriter) -> Void)? {
        let keys = queued.flatMap(\.keys) + watched.keys.sorted()
        let places = Set(keys.map(context.service.place(of:)))
        guard places.count <= 1 else { return { $0.error(.scattered) } }
        var watched = watched
        for step in Self.steps(queued) {
            let commands = step.compactMap { if case .data(let command) = $0 { command } else { nil } }
            var replies: ArraySlice<ByteBuffer> = []
            if let place = places.first, !commands.isEmpty || !watched.isEmpty {
                do throws(ServiceError) {
                    guard let all = try await run(commands, at: place, unlessChanged: watched, project) else {
                        return { $0.nullArray() }
                    }
                    replies = all[...]
                } catch {
                    return { $0.error(CommandError(error)) }
                }
                // Compared once, in the step that changes something first.
                watched = [:]
            }
            for command in step {
                switch command {
                case .data: add(replies.removeFirst())
                case .wrong(let error): answer { $0.error(error) }
                case .session(let arguments): await runQueued(arguments)
                }
            }
        }
        return nil
    }

    /// Nil if a watched key has changed.
    private func run(
        _ commands: [PreparedCommand], at place: ShardPlace,
        unlessChanged watched: [LeaderboardKey: SetFingerprint], _ project: String
    ) async throws(ServiceError) -> [ByteBuffer]? {
        let keys = commands.flatMap(\.keys) + watched.keys.sorted()
        let (session, isChanging) = (self, commands.contains { $0.isWrite })
        do throws(ServiceError) {
            return try await context.service.perform(at: place, loading: keys, changing: isChanging) {
                shard, record, seed in
                let now = record.time
                if watched.contains(where: { shard.fingerprint(of: $0.key, at: now) != $0.value }) { return nil }
                var runner = session.makeRunner(on: shard, at: now, project: project, seed: seed)
                return commands.map { runner.reply(to: $0.command, &record) }
            }
        } catch {
            guard error.isRouted, let forwarder = context.forwarder else { throw error }
            return try await forwarder.forwardTransaction(
                commands, at: place, unlessChanged: watched, project: project, version: version, after: error)
        }
    }

    /// One step, unless commands about all keys are among them: what stands before and behind those are others.
    private static func steps(_ commands: [QueuedCommand]) -> [[QueuedCommand]] {
        var steps: [[QueuedCommand]] = [[]]
        for command in commands {
            if case .session(let arguments) = command, arguments.areOfAllKeys {
                steps += [[command], []]
            } else {
                steps[steps.count - 1].append(command)
            }
        }
        return steps
    }

    private mutating func runQueued(_ arguments: Arguments) async {
        do throws(CommandError) {
            if try runServerCommand(arguments) { return }
            if try await runSlowServerCommand(arguments) { return }
            if case .keyspace(let command) = try SortedSetCommand.parse(arguments) {
                await runOnAllKeys(command, project ?? "")
            }
        } catch {
            answer { $0.error(error) }
        }
    }
}

extension CommandError {
    static let nestedMulti = CommandError("ERR MULTI calls can not be nested")
    static let execWithoutMulti = CommandError("ERR EXEC without MULTI")
    static let wrongExec = CommandError(
        "EXECABORT Transaction discarded because of: wrong number of arguments for 'exec' command")
    static let discardWithoutMulti = CommandError("ERR DISCARD without MULTI")
    static let watchInMulti = CommandError("ERR WATCH inside MULTI is not allowed")
    static let aborted = CommandError("EXECABORT Transaction discarded because of previous errors.")
    static func tooLarge(_ byteCountMax: Int) -> CommandError {
        CommandError(
            "EXECABORT Transaction discarded because it changes more than \(byteCountMax) bytes, which is the most here: divide it"
        )
    }
}
