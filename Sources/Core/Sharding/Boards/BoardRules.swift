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

    init(_ definition: LeaderboardDefinition, limits: RankForest.Limits) {
        columns = definition.columns
        tie = definition.tie
        dimensionCount = definition.dimensions.count
        self.limits = limits
        hasOneColumn = columns.count == 1
        first = columns[0]
    }
}
