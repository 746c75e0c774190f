package import Leaderboards
import RankTrees

// Questions change nothing but the time of last use. Preconditions: what `missing(for:_:now:)` names was loaded.
extension Shard {
    package func describe(_ key: LeaderboardKey, now: Timestamp) throws(Refusal) -> LeaderboardDescription {
        try resident(key, at: max(now, time)).description
    }

    /// A part of a ranking, in order.
    package func page(
        _ key: LeaderboardKey, _ selector: BoardSelector, _ request: PageRequest, metadata: Bool, now: Timestamp
    ) throws(Refusal) -> Page {
        let leaderboard = try resident(key, at: max(now, time))
        leaderboard.lastUse = max(now, time)
        let view = try view(of: leaderboard, selector, now: now)
        let range: Range<Int>
        switch request {
        case .from(let offset, let limit):
            let start = min(max(offset, 0), view.total)
            range = start..<min(start + limit, view.total)
        case .around(let user, let radius):
            guard let slot = view.slot(of: user, in: leaderboard), let index = view.index(of: slot) else {
                throw .unknownUser
            }
            range = max(0, index - radius)..<min(view.total, index + radius + 1)
        }
        var page = Page(
            entries: [], offset: range.lowerBound, total: view.total, season: view.season?.id,
            nextReset: view.season?.end, columns: leaderboard.definition.columns.map(\.name))
        page.entries = view.entries(range, in: leaderboard, metadata: metadata)
        return page
    }

    /// The entries of some users; nil for each that has none.
    package func entries(
        _ key: LeaderboardKey, _ selector: BoardSelector, users: [[UInt8]], metadata: Bool, now: Timestamp
    ) throws(Refusal) -> (entries: [Entry?], total: Int, season: Season?) {
        let leaderboard = try resident(key, at: max(now, time))
        leaderboard.lastUse = max(now, time)
        let view = try view(of: leaderboard, selector, now: now)
        let entries = users.map { user -> Entry? in
            guard let slot = view.slot(of: user, in: leaderboard), let board = view.board else { return nil }
            return view.entry(slot, rank: view.ranking(in: board).rank(of: slot, in: board), leaderboard, metadata)
        }
        return (entries, view.total, view.season)
    }

    private func view(
        of leaderboard: Leaderboard, _ selector: BoardSelector, now: Timestamp
    ) throws(Refusal) -> BoardView {
        var view = BoardView()
        if let window = selector.window {
            guard let definition = leaderboard.definition.windows.first(where: { $0.name == window }) else {
                throw .unknownWindow
            }
            let opened = try leaderboard.index(of: selector, now: now)
            if let opened {
                view.season = leaderboard.seasons[opened].season
                view.board = leaderboard.seasons[opened].board
            } else {
                view.season = selector.season.flatMap { definition.season(withID: $0) } ?? definition.season(at: now)
            }
        } else {
            if selector.season != nil { throw .unknownSeason }
            view.board = leaderboard.allTime
        }
        if let dimension = selector.dimension {
            guard let index = leaderboard.definition.dimensions.firstIndex(of: dimension) else {
                throw .unknownDimension
            }
            view.dimension = index
            view.tree = leaderboard.members.number(of: Array((selector.value ?? "").utf8), dimension: index) ?? .max
        }
        return view
    }
}

extension Leaderboard {
    /// The opened season that a selector means, nil for one that could have been opened but wasn't.
    func index(of selector: BoardSelector, now: Timestamp) throws(Refusal) -> Int? {
        guard let window = selector.window else { return nil }
        if let id = selector.season {
            if let index = index(ofSeason: id, window: window) { return index }
            let definition = definition.windows.first { $0.name == window }
            guard definition?.season(withID: id) != nil else { throw .unknownSeason }
            return nil
        }
        return index(ofSeasonAt: now, window: window)
    }
}

/// One ranking as a question sees it: a board as a whole or one value's part of it. Empty if there is no board yet.
private struct BoardView {
    var board: Board?
    var season: Season?
    var dimension: Int?
    /// The number of the dimension's value; one that no member has leads to an empty tree.
    var tree: UInt32 = 0

    func ranking(in board: Board) -> Ranking { dimension.map { board.slices[$0] } ?? board.ranking }

    var total: Int {
        guard let board, tree != .max else { return 0 }
        return ranking(in: board).forest.count(in: tree)
    }

    func slot(of user: [UInt8], in leaderboard: Leaderboard) -> UInt32? {
        guard let board, let member = user.withUnsafeBytes({ leaderboard.members.table.find($0) }),
            let slot = board.slot(of: member)
        else { return nil }
        guard dimension != nil else { return slot }
        return ranking(in: board).forest.tree(of: slot) == tree ? slot : nil
    }

    func index(of slot: UInt32) -> Int? { board.flatMap { ranking(in: $0).forest.rank(of: slot) } }

    func entry(_ slot: UInt32, rank: Rank, _ leaderboard: Leaderboard, _ metadata: Bool) -> Entry {
        let board = board!
        return Entry(
            rank: rank, user: leaderboard.members.name(of: board.member(of: slot)), score: board.score(of: slot),
            updatedAt: board.updateTime(of: slot), metadata: metadata ? board.metadata(of: slot) : nil)
    }

    func entries(_ range: Range<Int>, in leaderboard: Leaderboard, metadata: Bool) -> [Entry] {
        guard let board, !range.isEmpty else { return [] }
        let ranking = ranking(in: board)
        var entries: [Entry] = []
        entries.reserveCapacity(range.count)
        var index = range.lowerBound
        let sharesRanks = leaderboard.definition.sharesRanks
        ranking.forest.forEach(in: tree, at: range) { entry in
            var rank = Rank(index: index)
            if sharesRanks {
                // An entry equal to the one before has its rank.
                if let last = entries.last,
                    ranking.forest.key(of: entry.slot) == ranking.forest.entry(before: entry.slot)?.key,
                    board.compareFurther(ranking.forest.entry(before: entry.slot)!.slot, entry.slot) == 0
                {
                    rank = last.rank
                } else {
                    rank = ranking.rank(of: entry.slot, in: board)
                }
            }
            entries.append(self.entry(entry.slot, rank: rank, leaderboard, metadata))
            index += 1
            return true
        }
        return entries
    }
}
