/// What a project wants of the request filter.
package struct FilterPolicy: Hashable, Sendable {
    package enum Mode: String, Hashable, Sendable, CaseIterable {
        /// Nothing is looked at.
        case off
        /// Everything passes, and what would have been refused is reported.
        case detect
        case block
    }

    package static let thresholdAccepted = 1...100

    package var mode: Mode
    /// The score from which on a request is reported or refused. 5 is one critical rule, or two lesser ones in one text.
    package let threshold: Int
    /// Rules that are not switched off.
    package var rules: FilterRuleSet

    /// - Parameter threshold: brought into what is accepted
    package init(mode: Mode = .detect, threshold: Int = 5, rules: FilterRuleSet = .all) {
        self.mode = mode
        self.threshold = Self.thresholdAccepted.clamping(threshold)
        self.rules = rules
    }
}

/// Where a text stands in a request.
package enum FilterField: String, Hashable, Sendable, CaseIterable {
    case user
    /// A JSON object. Each string in it, of names and values, is a text of its own, and may have several lines.
    case metadata
    case leaderboard
    /// The name or the value of a dimension.
    case dimension
    case idempotencyKey = "idempotency-key"
    case query

    var mayHaveLines: Bool { self == .metadata }
}
