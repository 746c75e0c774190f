internal import Leaderboards

extension Shard {
    /// The boards of sealed seasons that are on disk only. Precondition: all leaderboards are in memory.
    package var missingSeasons: [MissingPiece] {
        sortedNumbers.flatMap { number in
            residentLeaderboard(number).seasons.filter { $0.board == nil }.map {
                .season(leaderboard: number, window: $0.window, season: $0.season.id)
            }
        }
    }

    /// Counts everything again that the accounts keep count of, and tells where they differ.
    ///
    /// Precondition: all leaderboards are in memory, with the boards of their sealed seasons.
    package func usageProblems() -> [String] {
        var counted: [String: Holdings] = [:]
        var problems: [String] = []
        for number in sortedNumbers {
            let leaderboard = residentLeaderboard(number)
            let size = leaderboard.measureSize()
            for (counter, kept) in [("size", leaderboard.members.size), ("account", leaderboard.countedSize)]
            where kept != size {
                problems.append("\(counter) of \(leaderboard.key): \(kept), not \(size)")
            }
            counted[leaderboard.key.project, default: Holdings()] += Holdings(
                leaderboards: 1, entries: size.entries, storedBytes: size.storedBytes)
        }
        for account in usage.sorted {
            let expected = counted.removeValue(forKey: account.project) ?? Holdings()
            if account.holdings != expected {
                problems.append("\(account.project): \(account.holdings), not \(expected)")
            }
        }
        return problems + counted.keys.sorted().map { "\($0) has no account" }
    }
}
