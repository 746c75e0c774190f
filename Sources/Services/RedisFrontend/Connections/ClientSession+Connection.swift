internal import Leaderboards
internal import NodeRuntime
internal import RESP
internal import Tenancy

// Commands about the connection and the server, which need no data.
extension ClientSession {
    static func isAboutTheClient(_ arguments: Arguments) -> Bool {
        arguments[0].says("auth") || arguments[0].says("hello") || arguments[0].says("reset")
    }

    /// AUTH, HELLO and RESET. False if it is a command of another kind.
    mutating func runClientCommand(_ arguments: Arguments) throws(CommandError) -> Bool {
        let name = arguments[0]
        if name.says("auth") {
            try authenticate(arguments)
        } else if name.says("hello") {
            try greet(arguments)
        } else if name.says("reset") {
            (pass, version, transaction, self.name) = (nil, .v2, Transaction(), [])
            isReadOnly = false
            answer { $0.simpleString("RESET") }
        } else {
            return false
        }
        return true
    }

    /// Whether `runServerCommand` knows it; throws if it can't have so many arguments.
    func isServerCommand(_ arguments: Arguments) throws(CommandError) -> Bool {
        let arities: [(name: String, counts: ClosedRange<Int>)] = [
            ("ping", 1...Int.max), ("echo", 2...2), ("select", 2...2), ("client", 2...Int.max),
            ("command", 1...Int.max),
            ("info", 1...Int.max), ("config", 2...Int.max), ("dbsize", 1...1), ("unwatch", 1...1),
            ("cluster", 2...Int.max), ("readonly", 1...1), ("readwrite", 1...1),
        ]
        guard let command = arities.first(where: { arguments[0].says($0.name) }) else { return false }
        guard command.counts.contains(arguments.count) else { throw .wrongArgumentCount(command.name) }
        return true
    }

    /// Those that can be answered at once. False if it is a command of another kind.
    mutating func runServerCommand(_ arguments: Arguments) throws(CommandError) -> Bool {
        let name = arguments[0]
        if name.says("ping") {
            guard arguments.count <= 2 else { throw .wrongArgumentCount("ping") }
            answer { if arguments.count == 2 { $0.bulk(arguments[1]) } else { $0.simpleString("PONG") } }
        } else if name.says("echo") {
            try arguments.require(2, "echo")
            answer { $0.bulk(arguments[1]) }
        } else if name.says("select") {
            try arguments.require(2, "select")
            guard let index = try? arguments[1].integer() else { throw CommandError("ERR invalid DB index") }
            guard index == 0 else { throw .databaseOutOfRange }
            answer { $0.simpleString("OK") }
        } else if name.says("client") {
            try manageClient(arguments)
        } else if name.says("command") {
            describeCommands(arguments)
        } else if name.says("config") {
            try showConfiguration(arguments)
        } else if name.says("unwatch") {
            try arguments.require(1, "unwatch")
            transaction.unwatch()
            answer { $0.simpleString("OK") }
        } else {
            return try runClusterCommand(arguments)
        }
        return true
    }

    /// INFO and DBSIZE. False if it is a command of another kind.
    mutating func runSlowServerCommand(_ arguments: Arguments) async throws(CommandError) -> Bool {
        if arguments[0].says("info") {
            await inform()
        } else if arguments[0].says("dbsize") {
            try arguments.require(1, "dbsize")
            await countKeys()
        } else {
            return false
        }
        return true
    }

    // MARK: Who it is

    /// `AUTH [username] key`: the user's name does not matter.
    private mutating func authenticate(_ arguments: Arguments) throws(CommandError) {
        guard 2...3 ~= arguments.count else { throw arguments.count < 2 ? .wrongArgumentCount("auth") : .syntax }
        try authenticate(key: arguments[arguments.count - 1])
        answer { $0.simpleString("OK") }
    }

    private mutating func authenticate(key: Argument) throws(CommandError) {
        switch context.gatekeeper.open(String(decoding: key, as: UTF8.self), from: address) {
        case .success(let opened): pass = opened
        case .failure(let denial): throw CommandError(denial)
        }
    }

    /// `HELLO [protover [AUTH username password] [SETNAME clientname]]`
    private mutating func greet(_ arguments: Arguments) throws(CommandError) {
        var wanted = version
        var newName: [UInt8]?
        if arguments.count > 1 {
            guard let number = try? arguments[1].integer() else {
                throw CommandError("ERR Protocol version is not an integer or out of range")
            }
            guard let version = ProtocolVersion(rawValue: number) else {
                throw CommandError("NOPROTO unsupported protocol version")
            }
            wanted = version
        }
        var reader = ArgumentReader(arguments, from: 2)
        var key: Argument?
        while !reader.isAtEnd {
            if reader.take("auth", followedBy: 2) {
                _ = reader.next()
                key = reader.next()
            } else if reader.take("setname", followedBy: 1) {
                newName = try Self.clientName(reader.next())
            } else {
                throw CommandError(
                    "ERR Syntax error in HELLO option '\(String(decoding: reader.next(), as: UTF8.self))'")
            }
        }
        if let key { try authenticate(key: key) }
        guard isAuthenticated else {
            throw CommandError(
                "NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO <proto> AUTH <user> "
                    + "<pass> option can be used to authenticate the client and select the RESP protocol version at the "
                    + "same time")
        }
        version = wanted
        if let newName { name = newName }
        let id = id
        answer { writer in
            writer.mapHeader(7)
            writer.bulk("server")
            writer.bulk("redis")
            writer.bulk("version")
            writer.bulk(ServerInfo.redisVersion)
            writer.bulk("proto")
            writer.integer(wanted.rawValue)
            writer.bulk("id")
            writer.integer(id)
            writer.bulk("mode")
            writer.bulk("standalone")
            writer.bulk("role")
            writer.bulk("master")
            writer.bulk("modules")
            writer.arrayHeader(0)
        }
    }

    private static func clientName(_ name: Argument) throws(CommandError) -> [UInt8] {
        guard name.allSatisfy({ 0x21...0x7E ~= $0 }) else {
            throw CommandError("ERR Client names cannot contain spaces, newlines or special characters.")
        }
        return Array(name)
    }

    private mutating func manageClient(_ arguments: Arguments) throws(CommandError) {
        guard arguments.count > 1 else { throw .wrongArgumentCount("client") }
        let (id, name) = (id, name)
        if arguments[1].says("id") {
            answer { $0.integer(id) }
        } else if arguments[1].says("getname") {
            answer { if name.isEmpty { $0.null() } else { $0.bulk(name) } }
        } else if arguments[1].says("setname") {
            try arguments.require(3, "client|setname")
            self.name = try Self.clientName(arguments[2])
            answer { $0.simpleString("OK") }
        } else if arguments[1].says("setinfo") || arguments[1].says("no-evict") || arguments[1].says("no-touch") {
            answer { $0.simpleString("OK") }
        } else if arguments[1].says("info") || arguments[1].says("list") {
            let text = "id=\(id) name=\(String(decoding: name, as: UTF8.self)) db=0 resp=\(version.rawValue)\n"
            answer { $0.verbatim(text) }
        } else {
            throw .unknownSubcommand(arguments)
        }
    }

    // MARK: What the server is

    private mutating func describeCommands(_ arguments: Arguments) {
        if arguments.count > 1, arguments[1].says("count") {
            return answer { $0.integer(CommandName.allCases.count) }
        }
        var names = CommandName.allCases
        if arguments.count > 2, arguments[1].says("info") {
            let asked = arguments[2...].map { CommandName($0) }
            return answer { writer in
                writer.arrayHeader(asked.count)
                for name in asked { if let name { writer.describe(name) } else { writer.nullArray() } }
            }
        }
        // DOCS and the like: clients take an empty answer for "not told".
        if arguments.count > 1 { names = [] }
        let isMap = arguments.count > 1 && arguments[1].says("docs")
        answer { writer in
            if isMap { return writer.mapHeader(0) }
            writer.arrayHeader(names.count)
            for name in names { writer.describe(name) }
        }
    }

    private mutating func inform() async {
        let readiness = await context.service.readiness()
        let keyCount = (try? await context.service.keys(of: project ?? ""))?.count ?? 0
        let text = ServerInfo.text(
            ServerInfo.State(
                clients: context.clients, waiting: await context.service.waitingCount(), isReady: readiness == .ready,
                isRelaxed: context.configuration.isRelaxed, keyCount: keyCount))
        answer { $0.verbatim(text) }
    }

    private mutating func showConfiguration(_ arguments: Arguments) throws(CommandError) {
        guard arguments.count > 1 else { throw .wrongArgumentCount("config") }
        guard arguments[1].says("get") else {
            throw CommandError("ERR Laurel is configured by its own file and flags; only CONFIG GET is served")
        }
        guard arguments.count > 2 else { throw .wrongArgumentCount("config|get") }
        let found = ServerInfo.settings(isRelaxed: context.configuration.isRelaxed).filter { setting in
            arguments[2...].contains { GlobPattern($0).matches(Array(setting.name.utf8)[...]) }
        }
        answer { writer in
            writer.mapHeader(found.count)
            for setting in found {
                writer.bulk(setting.name)
                writer.bulk(setting.value)
            }
        }
    }

    private mutating func countKeys() async {
        do throws(ServiceError) {
            let count = try await context.service.keys(of: project ?? "").count
            answer { $0.integer(count) }
        } catch {
            answer { $0.error(CommandError(error)) }
        }
    }
}

extension Arguments {
    func require(_ count: Int, _ name: String) throws(CommandError) {
        if self.count != count { throw .wrongArgumentCount(name) }
    }

    /// A command for values of types that Laurel does not have.
    var isForeign: Bool {
        Self.foreign.contains { self[0].count == $0.utf8.count && self[0].says($0) }
    }

    private static let foreign: [String] = [
        "get", "set", "setex", "psetex", "setnx", "getset", "getdel", "getex", "mget", "mset", "incr", "incrby", "decr",
        "decrby", "incrbyfloat", "append", "strlen", "hget", "hset", "hmget", "hmset", "hgetall", "hdel", "hincrby",
        "lpush", "rpush", "lpop", "rpop", "lrange", "llen", "sadd", "srem", "smembers", "sismember", "scard", "xadd",
        "publish", "subscribe", "eval", "evalsha",
    ]
}

extension ReplyWriter {
    /// As `COMMAND INFO` has it, as far as clients look.
    fileprivate mutating func describe(_ name: CommandName) {
        let shape = name.shape
        arrayHeader(6)
        bulk(name.rawValue)
        integer(shape.arity)
        arrayHeader(1)
        simpleString(shape.access == .writes ? "write" : "readonly")
        let (first, last) = shape.keys.bounds
        integer(first)
        integer(last)
        integer(first == 0 ? 0 : 1)
    }
}

extension CommandShape.Keys {
    fileprivate var bounds: (first: Int, last: Int) {
        switch self {
        case .none, .counted: (0, 0)
        case .between(let first, let last): (first, last)
        case .destinationAndCounted: (1, 1)
        }
    }
}

extension CommandError {
    static func otherType(_ arguments: Arguments) -> CommandError {
        let name = String(decoding: arguments[0], as: UTF8.self).uppercased()
        return CommandError("ERR \(name) is not served: Laurel keeps sorted sets only, keep other values elsewhere")
    }
}
