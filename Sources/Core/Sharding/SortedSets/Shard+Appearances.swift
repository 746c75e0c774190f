package import Leaderboards

// Which sets have come into being, for those that wait for entries. What is here is asked by numbers, which are handed out
// upwards, so that nobody has to be told and a shard that nobody waits at has nothing to do.
extension Shard {
    /// The number that the next leaderboard or set gets.
    package var nextLeaderboardNumber: UInt32 { nextNumber }

    /// The number of what a key names, expired or not: the later it was made, the greater.
    package func number(of key: LeaderboardKey) -> UInt32? { numbers[key] }

    /// The keys of those made from a number on that are still there, in the order in which they were made.
    package func keysMade(from number: UInt32) -> [LeaderboardKey] {
        (number..<max(number, nextNumber)).compactMap { leaderboards[$0]?.key }
    }

    /// Whether a key has entries. One that is on disk only counts as empty.
    package func hasEntries(_ key: LeaderboardKey, at now: Timestamp) -> Bool {
        guard missing(for: key).isEmpty, let set = sortedSet(key, at: now) else { return false }
        return set.count > 0
    }
}
