import Leaderboards
import Sharding

extension Twin {
    /// What a page is compared by.
    struct Answered: Equatable {
        var entries: [Entry]
        var offset: Int
        var total: Int
        var season: String?
        var nextReset: Timestamp?
    }

    func page(
        _ key: LeaderboardKey, _ selector: BoardSelector, _ request: PageRequest, metadata: Bool, now: Timestamp
    ) throws(Refusal) -> Answered {
        let (entries, season) = try view(key, selector, metadata: metadata, now: now)
        let range: Range<Int>
        switch request {
        case .from(let offset, let limit):
            let start = min(offset, entries.count)
            range = start..<min(start + limit, entries.count)
        case .around(let user, let radius):
            guard let place = entries.firstIndex(where: { $0.user == user }) else { throw .unknownUser }
            range = max(0, place - radius)..<min(entries.count, place + radius + 1)
        }
        return Answered(
            entries: Array(entries[range]), offset: range.lowerBound, total: entries.count, season: season?.id,
            nextReset: season?.end)
    }

    /// A whole ranking.
    func view(
        _ key: LeaderboardKey, _ selector: BoardSelector, metadata: Bool, now: Timestamp
    ) throws(Refusal) -> (entries: [Entry], season: Season?) {
        guard let leaderboard = leaderboards[key] else { throw .unknownLeaderboard }
        var board: TwinBoard? = leaderboard.allTime
        var season: Season?
        if let name = selector.window {
            guard let window = leaderboard.definition.windows.first(where: { $0.name == name }) else {
                throw .unknownWindow
            }
            let opened =
                if let id = selector.season {
                    leaderboard.seasons.first { $0.window == name && $0.season.id == id }
                } else {
                    leaderboard.seasons.last { $0.window == name && $0.season.contains(now) }
                }
            if opened == nil, let id = selector.season, window.season(withID: id) == nil { throw .unknownSeason }
            board = opened?.board
            season = opened?.season ?? selector.season.flatMap { window.season(withID: $0) } ?? window.season(at: now)
        } else if selector.season != nil {
            throw .unknownSeason
        }
        var part: TwinBoard.Part?
        if let dimension = selector.dimension {
            guard let place = leaderboard.definition.dimensions.firstIndex(of: dimension) else {
                throw .unknownDimension
            }
            part = (place, selector.value ?? "")
        }
        return (board?.entries(part, metadata: metadata) ?? [], season)
    }
}
