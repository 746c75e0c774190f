/// What a client asks of a leaderboard.
package enum Operation: UInt8, CaseIterable, Codable, Hashable, Sendable {
    case update, increment, enter, batch, bulk, rank, top, page, around, ping

    package var name: String { "\(self)" }

    package init?(name: String) {
        guard let operation = Self.allCases.first(where: { $0.name == name }) else { return nil }
        self = operation
    }

    /// What it does, over RESP and over HTTP.
    package var meaning: (summary: String, resp: String, http: String) {
        switch self {
        case .update: ("enter a score of a chosen member", "ZADD", "POST /v1/scores/update")
        case .increment: ("add to a chosen member's score", "ZINCRBY", "POST /v1/scores/update, operator sum")
        case .enter: ("enter a score of the next member, in order", "ZADD", "POST /v1/scores/update")
        case .batch: ("enter `batch_size` scores of chosen members", "ZADD", "POST /v1/scores/update, updates")
        case .bulk: ("enter `batch_size` scores of the next members, in order", "ZADD", "POST /v1/scores/bulk")
        case .rank: ("ask a chosen member's rank", "ZREVRANK", "GET …/rank/{user}")
        case .top: ("ask for the first `top_rows` rows", "ZREVRANGE", "GET …/top")
        case .page: ("ask for 2 × `radius` + 1 rows anywhere", "ZREVRANGE", "GET …/top?from_rank=")
        case .around: ("ask for a chosen member and its neighbours", "ZREVRANGE anywhere", "GET …/around/{user}")
        case .ping: ("ask for nothing", "PING", "GET /healthz")
        }
    }

    /// How many scores one request enters.
    package func scoreCount(_ scenario: Scenario) -> Int {
        switch self {
        case .update, .increment, .enter: 1
        case .batch, .bulk: scenario.batchSize
        case .rank, .top, .page, .around, .ping: 0
        }
    }
}

/// How often each operation comes up, in proportion.
package struct Mix: Hashable, Codable, Sendable {
    package struct Part: Hashable, Codable, Sendable {
        package var operation: Operation
        package var weight: Int

        package init(_ operation: Operation, _ weight: Int) {
            self.operation = operation
            self.weight = weight
        }
    }

    /// At least one, none twice.
    package var parts: [Part]

    package init(_ parts: [Part]) { self.parts = parts }

    package static func only(_ operation: Operation) -> Mix { Mix([Part(operation, 1)]) }

    package var operations: [Operation] { parts.map(\.operation) }

    package func choose(_ numbers: inout SeededNumbers) -> Operation {
        if parts.count == 1 { return parts[0].operation }
        var rest = numbers.below(parts.reduce(0) { $0 + $1.weight })
        for part in parts {
            rest -= part.weight
            if rest < 0 { return part.operation }
        }
        return parts[0].operation
    }
}
