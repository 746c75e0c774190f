import Leaderboards
import RankTrees

/// A leaderboard in memory: its definition, its members and its boards.
///
/// Changes only by `apply` functions, which the shard calls for the operations of records.
/// Invariant: a member has an entry in a season's board only if it has one in the all-time board, or was removed from it
/// after the season was sealed.
final class Leaderboard {
    let number: UInt32
    let key: LeaderboardKey
    let seed: UInt64
    let createdAt: Timestamp
    private(set) var updatedAt: Timestamp
    private(set) var definition: LeaderboardDefinition
    /// Came into being with its first entry, over the Redis protocol.
    let isPlainSet: Bool
    let rules: BoardRules
    let members: Members
    let allTime: Board
    /// The open and sealed seasons of all windows, in the order in which they were opened.
    private(set) var seasons: [SeasonSlot] = []
    /// When a plain set ceases to be there.
    var deadline: Timestamp?
    /// The account of the leaderboard's project, which the shard keeps; nil until the leaderboard is part of a shard. Unsafe
    /// because a count for each access would cost as much as the access.
    unowned(unsafe) var account: UsageAccount?
    /// What the account counts for it.
    var countedSize = LeaderboardSize()
    /// The record that last changed anything here: a reader waits until it is durable.
    var lastChange: UInt64 = 0
    /// How often anything here was changed since it came into memory.
    var changeCount: UInt64 = 0
    /// Pages of the all-time board as a front end wrote them.
    var keptPages = KeptPages()
    /// When a command last came by: the longest unused leave memory first.
    var lastUse: Timestamp
    /// What the last checkpoint stored, or nil if there was none yet.
    var stored: StoredPieces?
    /// Nothing changed since the last checkpoint.
    var isClean = false

    init(
        number: UInt32, key: LeaderboardKey, seed: UInt64, definition: LeaderboardDefinition, createdAt: Timestamp,
        updatedAt: Timestamp, limits: RankForest.Limits
    ) {
        self.number = number
        self.key = key
        self.seed = seed
        self.definition = definition
        self.createdAt = createdAt
        self.updatedAt = updatedAt
        lastUse = createdAt
        isPlainSet = definition.isPlainSet
        rules = BoardRules(definition, limits: limits)
        members = Members(seed: seed, dimensionCount: definition.dimensions.count)
        members.size.storedBytes = StoredBytes.ofLeaderboard(key)
        allTime = Board(window: nil, season: .allTime, closesAt: .never, rules: rules, members: members)
    }

    /// A season's board, which leaves memory once it is sealed and stored.
    struct SeasonSlot {
        let window: String
        let season: Season
        let closesAt: Timestamp
        var isClosed = false
        var entryCount = 0
        var content = ContentHash.zero
        /// Nil if it must be loaded first.
        var board: Board?
        /// The serials of its chunks in order, once stored.
        var chunks: [UInt64]?
    }

    var memoryBytes: Int {
        4096 + keptPages.byteCount + members.memoryBytes + allTime.memoryBytes
            + seasons.reduce(0) { $0 + 256 + ($1.board?.memoryBytes ?? 0) }
    }

    var description: LeaderboardDescription {
        LeaderboardDescription(
            key: key, definition: definition, createdAt: createdAt, updatedAt: updatedAt, entryCount: allTime.count)
    }

    func isExpired(at now: Timestamp) -> Bool { deadline.map { $0 <= now } ?? false }

    func restore(_ seasons: [SeasonSlot]) { self.seasons = seasons }

    func redefine(_ definition: LeaderboardDefinition, at time: Timestamp) {
        self.definition = definition
        updatedAt = time
    }

    // MARK: Seasons

    func index(ofSeason id: String, window: String) -> Int? {
        seasons.firstIndex { $0.season.id == id && $0.window == window }
    }

    /// The season of a window that holds `instant`, if it was opened.
    func index(ofSeasonAt instant: Timestamp, window: String) -> Int? {
        // Latest first: that is where scores go.
        seasons.lastIndex { $0.window == window && $0.season.contains(instant) }
    }

    func openSeason(_ operation: OpenSeasonOperation) {
        let season = Season(id: operation.season, start: operation.start, end: operation.end.orNil)
        let board = Board(
            window: operation.window, season: season, closesAt: operation.closesAt, rules: rules, members: members)
        seasons.append(
            SeasonSlot(window: operation.window, season: season, closesAt: operation.closesAt, board: board))
    }

    func closeSeason(at index: Int) {
        seasons[index].isClosed = true
        seasons[index].entryCount = seasons[index].board?.count ?? 0
        seasons[index].content = seasons[index].board?.content ?? .zero
    }

    func setBoard(_ board: Board?, at index: Int) { seasons[index].board = board }
    func setChunks(_ chunks: [UInt64], at index: Int) { seasons[index].chunks = chunks }

    /// When the next season may close.
    var nextClosing: Timestamp? {
        seasons.lazy.filter { !$0.isClosed }.map(\.closesAt).min().flatMap { $0 == .never ? nil : $0 }
    }

    func openSeasonCount(of window: String) -> Int {
        seasons.count { $0.window == window && !$0.isClosed }
    }
}

extension Timestamp {
    static let never = Timestamp(milliseconds: .max)
    var orNil: Timestamp? { self == .never ? nil : self }
}
