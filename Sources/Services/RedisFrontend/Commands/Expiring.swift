/// When a key is to expire: a client's number, in milliseconds, not yet added to the time.
struct Expiry: Equatable, Sendable {
    /// Negative ones lie in the past, and such a key goes at once.
    let milliseconds: Int64
    /// Counted from now instead of from 1970.
    let isRelative: Bool
    /// Which the error names.
    let command: CommandName

    fileprivate init(_ name: CommandName, _ text: Argument) throws(CommandError) {
        let number = Int64(try text.integer())
        let (milliseconds, overflowed) = number.multipliedReportingOverflow(
            by: name == .expire || name == .expireat ? 1000 : 1)
        if overflowed { throw .invalidExpireTime(name) }
        self.milliseconds = milliseconds
        isRelative = name == .expire || name == .pexpire
        command = name
    }

    /// In milliseconds since 1970, as `now` is. Redis computes it before it looks for the key.
    func deadline(now: Int64) throws(CommandError) -> Int64 {
        let (deadline, overflowed) = milliseconds.addingReportingOverflow(isRelative ? now : 0)
        if overflowed { throw .invalidExpireTime(command) }
        return deadline
    }
}

/// All of them must hold. A key without a deadline counts as living for ever: GT never moves it, LT always does.
struct ExpireConditions: OptionSet, Sendable {
    let rawValue: UInt8

    static let hasNone = ExpireConditions(rawValue: 1 << 0)
    static let hasOne = ExpireConditions(rawValue: 1 << 1)
    static let isLater = ExpireConditions(rawValue: 1 << 2)
    static let isEarlier = ExpireConditions(rawValue: 1 << 3)
}

extension KeyspaceCommand {
    /// `EXPIRE key seconds [NX | XX | GT | LT]`; the options are checked before the number.
    static func expiring(_ name: CommandName, _ arguments: Arguments) throws(CommandError) -> KeyspaceCommand {
        let conditions = try ExpireConditions(ArgumentReader(arguments, from: 3))
        return .expire(key: arguments[1], try Expiry(name, arguments[2]), when: conditions)
    }
}

extension ExpireConditions {
    fileprivate init(_ reader: ArgumentReader) throws(CommandError) {
        var reader = reader
        self = []
        while !reader.isAtEnd {
            switch true {
            case reader.take("nx"): insert(.hasNone)
            case reader.take("xx"): insert(.hasOne)
            case reader.take("gt"): insert(.isLater)
            case reader.take("lt"): insert(.isEarlier)
            default: throw .unsupportedOption(reader.next())
            }
        }
        if contains(.hasNone), self != .hasNone { throw .expireConditionConflict }
        if isSuperset(of: [.isLater, .isEarlier]) { throw .expireComparisonConflict }
    }
}

extension CommandError {
    fileprivate static let expireConditionConflict = CommandError(
        "ERR NX and XX, GT or LT options at the same time are not compatible")
    fileprivate static let expireComparisonConflict = CommandError(
        "ERR GT and LT options at the same time are not compatible")
}
