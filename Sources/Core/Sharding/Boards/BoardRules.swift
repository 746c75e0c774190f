import Leaderboards
import RankTrees

/// What decides the order of a board. Fixed for the life of a leaderboard.
struct BoardRules {
    let columns: [Column]
    let tie: TieRule
    let dimensionCount: Int
    /// How full tree nodes may get; small ones make tests split and merge.
    let limits: RankForest.Limits
    let hasOneColumn: Bool
    let first: Column
    /// Where an entry goes among those of the same first column, if that needs no comparison.
    let placement: RankForest.Placement?
    /// Whether each entry knows when it last changed. A plain sorted set has no use for it, and saves the memory.
    let keepsTimes: Bool
    /// No two entries have the same rank, so that a place is a rank.
    let ranksAreUnique: Bool
    /// What a row counts for, without metadata.
    let entryBytes: Int

    init(_ definition: LeaderboardDefinition, limits: RankForest.Limits) {
        columns = definition.columns
        tie = definition.tie
        dimensionCount = definition.dimensions.count
        self.limits = limits
        hasOneColumn = columns.count == 1
        first = columns[0]
        keepsTimes = !definition.isPlainSet
        ranksAreUnique = !definition.sharesRanks
        entryBytes = StoredBytes.ofEntry(columns: columns.count, dimensions: dimensionCount)
        placement = !hasOneColumn || tie == .member ? nil : tie == .last ? .beforeEqual : .afterEqual
    }
}
