import ControlPlane
import HTTPTypes

/// What the gateway can be asked, by method and path. `docs/openapi.yaml` describes each.
enum Route: CaseIterable {
    case healthz, readyz
    case update, bulk
    case create, list, describe, change, delete
    case top, rank, around, ranks, removeEntry

    var method: HTTPRequest.Method {
        switch self {
        case .healthz, .readyz, .list, .describe, .top, .rank, .around: .get
        case .update, .bulk, .create, .ranks: .post
        case .change: .patch
        case .delete, .removeEntry: .delete
        }
    }

    /// The path, with names in braces for the segments that vary.
    var template: String {
        switch self {
        case .healthz: "/healthz"
        case .readyz: "/readyz"
        case .update: "/v1/scores/update"
        case .bulk: "/v1/scores/bulk"
        case .create, .list: "/v1/leaderboards"
        case .describe, .change, .delete: "/v1/leaderboards/{id}"
        case .top: "/v1/leaderboards/{id}/top"
        case .rank: "/v1/leaderboards/{id}/rank/{user}"
        case .around: "/v1/leaderboards/{id}/around/{user}"
        case .ranks: "/v1/leaderboards/{id}/ranks"
        case .removeEntry: "/v1/leaderboards/{id}/entries/{user}"
        }
    }

    /// The query parameters it takes.
    var parameters: [Parameter] {
        switch self {
        case .healthz, .readyz, .update, .create, .describe, .change, .delete, .removeEntry: []
        case .bulk: [.fromLine]
        case .list: [.limit, .cursor]
        case .top: Parameter.board + [.limit, .cursor, .fromRank, .user]
        case .rank, .ranks: Parameter.board
        case .around: Parameter.board + [.radius]
        }
    }

    /// What a key must be for; nil if none is needed.
    var scope: Scopes? {
        switch self {
        case .healthz, .readyz: nil
        case .list, .describe, .top, .rank, .around, .ranks: .read
        case .update, .bulk: .write
        case .create, .change, .delete, .removeEntry: .admin
        }
    }
}

extension Route {
    /// Where a request leads.
    struct Match {
        var route: Route
        /// The leaderboard's id and the user's name, still percent-encoded.
        var id: Substring = ""
        var user: Substring = ""
    }

    enum Outcome {
        case match(Match)
        case notFound
        case otherMethods([HTTPRequest.Method])
    }

    /// `path` has no query.
    static func find(_ method: HTTPRequest.Method, _ path: Substring) -> Outcome {
        // The one path that is asked for tens of thousands of times a second.
        if path == "/v1/scores/update", method == .post { return .match(Match(route: .update)) }
        // Whoever asks for the head is told what the whole would be like.
        let method = method == .head ? .get : method
        var others: [HTTPRequest.Method] = []
        let segments = path.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
        for route in Route.allCases {
            guard let match = route.match(segments) else { continue }
            if route.method == method { return .match(match) }
            others.append(route.method)
        }
        return others.isEmpty ? .notFound : .otherMethods(others)
    }

    private func match(_ segments: ArraySlice<Substring>) -> Match? {
        let pattern = Self.patterns[self]!
        guard pattern.count == segments.count else { return nil }
        var match = Match(route: self)
        for (expected, segment) in zip(pattern, segments) {
            switch expected {
            case "{id}": match.id = segment
            case "{user}": match.user = segment
            default: guard expected == segment else { return nil }
            }
        }
        return match
    }

    private static let patterns: [Route: [Substring]] = Dictionary(
        uniqueKeysWithValues: allCases.map {
            ($0, Array($0.template.split(separator: "/", omittingEmptySubsequences: false).dropFirst()))
        })
}
