/// `ZADD key [NX | XX] [GT | LT] [CH] [INCR] score member [score member ...]`
struct ZAdd: Equatable, Sendable {
    let key: Argument
    let condition: Condition
    let comparison: Comparison
    let reply: Reply
    /// At least one; exactly one if `reply` is `.newScore`.
    let entries: [Entry]

    /// Which members may be touched at all.
    enum Condition: Sendable { case always, onlyNew, onlyExisting }

    /// How the new score of an existing member must compare with its old one; new members are added regardless.
    enum Comparison: Sendable { case any, greater, less }

    /// What the client hears; `.newScore` (INCR) also turns the score into an increment and wins over CH.
    enum Reply: Sendable { case addedCount, changedCount, newScore }

    struct Entry: Equatable, Sendable {
        let score: Double
        let member: Argument
    }
}

extension ZAdd {
    init(_ arguments: Arguments) throws(CommandError) {
        var (nx, xx, gt, lt, ch, incr) = (false, false, false, false, false, false)
        var reader = ArgumentReader(arguments, from: 2)
        options: while !reader.isAtEnd {
            switch true {
            case reader.take("nx"): nx = true
            case reader.take("xx"): xx = true
            case reader.take("gt"): gt = true
            case reader.take("lt"): lt = true
            case reader.take("ch"): ch = true
            case reader.take("incr"): incr = true
            default: break options
            }
        }
        let pairs = reader.position..<arguments.count
        guard !pairs.isEmpty, pairs.count.isMultiple(of: 2) else { throw .syntax }
        if nx && xx { throw .addConditionConflict }
        if (gt && nx) || (lt && nx) || (gt && lt) { throw .addComparisonConflict }
        if incr && pairs.count > 2 { throw .incrementOfMany }

        key = arguments[1]
        condition = nx ? .onlyNew : xx ? .onlyExisting : .always
        comparison = gt ? .greater : lt ? .less : .any
        reply = incr ? .newScore : ch ? .changedCount : .addedCount
        entries = try Self.entries(arguments, pairs)
    }

    private static func entries(_ arguments: Arguments, _ pairs: Range<Int>) throws(CommandError) -> [Entry] {
        var entries: [Entry] = []
        entries.reserveCapacity(pairs.count / 2)
        for index in stride(from: pairs.lowerBound, to: pairs.upperBound, by: 2) {
            entries.append(Entry(score: try arguments[index].double(), member: arguments[index + 1]))
        }
        return entries
    }
}

extension SortedSetCommand {
    /// Redis reads ZINCRBY as a ZADD: what could be an option of that is one, and leaves no whole pair.
    static func incrementing(_ arguments: Arguments) throws(CommandError) -> SortedSetCommand {
        let add = try ZAdd(arguments)
        return .increment(key: add.key, by: add.entries[0].score, member: add.entries[0].member)
    }
}

extension CommandError {
    fileprivate static let addConditionConflict = CommandError(
        "ERR XX and NX options at the same time are not compatible")
    fileprivate static let addComparisonConflict = CommandError(
        "ERR GT, LT, and/or NX options at the same time are not compatible")
    fileprivate static let incrementOfMany = CommandError("ERR INCR option supports a single increment-element pair")
}
