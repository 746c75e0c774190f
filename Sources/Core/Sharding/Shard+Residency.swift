package import Leaderboards

/// Something on disk that a command or a question needs in memory first.
package enum MissingPiece: Hashable, Sendable {
    /// A leaderboard: its definition, members, all-time board and open seasons.
    case leaderboard(StoredLeaderboard)
    /// The board of a sealed season of a leaderboard in memory.
    case season(leaderboard: UInt32, window: String, season: String)
}

extension Shard {
    /// What a batch of submissions needs.
    package func missing(for batch: SubmissionBatch, at indices: some Sequence<Int>, project: String) -> [MissingPiece]
    {
        guard hasStored else { return [] }
        var missing: [MissingPiece] = []
        var last = Submission.Slice.absent
        for index in indices {
            let slice = batch.submissions[index].leaderboard
            if slice == last { continue }
            last = slice
            let key = LeaderboardKey(project: project, id: batch.string(slice))
            for piece in self.missing(for: key) where !missing.contains(piece) { missing.append(piece) }
        }
        return missing
    }

    /// What a command to a leaderboard needs.
    package func missing(for key: LeaderboardKey) -> [MissingPiece] {
        guard let number = numbers[key], case .stored(let stored)? = leaderboards[number] else { return [] }
        return [.leaderboard(stored)]
    }

    /// What a question about a board needs.
    package func missing(for key: LeaderboardKey, _ selector: BoardSelector, now: Timestamp) -> [MissingPiece] {
        guard let number = numbers[key] else { return [] }
        switch leaderboards[number] {
        case .stored(let stored): return [.leaderboard(stored)]
        case .resident(let leaderboard):
            guard selector.window != nil, let index = try? leaderboard.index(of: selector, now: now),
                leaderboard.seasons[index].board == nil
            else { return [] }
            let slot = leaderboard.seasons[index]
            return [.season(leaderboard: number, window: slot.window, season: slot.season.id)]
        case nil: return []
        }
    }

    /// What closing the seasons that are due needs.
    package func missingForClosing(at now: Timestamp) -> [MissingPiece] {
        guard hasStored else { return [] }
        return sortedNumbers.compactMap { number in
            guard case .stored(let stored)? = leaderboards[number], let closing = stored.nextClosing, closing <= now
            else { return nil }
            return .leaderboard(stored)
        }
    }

    /// Every leaderboard on disk: what a full check needs.
    package var missingAltogether: [MissingPiece] {
        sortedNumbers.compactMap { number in
            if case .stored(let stored)? = leaderboards[number] { return .leaderboard(stored) }
            return nil
        }
    }

    /// Whether anything is on disk only, so that something may be missing.
    package var hasStored: Bool { storedCount > 0 }
}
