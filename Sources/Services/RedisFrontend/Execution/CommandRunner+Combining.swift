internal import RESP
internal import Sharding

// Unions, intersections and differences of sets.
extension CommandRunner {
    mutating func combine(_ combination: Combination) throws(CommandError) {
        let options = try combination.options.get()
        write(combined(combination, options), withScores: options.withScores)
    }

    mutating func store(
        _ combination: Combination, in destination: Argument, _ record: inout RecordBuilder
    ) throws(CommandError) {
        let result = combined(combination, try combination.options.get())
        try replace(destination, with: result, &record)
        reply.integer(result.count)
    }

    mutating func countIntersection(_ combination: Combination) throws(CommandError) {
        let options = try combination.options.get()
        let count = combined(combination, options).count
        reply.integer(options.limit == 0 ? count : min(count, options.limit))
    }

    private func combined(_ combination: Combination, _ options: Combination.Options) -> [ScoredMember] {
        let weights = options.weights ?? Array(repeating: 1, count: combination.keys.count)
        var sources = zip(combination.keys, weights).map { name, weight in
            members(name).map { ScoredMember(member: $0.member, score: $0.score * weight) }
        }
        // Sums of doubles depend on their order: Redis begins with the smallest set.
        if combination.operation != .difference {
            sources = sources.enumerated().sorted { ($0.element.count, $0.offset) < ($1.element.count, $1.offset) }
                .map(\.element)
        }
        var scores: [[UInt8]: Double] = [:]
        for entry in sources[0] { scores[entry.member] = entry.score.orZero }
        for source in sources.dropFirst() {
            switch combination.operation {
            case .union:
                for entry in source {
                    scores[entry.member] =
                        scores[entry.member].map { options.aggregate.of($0, entry.score.orZero) }
                        ?? entry.score.orZero
                }
            case .intersection:
                var both: [[UInt8]: Double] = [:]
                for entry in source {
                    if let score = scores[entry.member] {
                        // What is not a number makes the whole sum 0 here, as in Redis, and not only its part.
                        both[entry.member] = options.aggregate.of(score, entry.score)
                    }
                }
                scores = both
            case .difference:
                for entry in source { scores[entry.member] = nil }
            }
        }
        return scores.map { ScoredMember(member: $0.key, score: $0.value) }.sorted {
            $0.score != $1.score ? $0.score < $1.score : $0.member.lexicographicallyPrecedes($1.member)
        }
    }
}

extension Combination.Aggregate {
    fileprivate func of(_ left: Double, _ right: Double) -> Double {
        switch self {
        case .sum: (left + right).orZero
        case .min: Swift.min(left, right)
        case .max: Swift.max(left, right)
        }
    }
}

extension Double {
    /// What is not a number counts as 0: infinity times 0, or minus infinity and infinity.
    fileprivate var orZero: Double { isNaN ? 0 : self }
}
