internal import Leaderboards
internal import NIOCore
internal import NodeRuntime
internal import RESP
internal import Sharding

/// What a client has said of itself, and the running of its commands: grouped by the place of their keys, so that a
/// pipeline costs one step on each shard it touches, and answered in their order.
struct ClientSession {
    let context: SessionContext
    let id: Int64
    var version = ProtocolVersion.v2
    var name: [UInt8] = []
    /// The project that the client's key opens; nil until then.
    var project: String?
    var transaction = Transaction()
    /// The client wants to go, or must.
    var isOver = false
    /// What the commands in hand have been answered, and still wait for, in order.
    var answers = PendingAnswers()

    init(context: SessionContext) {
        self.context = context
        id = context.clients.nextID()
    }

    var isAuthenticated: Bool { project != nil }

    mutating func run(_ batch: CommandBatch) async -> ByteBuffer {
        for index in batch.indices {
            if isOver { break }
            await run(Arguments(batch[index]))
        }
        await flush()
        return answers.take()
    }

    private mutating func run(_ arguments: Arguments) async {
        do throws(CommandError) {
            if try await runConnectionCommand(arguments) { return }
            guard let project else { throw .needsAuthentication }
            if try await runTransactionCommand(arguments, project) { return }
            if arguments.isForeign { throw .otherType(arguments) }
            if transaction.isOpen { return try queue(arguments, project) }
            let command = try PreparedCommand(arguments, project: project)
            await run(command, project)
        } catch {
            if error != .nestedMulti, error != .watchInMulti { transaction.fail() }
            answer { $0.error(error) }
        }
    }

    private mutating func queue(_ arguments: Arguments, _ project: String) throws(CommandError) {
        let command: QueuedCommand
        if try isServerCommand(arguments) {
            command = .session(arguments)
        } else {
            guard let name = CommandName(arguments[0]) else { throw .unknownCommand(arguments) }
            guard name.shape.admits(argumentCount: arguments.count) else { throw .wrongArgumentCount(name.rawValue) }
            do throws(CommandError) {
                let prepared = try PreparedCommand(arguments, project: project)
                let isOfAllKeys =
                    if case .keyspace(let keyspace) = prepared.command { keyspace.isOfAllKeys } else { false }
                command = isOfAllKeys ? .session(arguments) : .data(prepared)
            } catch {
                // A subcommand that is none is found at once, as an unknown command is; the rest when it is run.
                if name == .object { throw error }
                command = .wrong(error)
            }
        }
        try transaction.queue(command, max: context.configuration.transactionCommandCountMax)
        answer { $0.simpleString("QUEUED") }
    }

    private mutating func run(_ command: PreparedCommand, _ project: String) async {
        if case .keyspace(let keyspace) = command.command, keyspace.isOfAllKeys {
            await flush()
            return await runOnAllKeys(keyspace, project)
        }
        let places = command.keys.map(context.service.place(of:))
        guard let place = places.first, places.allSatisfy({ $0 == place }) else {
            await flush()
            return await runScattered(command, project)
        }
        answers.add(command, at: place)
        if command.waits { await flush() }
    }

    /// Answers what needs no data.
    mutating func answer(_ body: (inout ReplyWriter) -> Void) {
        var writer = ReplyWriter(version: version)
        body(&writer)
        answers.add(writer.buffer)
    }

    /// Runs what waits to be run.
    mutating func flush() async {
        let groups = answers.takeGroups()
        if groups.isEmpty { return }
        let project = project ?? ""
        if groups.count == 1 {
            return answers.fill(0, with: await run(groups[0].commands, at: groups[0].place, project))
        }
        let (session, count) = (self, groups.count)
        var replies = [[ByteBuffer]?](repeating: nil, count: count)
        await withTaskGroup(of: (Int, [ByteBuffer]).self) { tasks in
            for (index, group) in groups.enumerated() {
                tasks.addTask { (index, await session.run(group.commands, at: group.place, project)) }
            }
            for await (index, answers) in tasks { replies[index] = answers }
        }
        for (index, replies) in replies.enumerated() { answers.fill(index, with: replies ?? []) }
    }

    /// Runs commands in one step where their keys are, and answers with a reply for each.
    func run(_ commands: [PreparedCommand], at place: ShardPlace, _ project: String) async -> [ByteBuffer] {
        let (version, isChanging) = (version, commands.contains { $0.isWrite })
        do throws(ServiceError) {
            return try await context.service.perform(
                at: place, loading: commands.flatMap(\.keys), changing: isChanging
            ) { shard, record, seed in
                var runner = CommandRunner(shard, project: project, seed: seed, version: version)
                return commands.map { runner.reply(to: $0.command, &record) }
            }
        } catch {
            var writer = ReplyWriter(version: version)
            writer.error(CommandError(error))
            return Array(repeating: writer.buffer, count: commands.count)
        }
    }
}

/// Replies in the order of their commands: some known, others still to come from groups that run at one place each.
struct PendingAnswers: Sendable {
    private enum Answer {
        case known(ByteBuffer)
        case awaited(group: Int, index: Int)
    }

    struct Group {
        let place: ShardPlace
        var commands: [PreparedCommand] = []
    }

    private var answers: [Answer] = []
    private var groups: [Group] = []
    private var done = ByteBuffer()

    mutating func add(_ reply: ByteBuffer) { answers.append(.known(reply)) }

    mutating func add(_ command: PreparedCommand, at place: ShardPlace) {
        let group = groups.firstIndex { $0.place == place } ?? groups.count
        if group == groups.count { groups.append(Group(place: place)) }
        answers.append(.awaited(group: group, index: groups[group].commands.count))
        groups[group].commands.append(command)
    }

    mutating func takeGroups() -> [Group] {
        defer { groups = [] }
        return groups
    }

    mutating func fill(_ group: Int, with replies: [ByteBuffer]) {
        for place in answers.indices {
            guard case .awaited(group, let index) = answers[place] else { continue }
            answers[place] = .known(replies[index])
        }
    }

    /// All replies. Precondition: everything was run.
    mutating func take() -> ByteBuffer {
        for answer in answers { if case .known(var reply) = answer { done.writeBuffer(&reply) } }
        defer { (answers, done) = ([], ByteBuffer()) }
        return done
    }
}

extension PreparedCommand {
    /// It may have to wait for other clients.
    var waits: Bool {
        switch command {
        case .blockingPop, .blockingPopFirst: true
        default: false
        }
    }
}

extension KeyspaceCommand {
    var isOfAllKeys: Bool {
        switch self {
        case .keys, .scan, .flush, .randomKey: true
        default: false
        }
    }
}

extension CommandError {
    static let needsAuthentication = CommandError("NOAUTH Authentication required.")

    /// What keeps the node from answering.
    init(_ error: ServiceError) {
        switch error {
        case .refused(let refusal): self.init(refusal)
        case .overloaded: self.init("BUSY too much is waiting on this node, try again in a second")
        case .unavailable(let reason, _): self.init("LOADING \(reason)")
        case .outcomeUnknown(let reason): self.init("ERR the log failed, it may or may not have happened: \(reason)")
        case .noSpace: self.init("MISCONF the disk is full: reads go on, writes are refused")
        case .corrupted(let reason): self.init("ERR stored data is damaged: \(reason)")
        }
    }
}

extension ReplyWriter {
    mutating func error(_ error: CommandError) { self.error(error.text) }
}
