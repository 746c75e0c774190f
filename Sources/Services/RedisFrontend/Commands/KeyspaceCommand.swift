/// A command on keys of any type.
///
/// Left to the executor: "ERR no such key" (RENAME and RENAMENX), "ERR source and destination objects are the same"
/// (COPY; RENAME to itself is fine), and the error of OBJECT FREQ, see `ObjectQuery`.
enum KeyspaceCommand: Equatable, Sendable {
    /// UNLINK frees the memory later; what the client sees is the same.
    case delete(keys: ArgumentList, isLazy: Bool)
    /// A key named twice counts twice, here and in `touch`.
    case exists(keys: ArgumentList)
    case touch(keys: ArgumentList)
    case type(key: Argument)
    case rename(key: Argument, to: Argument, onlyIfFree: Bool)
    /// Without a database the client's own.
    case copy(key: Argument, to: Argument, database: Int?, replaces: Bool)

    case expire(key: Argument, Expiry, when: ExpireConditions)
    case timeToLive(key: Argument, TimeUnit)
    case expireTime(key: Argument, TimeUnit)
    case persist(key: Argument)

    case scan(cursor: UInt64, ScanOptions)
    case keys(GlobPattern)
    case object(ObjectQuery, key: Argument)
    case objectHelp
    case flush(FlushMode)
    case randomKey
}

enum TimeUnit: Sendable { case seconds, milliseconds }

/// Whether FLUSHDB answers before the memory is free; the server's configuration decides if the client does not.
enum FlushMode: Sendable { case byDefault, sync, async }

extension KeyspaceCommand {
    /// Parses the arguments of `name`, as many of them as its arity wants.
    init(_ name: CommandName, _ arguments: Arguments) throws(CommandError) {
        switch name {
        case .del: self = .delete(keys: arguments[1...], isLazy: false)
        case .unlink: self = .delete(keys: arguments[1...], isLazy: true)
        case .exists: self = .exists(keys: arguments[1...])
        case .touch: self = .touch(keys: arguments[1...])
        case .type: self = .type(key: arguments[1])
        case .rename: self = .rename(key: arguments[1], to: arguments[2], onlyIfFree: false)
        case .renamenx: self = .rename(key: arguments[1], to: arguments[2], onlyIfFree: true)
        case .copy: self = try Self.copying(arguments)

        case .expire, .pexpire, .expireat, .pexpireat: self = try Self.expiring(name, arguments)
        case .ttl: self = .timeToLive(key: arguments[1], .seconds)
        case .pttl: self = .timeToLive(key: arguments[1], .milliseconds)
        case .expiretime: self = .expireTime(key: arguments[1], .seconds)
        case .pexpiretime: self = .expireTime(key: arguments[1], .milliseconds)
        case .persist: self = .persist(key: arguments[1])

        case .scan: self = try Self.scanning(arguments)
        case .keys: self = .keys(GlobPattern(arguments[1]))
        case .object: self = try Self.inspecting(arguments)
        case .flushdb: self = .flush(try Self.flushMode(arguments))
        case .randomkey: self = .randomKey
        default: throw .unknownCommand(arguments)
        }
    }

    /// `COPY source destination [DB database] [REPLACE]`
    private static func copying(_ arguments: Arguments) throws(CommandError) -> KeyspaceCommand {
        var database: Int?
        var replaces = false
        var reader = ArgumentReader(arguments, from: 3)
        while !reader.isAtEnd {
            if reader.take("replace") {
                replaces = true
            } else if reader.take("db", followedBy: 1) {
                let number = try reader.next().integer(in: Int(Int32.min)...Int(Int32.max))
                guard (0..<databaseCount).contains(number) else { throw .databaseOutOfRange }
                database = number
            } else {
                throw .syntax
            }
        }
        return .copy(key: arguments[1], to: arguments[2], database: database, replaces: replaces)
    }

    /// `SCAN cursor [MATCH pattern] [COUNT count] [TYPE type]`
    private static func scanning(_ arguments: Arguments) throws(CommandError) -> KeyspaceCommand {
        guard let cursor = arguments[1].cursor else { throw .invalidCursor }
        return .scan(cursor: cursor, try ScanOptions(arguments, from: 2, takesType: true))
    }

    /// `FLUSHDB [ASYNC | SYNC]`
    private static func flushMode(_ arguments: Arguments) throws(CommandError) -> FlushMode {
        guard arguments.count > 1 else { return .byDefault }
        guard arguments.count == 2 else { throw .syntax }
        if arguments[1].says("sync") { return .sync }
        if arguments[1].says("async") { return .async }
        throw .syntax
    }
}

/// As many as Redis has unless told otherwise.
private let databaseCount = 16
