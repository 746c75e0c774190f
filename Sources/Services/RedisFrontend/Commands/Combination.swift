/// The union, intersection or difference of several sorted sets (or sets, whose scores are then 1).
///
/// Redis looks up every source before it reads the options: the executor refuses a key of another type first and takes
/// `options.get()` then. A destination may be of any type.
struct Combination: Equatable, Sendable {
    let operation: Operation
    let keys: ArgumentList
    let options: Result<Options, CommandError>

    enum Operation: Sendable { case union, intersection, difference }
    enum Aggregate: Sendable { case sum, min, max }

    /// What becomes of the result, which decides the options there are.
    enum Reply: Sendable { case members, stored, cardinality }

    struct Options: Equatable, Sendable {
        /// One per key; nil if all are 1.
        fileprivate(set) var weights: [Double]?
        fileprivate(set) var aggregate = Aggregate.sum
        fileprivate(set) var withScores = false
        /// Where ZINTERCARD stops counting; 0 for nowhere.
        fileprivate(set) var limit = 0
    }
}

extension Combination {
    /// `[destination] numkeys key [key ...] [options]`
    init(
        _ operation: Operation, _ name: CommandName, _ arguments: Arguments, reply: Reply
    ) throws(CommandError) {
        let countIndex = reply == .stored ? 2 : 1
        let keysStart = countIndex + 1
        let keyCount = try arguments[countIndex].integer()
        guard keyCount >= 1 else { throw .noInputKeys(name) }
        guard keyCount <= arguments.count - keysStart else { throw .syntax }
        self.operation = operation
        keys = arguments[keysStart..<keysStart + keyCount]
        let reader = ArgumentReader(arguments, from: keysStart + keyCount)
        options = Result { () throws(CommandError) in try Options(reader, operation, keyCount: keyCount, reply: reply) }
    }
}

extension Combination.Options {
    fileprivate init(
        _ reader: ArgumentReader, _ operation: Combination.Operation, keyCount: Int, reply: Combination.Reply
    ) throws(CommandError) {
        var reader = reader
        let combinesScores = operation != .difference && reply != .cardinality
        while !reader.isAtEnd {
            if combinesScores, reader.take("weights", followedBy: keyCount) {
                weights = try Self.weights(&reader, count: keyCount)
            } else if combinesScores, reader.take("aggregate", followedBy: 1) {
                aggregate = try Self.aggregate(&reader)
            } else if reply == .members, reader.take("withscores") {
                withScores = true
            } else if reply == .cardinality, reader.take("limit", followedBy: 1) {
                limit = try reader.next().integer(in: 0...Int.max, or: .limitNegative)
            } else {
                throw .syntax
            }
        }
    }

    private static func weights(_ reader: inout ArgumentReader, count: Int) throws(CommandError) -> [Double] {
        var weights: [Double] = []
        weights.reserveCapacity(count)
        for _ in 0..<count { weights.append(try reader.next().double(or: .weightNotAFloat)) }
        return weights
    }

    private static func aggregate(_ reader: inout ArgumentReader) throws(CommandError) -> Combination.Aggregate {
        if reader.take("sum") { return .sum }
        if reader.take("min") { return .min }
        if reader.take("max") { return .max }
        throw .syntax
    }
}

extension SortedSetCommand {
    static func storing(
        _ operation: Combination.Operation, _ name: CommandName, _ arguments: Arguments
    ) throws(CommandError) -> SortedSetCommand {
        .storeCombination(
            destination: arguments[1], try Combination(operation, name, arguments, reply: .stored))
    }
}

extension CommandError {
    fileprivate static let weightNotAFloat = CommandError("ERR weight value is not a float")
    fileprivate static let limitNegative = CommandError("ERR LIMIT can't be negative")
}
