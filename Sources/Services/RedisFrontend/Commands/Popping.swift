internal import NIOCore

/// The end of a sorted set that entries are taken from.
enum PopSide: Sendable { case min, max }

/// How long a client waits for an entry. The product is rounded to a double, so within a second of 2^63 ms Redis, which has
/// a `long double`, may still accept what is refused here.
enum Timeout: Equatable, Sendable {
    case never
    case after(milliseconds: Int64)

    init(_ text: Argument) throws(CommandError) {
        guard let seconds = text.timeoutSeconds else { throw .timeoutNotAFloat }
        let milliseconds = (seconds * 1000).rounded(.up)
        // What does not fit Redis 7.0 converts to the least integer, so that infinity is negative, too.
        guard milliseconds >= 0, milliseconds < 0x1p63 else { throw .timeoutNegative }
        self = milliseconds == 0 ? .never : .after(milliseconds: Int64(milliseconds))
    }

    /// When the wait ends; nil if never, or not in a lifetime.
    func deadline(now: NIODeadline) -> NIODeadline? {
        guard case .after(let milliseconds) = self, milliseconds <= Self.lifetime else { return nil }
        return now + .milliseconds(milliseconds)
    }

    /// A hundred years: more may be beyond what a deadline can hold.
    private static var lifetime: Int64 { 100 * 366 * 86_400_000 }
}

extension SortedSetCommand {
    /// `ZPOPMIN key [count]`
    static func popping(_ arguments: Arguments, _ side: PopSide) throws(CommandError) -> SortedSetCommand {
        guard arguments.count <= 3 else { throw .syntax }
        guard arguments.count == 3 else { return .pop(key: arguments[1], side, count: nil) }
        return .pop(key: arguments[1], side, count: try arguments[2].integer(in: 0...Int.max, or: .notPositive))
    }

    /// `ZMPOP numkeys key [key ...] <MIN | MAX> [COUNT count]`
    static func poppingFirst(_ arguments: Arguments) throws(CommandError) -> SortedSetCommand {
        let source = try PopSource(arguments, countIndex: 1)
        return .popFirst(keys: source.keys, source.side, count: source.count)
    }

    /// `BZPOPMIN key [key ...] timeout`
    static func blockingPopping(_ arguments: Arguments, _ side: PopSide) throws(CommandError) -> SortedSetCommand {
        let last = arguments.count - 1
        return .blockingPop(keys: arguments[1..<last], side, try Timeout(arguments[last]))
    }

    /// `BZMPOP timeout numkeys key [key ...] <MIN | MAX> [COUNT count]`
    static func blockingPoppingFirst(_ arguments: Arguments) throws(CommandError) -> SortedSetCommand {
        // The timeout comes first on the line and is checked last.
        let source = try PopSource(arguments, countIndex: 2)
        let timeout = try Timeout(arguments[1])
        return .blockingPopFirst(keys: source.keys, source.side, count: source.count, timeout)
    }
}

/// What ZMPOP and BZMPOP share.
private struct PopSource {
    let keys: ArgumentList
    let side: PopSide
    let count: Int

    init(_ arguments: Arguments, countIndex: Int) throws(CommandError) {
        let keyCount = try arguments[countIndex].integer(in: 1...Int.max, or: .keyCountNotPositive)
        let keysStart = countIndex + 1
        // Not the sum with the start: that could overflow.
        guard keyCount < arguments.count - keysStart else { throw .syntax }
        keys = arguments[keysStart..<keysStart + keyCount]

        var reader = ArgumentReader(arguments, from: keysStart + keyCount)
        if reader.take("min") {
            side = .min
        } else if reader.take("max") {
            side = .max
        } else {
            throw .syntax
        }
        var count: Int?
        while !reader.isAtEnd {
            guard count == nil, reader.take("count", followedBy: 1) else { throw .syntax }
            count = try reader.next().integer(in: 1...Int.max, or: .countNotPositive)
        }
        self.count = count ?? 1
    }
}

extension CommandError {
    fileprivate static let notPositive = CommandError("ERR value is out of range, must be positive")
    fileprivate static let timeoutNotAFloat = CommandError("ERR timeout is not a float or out of range")
    fileprivate static let timeoutNegative = CommandError("ERR timeout is negative")
    fileprivate static let keyCountNotPositive = CommandError("ERR numkeys should be greater than 0")
    fileprivate static let countNotPositive = CommandError("ERR count should be greater than 0")
}
