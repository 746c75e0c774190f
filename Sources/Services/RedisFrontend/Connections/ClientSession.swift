internal import Admission
internal import ControlPlane
internal import Leaderboards
internal import NIOCore
internal import NodeRuntime
internal import RESP
internal import Sharding
internal import Tenancy

/// What a client has said of itself, and what is to be done about its commands.
///
/// Most commands on keys are carried out by a `CommandRun`. What is left are those about the connection, answered at once,
/// and those that need a task: because they ask for several shards, for all keys, or for who the client is.
struct ClientSession: Sendable {
    let context: SessionContext
    let id: Int64
    var version = ProtocolVersion.v2
    var name: [UInt8] = []
    /// What the client's key opens; nil until it has shown one, and when that is over.
    var pass: Pass?
    /// From where it is connected.
    var address: IPAddress?
    var transaction = Transaction()
    /// It has said that what it reads may be old.
    var isReadOnly = false
    /// The client wants to go, or must.
    var isOver = false
    /// Commands routed that only read.
    var readCount = 0
    /// Errors answered outside of runs.
    var errorCount = 0
    /// What the command in hand has been answered.
    var replies = ByteBuffer()

    init(context: SessionContext) {
        self.context = context
        id = context.clients.nextID()
    }

    var isAuthenticated: Bool { pass != nil }
    var ageMax: Duration? { isReadOnly ? context.configuration.readOnlyAgeMax : nil }
    var caller: Caller? { pass?.caller }
    var project: String? { pass?.caller.project.text }

    /// Looks whether the client's key is good still.
    mutating func renew() {
        guard pass != nil, context.gatekeeper.check(&pass!) != nil else { return }
        // What it had begun ends with its rights. It may show another key.
        (pass, transaction) = (nil, Transaction())
    }

    /// For how many of so many commands there is room in the client's limits, and if not for all, why.
    func charge(commands count: Int) -> (count: Int, denial: Denial?) {
        pass.map { context.gatekeeper.charge($0, upTo: count) } ?? (count, nil)
    }

    enum Routed {
        case answered(ByteBuffer)
        case prepared(PreparedCommand, ShardPlace)
        /// As a `BlockedPop`, when all before it is answered.
        case waiting(PreparedCommand, ShardPlace, Timeout)
        /// By `runSlowly`, when all before it is answered.
        case slow(Arguments)
    }

    /// Answers a command, or says how it is carried out.
    mutating func route(_ arguments: Arguments) -> Routed {
        do throws(CommandError) {
            if let routed = try routeOrNil(arguments) { return routed }
        } catch {
            if error != .nestedMulti, error != .watchInMulti { transaction.fail() }
            answer { $0.error(error) }
        }
        return .answered(takeReplies())
    }

    /// Nil if it was answered.
    private mutating func routeOrNil(_ arguments: Arguments) throws(CommandError) -> Routed? {
        if Self.isAboutTheClient(arguments) { return .slow(arguments) }
        if arguments[0].says("quit") {
            answer { $0.simpleString("OK") }
            isOver = true
            return nil
        }
        guard let caller else { throw .needsAuthentication }
        let project = caller.project.text
        if try requireScopes(arguments, caller) { readCount += 1 }
        if try runTransactionCommand(arguments) { return nil }
        if arguments[0].says("exec") || arguments[0].says("watch") { return .slow(arguments) }
        if transaction.isOpen {
            if arguments.isForeign { throw .otherType(arguments) }
            try queue(arguments, project, caller)
            return nil
        }
        if try runServerCommand(arguments) { return nil }
        if arguments[0].says("info") || arguments[0].says("dbsize") { return .slow(arguments) }
        if arguments.isForeign { throw .otherType(arguments) }
        let command = try PreparedCommand(arguments, project: project)
        try caller.require(command.keys)
        guard !command.needsTask, let place = place(of: command) else { return .slow(arguments) }
        if let timeout = command.command.timeout { return .waiting(command, place, timeout) }
        return .prepared(command, place)
    }

    /// Throws unless the client's key is for the command. What is no command, or has too few arguments, is told later. Answers
    /// whether it only reads.
    private func requireScopes(_ arguments: Arguments, _ caller: Caller) throws(CommandError) -> Bool {
        if let name = CommandName(arguments[0]) {
            guard name.shape.admits(argumentCount: arguments.count) else { return false }
            try caller.require(name)
            return name.scopes == .read
        } else if arguments[0].says("dbsize") {
            if !caller.scopes.contains(.read) { throw .noPermission("dbsize") }
            try caller.requireAllKeys()
        } else if arguments[0].says("watch") {
            if !caller.scopes.contains(.read) { throw .noPermission("watch") }
            for id in arguments[1...] where !caller.mayUse(leaderboard: id) { throw .noPermissionForKey }
        } else {
            return false
        }
        return true
    }

    /// Where all keys of a command are; nil if they are in different places, or there are none.
    private func place(of command: PreparedCommand) -> ShardPlace? {
        guard let first = command.keys.first else { return nil }
        let place = context.service.place(of: first)
        return command.keys.dropFirst().allSatisfy { context.service.place(of: $0) == place } ? place : nil
    }

    /// Carries out a command that `route` called slow, and answers with its reply.
    mutating func runSlowly(_ arguments: Arguments) async -> ByteBuffer {
        do throws(CommandError) {
            if try runClientCommand(arguments) {
            } else if let project, try await runSlowTransactionCommand(arguments, project) {
            } else if try await runSlowServerCommand(arguments) {
            } else {
                await runWithoutPlace(try PreparedCommand(arguments, project: project ?? ""), project ?? "")
            }
        } catch {
            transaction.fail()
            answer { $0.error(error) }
        }
        return takeReplies()
    }

    private mutating func queue(
        _ arguments: Arguments, _ project: String, _ caller: Caller
    ) throws(CommandError) {
        let command: QueuedCommand
        if try isServerCommand(arguments) {
            command = .session(arguments)
        } else {
            guard let name = CommandName(arguments[0]) else { throw .unknownCommand(arguments) }
            guard name.shape.admits(argumentCount: arguments.count) else { throw .wrongArgumentCount(name.rawValue) }
            do throws(CommandError) {
                let prepared = try PreparedCommand(arguments, project: project)
                try caller.require(prepared.keys)
                let isOfAllKeys =
                    if case .keyspace(let keyspace) = prepared.command { keyspace.isOfAllKeys } else { false }
                command = isOfAllKeys ? .session(arguments) : .data(prepared)
            } catch {
                // A subcommand that is none is found at once, as an unknown command is; the rest when it is run.
                if name == .object || error == .noPermissionForKey { throw error }
                command = .wrong(error)
            }
        }
        try transaction.queue(command, max: context.configuration.transactionCommandCountMax)
        answer { $0.simpleString("QUEUED") }
    }

    private mutating func runWithoutPlace(_ command: PreparedCommand, _ project: String) async {
        if case .keyspace(let keyspace) = command.command, keyspace.isOfAllKeys {
            await runOnAllKeys(keyspace, project)
        } else if let place = place(of: command) {
            add(await run([command], at: place, project)[0])
        } else {
            await runScattered(command, project)
        }
    }

    /// Answers what needs no data.
    mutating func answer(_ body: (inout ReplyWriter) -> Void) {
        var writer = ReplyWriter(to: replies, version: version)
        replies = ByteBuffer()
        body(&writer)
        replies = writer.buffer
        errorCount += writer.errorCount
    }

    mutating func takeReplies() -> ByteBuffer {
        defer { replies = ByteBuffer() }
        return replies
    }

    func makeRunner(on shard: Shard, at now: Timestamp, project: String, seed: UInt64) -> CommandRunner {
        CommandRunner(
            shard, at: now, project: project, seed: seed, replies: ReplyWriter(version: version),
            replyByteCountMax: context.configuration.replyByteCountMax)
    }

    /// Runs commands in one step where their keys are, and answers with a reply for each.
    func run(_ commands: [PreparedCommand], at place: ShardPlace, _ project: String) async -> [ByteBuffer] {
        let (session, isChanging) = (self, commands.contains { $0.isWrite })
        do throws(ServiceError) {
            do throws(ServiceError) {
                return try await context.service.perform(
                    at: place, loading: commands.flatMap(\.keys), changing: isChanging
                ) { shard, record, seed in
                    var runner = session.makeRunner(on: shard, at: record.time, project: project, seed: seed)
                    return commands.map { runner.reply(to: $0.command, &record) }
                }
            } catch {
                guard error.isRouted, commands.count == 1, let forwarder = context.forwarder else { throw error }
                return try await forwarder.forward(
                    commands, at: place, project: project, version: version, after: error)
            }
        } catch {
            var writer = ReplyWriter(version: version)
            writer.error(CommandError(error))
            return Array(repeating: writer.buffer, count: commands.count)
        }
    }
}

extension PreparedCommand {
    /// It is about all keys.
    var needsTask: Bool {
        if case .keyspace(let keyspace) = command { keyspace.isOfAllKeys } else { false }
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
        case .moved: self.init("TRYAGAIN another node is about to take over, try again")
        case .noSpace: self.init("MISCONF the disk is full: reads go on, writes are refused")
        case .corrupted(let reason): self.init("ERR stored data is damaged: \(reason)")
        }
    }
}

extension ReplyWriter {
    mutating func error(_ error: CommandError) { self.error(error.text) }
}
