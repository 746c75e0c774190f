/// One rule that a text met. Says where, and never what: verdicts go to logs, and logs are what some of the rules protect.
package struct FilterMatch: Hashable, Sendable {
    package var rule: FilterRule
    package var field: FilterField
    /// Which one of the request's updates it is; 0 for a request without several.
    package var item: Int
    /// In bytes from the start of the field's text as it was given.
    package var offset: Int

    package init(_ rule: FilterRule, _ field: FilterField, item: Int, offset: Int) {
        self.rule = rule
        self.field = field
        self.item = item
        self.offset = offset
    }
}

/// What the filter found in a request.
package struct FilterVerdict: Hashable, Sendable {
    package enum Action: Hashable, Sendable {
        case pass
        /// Let it pass and say that it would have been refused.
        case report
        case refuse
    }

    /// The most matches that are listed.
    package static let matchCountMax = 16

    /// The score of the worst text: the sum over the rules that it meets, each counted once. Not a sum over texts: a batch of
    /// a thousand names is not refused because three of them are a little odd.
    package private(set) var score = 0
    /// The first ones, in the order of inspection.
    package private(set) var matches: [FilterMatch] = []
    /// How many more there were.
    package private(set) var unlistedCount = 0

    package init() {}

    package func action(under policy: FilterPolicy) -> Action {
        guard policy.mode != .off, score >= policy.threshold else { return .pass }
        return policy.mode == .block ? .refuse : .report
    }

    mutating func add(_ found: [FilterMatch]) {
        score = max(score, found.reduce(0) { $0 + $1.rule.score })
        for match in found {
            if matches.count < Self.matchCountMax { matches.append(match) } else { unlistedCount += 1 }
        }
    }
}

/// How often a rule was met in texts that reached the threshold.
package struct FilterCounts: Hashable, Sendable {
    /// They passed all the same.
    package var reported: Int64
    package var refused: Int64

    package init(reported: Int64 = 0, refused: Int64 = 0) {
        self.reported = reported
        self.refused = refused
    }
}
