import Leaderboards
import NodeRuntime
import Sharding

/// A query parameter.
enum Parameter: String, CaseIterable {
    case limit, cursor, user, radius, window, season, dimension, metadata, relaxed
    case ageMax = "max_age_ms"
    case ageMaxOnError = "stale_if_error_ms"
    case fromRank = "from_rank"
    case fromLine = "from_line"

    /// Those that choose a ranking of a leaderboard and what is said of its entries.
    static let board: [Parameter] = [.window, .season, .dimension, .metadata, .relaxed, .ageMax, .ageMaxOnError]
}

/// A query, decoded: each parameter at most once, and only those that the route takes.
///
/// Values are read as HTML forms write them: percent-encoded UTF-8, a plus for a space.
struct Query {
    private(set) var values: [(parameter: Parameter, value: String)] = []

    init(_ text: Substring, for route: Route) throws(BadInput) {
        for pair in text.split(separator: "&") {
            let halves = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = try percentDecoded(halves[0], plusIsSpace: true, .invalidParameter)
            guard let parameter = Parameter(rawValue: name), route.parameters.contains(parameter) else {
                let known = route.parameters.map(\.rawValue).joined(separator: ", ")
                throw BadInput(
                    .unknownParameter, at: name,
                    known.isEmpty ? "The path takes no parameters." : "The path takes \(known).")
            }
            guard self[parameter] == nil else {
                throw BadInput(.invalidParameter, at: name, "The parameter occurs twice.")
            }
            do {
                let value = try percentDecoded(halves.count == 2 ? halves[1] : "", plusIsSpace: true, .invalidParameter)
                values.append((parameter, value))
            } catch {
                throw error.within(name)
            }
        }
    }

    var isEmpty: Bool { values.isEmpty }

    subscript(parameter: Parameter) -> String? { values.first { $0.parameter == parameter }?.value }
}

extension Query {
    func integer(_ parameter: Parameter, in range: ClosedRange<Int>) throws(BadInput) -> Int? {
        guard let text = self[parameter] else { return nil }
        guard let number = Int(text), range.contains(number), text.utf8.first != UInt8(ascii: "+") else {
            throw BadInput(
                .invalidParameter, at: parameter.rawValue,
                range.upperBound == .max
                    ? "A whole number of at least \(range.lowerBound)."
                    : "A whole number from \(range.lowerBound) to \(range.upperBound).")
        }
        return number
    }

    func flag(_ parameter: Parameter) throws(BadInput) -> Bool {
        switch self[parameter] {
        case nil, "false": return false
        case "true": return true
        default: throw BadInput(.invalidParameter, at: parameter.rawValue, "Either true or false.")
        }
    }

    func readOptions() throws(BadInput) -> ReadOptions {
        ReadOptions(
            metadata: try flag(.metadata), relaxed: try flag(.relaxed), ageMax: try age(.ageMax),
            ageMaxOnError: try age(.ageMaxOnError))
    }

    private func age(_ parameter: Parameter) throws(BadInput) -> Duration? {
        try integer(parameter, in: 1...Self.ageMillisecondsMax).map { .milliseconds($0) }
    }

    /// A day.
    static let ageMillisecondsMax = 86_400_000

    /// `window=weekly&season=2026-W47&dimension=country:NO`
    func board() throws(BadInput) -> BoardSelector {
        var board = BoardSelector(window: self[.window], season: self[.season])
        if board.window == WindowDefinition.allTimeName { board.window = nil }
        if board.season == WindowDefinition.allTimeName, board.window == nil { board.season = nil }
        if board.season != nil, board.window == nil {
            throw BadInput(.invalidParameter, at: "season", "A season takes a window.")
        }
        guard let dimension = self[.dimension] else { return board }
        guard let colon = dimension.firstIndex(of: ":"), colon != dimension.startIndex else {
            throw BadInput(.invalidParameter, at: "dimension", "A dimension and its value, as in country:NO.")
        }
        board.dimension = String(dimension[..<colon])
        board.value = String(dimension[dimension.index(after: colon)...])
        return board
    }

    func user() throws(BadInput) -> [UInt8]? {
        guard let text = self[.user] else { return nil }
        let name = Array(text.utf8)
        guard name.withUnsafeBytes(UserName.isValid) else { throw UserName.problem.within("user") }
        return name
    }
}
