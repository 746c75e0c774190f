package import Leaderboards
package import RankTrees

/// The deterministic heart of Laurel: the leaderboards of one hash bucket, changed by records and by nothing else.
///
/// A command is *resolved* (time, definition version, seasons, types) into operations, each operation is applied and
/// written down with its outcome, and the operations of a batch become one record. Replaying the record applies the same
/// operations with the same code and compares the outcomes. The shard knows no clock, no randomness and no disk: times
/// come with the record in the making, and what is not in memory is named by `missing…` and brought in by the caller.
///
/// Invariant: two shards that applied the same records have the same `stateHash`.
package final class Shard {
    package let id: ShardID
    package let settings: ShardSettings
    let limits: RankForest.Limits

    /// By number; see `sortedNumbers` for an order.
    var leaderboards: [UInt32: Residency] = [:]
    var numbers: [LeaderboardKey: UInt32] = [:]
    var nextNumber: UInt32 = 1
    var requests: RequestTable
    var uploads: UploadTable
    /// The time of the last record.
    package internal(set) var time = Timestamp(milliseconds: .min)
    /// The number of the record in the making: what changes now is durable with it.
    /// 0 while records are replayed, which are durable already.
    package var recordInTheMaking: UInt64 = 0
    /// Numbers for stored pieces, handed out upwards.
    var nextSerial: UInt64 = 1
    /// Changed since the last checkpoint.
    package internal(set) var isDirty = false
    var deletions = DeletionMemory()
    var deadlines = Deadlines()
    var usage = UsageTable()
    /// What a project may have that does something here for the first time. Whoever owns the shard sets it.
    package var budgets: (@Sendable (_ project: String) -> Budget?)?
    /// How many leaderboards are on disk only.
    var storedCount = 0
    var snapshot: ShardSnapshot?
    /// Pieces that only the checkpoint before the last needs: they go with the next one.
    var retiredByLast: [StoredPiece] = []
    /// Pieces out of use since the last checkpoint, of leaderboards that were deleted.
    var pendingRetirements: [StoredPiece] = []
    /// The leaderboard that the last submission went to: the next one often goes there too.
    var lastTarget: (id: [UInt8], project: String, leaderboard: Leaderboard)?

    package init(id: ShardID, settings: ShardSettings = ShardSettings(), limits: RankForest.Limits = .full) {
        self.id = id
        self.settings = settings
        self.limits = limits
        requests = RequestTable(horizon: settings.requestHorizon, countMax: settings.requestCountMax)
        uploads = UploadTable(horizon: settings.requestHorizon)
    }

    /// Where a leaderboard is.
    enum Residency {
        case resident(Leaderboard)
        /// On disk, unchanged since.
        case stored(StoredLeaderboard)

        var key: LeaderboardKey {
            switch self {
            case .resident(let leaderboard): leaderboard.key
            case .stored(let stored): stored.key
            }
        }
    }

    var sortedNumbers: [UInt32] { leaderboards.keys.sorted() }

    package var leaderboardCount: Int { leaderboards.count }
    package var memoryBytes: Int {
        leaderboards.values.reduce(deadlines.memoryBytes + usage.memoryBytes) { sum, residency in
            if case .resident(let leaderboard) = residency { return sum + leaderboard.memoryBytes }
            return sum + 200
        }
    }

    /// Begins a record. Times never run backwards, whatever the clock does.
    package func makeRecord(at now: Timestamp) -> RecordBuilder {
        RecordBuilder(time: max(now, time), room: settings.records)
    }

    // MARK: Finding a leaderboard

    /// Precondition: it was loaded, if there is one.
    func resident(_ key: LeaderboardKey, at now: Timestamp) throws(Refusal) -> Leaderboard {
        guard let number = numbers[key] else { throw .unknownLeaderboard }
        let leaderboard = residentLeaderboard(number)
        if leaderboard.isExpired(at: now) { throw .unknownLeaderboard }
        return leaderboard
    }

    /// Precondition: it was loaded.
    func residentLeaderboard(_ number: UInt32) -> Leaderboard {
        guard case .resident(let leaderboard)? = leaderboards[number] else {
            preconditionFailure("the caller loads what `missing` names before it commands or asks")
        }
        return leaderboard
    }

    /// To be called behind every change of a leaderboard.
    func changed(_ leaderboard: Leaderboard) {
        leaderboard.lastChange = recordInTheMaking
        leaderboard.changeCount += 1
        leaderboard.lastUse = time
        leaderboard.isClean = false
        isDirty = true
        leaderboard.settle()
    }

    /// The record that must be durable before what `key` shows now can't be lost any more.
    package func lastChange(of key: LeaderboardKey) -> UInt64 {
        guard let number = numbers[key], case .resident(let leaderboard)? = leaderboards[number] else { return 0 }
        return leaderboard.lastChange
    }
}

/// A leaderboard that is not in memory.
package struct StoredLeaderboard: Hashable, Sendable {
    package let number: UInt32
    package let key: LeaderboardKey
    /// The serial of its manifest.
    package let manifest: UInt64
    package let nextClosing: Timestamp?
    package let deadline: Timestamp?
    package internal(set) var size: LeaderboardSize
}

extension Shard {
    package func contains(_ key: LeaderboardKey) -> Bool { numbers[key] != nil }

    /// The leaderboards of a project, by id.
    package func keys(of project: String, at now: Timestamp) -> [LeaderboardKey] {
        let expired = Set(deadlines.due(at: max(now, time)))
        return numbers.filter { $0.key.project == project && !expired.contains($0.value) }.map(\.key).sorted()
    }
}
