package import Leaderboards

/// Which ranking of a leaderboard is meant. By default the all-time board as a whole.
package struct BoardSelector: Sendable, Hashable {
    /// A window's name; nil for all-time.
    package var window: String?
    /// A season's id; nil for the current one.
    package var season: String?
    /// A dimension and one of its values.
    package var dimension: String?
    package var value: String?

    package init(window: String? = nil, season: String? = nil, dimension: String? = nil, value: String? = nil) {
        self.window = window
        self.season = season
        self.dimension = dimension
        self.value = value
    }
}

/// One row of a ranking.
package struct Entry: Sendable, Hashable {
    package var rank: Rank
    /// The member's name as it was submitted, in UTF-8.
    package var user: [UInt8]
    package var score: Score
    /// Nil in a plain sorted set, which keeps none.
    package var updatedAt: Timestamp?
    /// A JSON object, if one was submitted and asked for.
    package var metadata: [UInt8]?

    package init(rank: Rank, user: [UInt8], score: Score, updatedAt: Timestamp?, metadata: [UInt8]?) {
        self.rank = rank
        self.user = user
        self.score = score
        self.updatedAt = updatedAt
        self.metadata = metadata
    }
}

/// Which rows of a ranking are wanted.
package enum PageRequest: Sendable, Hashable {
    /// `limit` rows from the 0-based place `offset`.
    case from(offset: Int, limit: Int)
    /// The user's row and `radius` rows on each side; at the ends of the ranking fewer.
    case around(user: [UInt8], radius: Int)
}

/// Rows of one ranking, with what a client needs to put them into their place.
package struct Page: Sendable {
    package var entries: [Entry]
    /// The 0-based place of the first row.
    package var offset: Int
    /// How many entries the ranking has.
    package var total: Int
    /// The season's id; nil for all-time.
    package var season: String?
    package var nextReset: Timestamp?
    package var columns: [String]

    package init(entries: [Entry], offset: Int, total: Int, season: String?, nextReset: Timestamp?, columns: [String]) {
        self.entries = entries
        self.offset = offset
        self.total = total
        self.season = season
        self.nextReset = nextReset
        self.columns = columns
    }
}

/// A leaderboard as its tenant sees it.
package struct LeaderboardDescription: Sendable, Hashable {
    package var key: LeaderboardKey
    package var definition: LeaderboardDefinition
    package var createdAt: Timestamp
    package var updatedAt: Timestamp
    /// Members with an all-time entry.
    package var entryCount: Int

    package init(
        key: LeaderboardKey, definition: LeaderboardDefinition, createdAt: Timestamp, updatedAt: Timestamp,
        entryCount: Int
    ) {
        self.key = key
        self.definition = definition
        self.createdAt = createdAt
        self.updatedAt = updatedAt
        self.entryCount = entryCount
    }
}
