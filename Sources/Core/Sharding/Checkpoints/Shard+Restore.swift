package import Leaderboards
package import RankTrees

extension Shard {
    /// A shard as a checkpoint stored it, with every leaderboard on disk still.
    package convenience init(
        id: ShardID, _ manifest: ShardManifest, settings: ShardSettings = ShardSettings(),
        limits: RankForest.Limits = .full
    ) throws(ReplayError) {
        self.init(id: id, settings: settings, limits: limits)
        time = manifest.time
        nextNumber = manifest.nextNumber
        nextSerial = manifest.nextSerial
        retiredByLast = manifest.retired
        for stored in manifest.leaderboards {
            leaderboards[stored.number] = .stored(stored)
            numbers[stored.key] = stored.number
            deadlines[stored.number] = stored.deadline
            let account = usage.account(of: stored.key.project)
            account.holdings.leaderboards += 1
            account.count(stored.size, insteadOf: LeaderboardSize())
        }
        storedCount = manifest.leaderboards.count
        let problem = manifest.tables.withUnsafeBytes { bytes -> ByteReader.Problem? in
            var reader = ByteReader(bytes)
            do throws(ByteReader.Problem) {
                try requests.read(from: &reader)
                try uploads.read(from: &reader)
                if manifest.hasUsage { try usage.read(from: &reader) } else { usage.countedSince = manifest.number }
                return nil
            } catch {
                return error
            }
        }
        if let problem { throw .malformed(problem) }
    }

    /// Pieces with this serial and above may be left over from a checkpoint that was never finished.
    package var firstUnusedSerial: UInt64 { nextSerial }

    /// Puts a loaded leaderboard into its place, unless it is there already.
    package func install(_ loaded: LoadedLeaderboard) {
        let number = loaded.leaderboard.number
        guard case .stored(let stored)? = leaderboards[number], stored.manifest == loaded.manifest else { return }
        loaded.leaderboard.lastUse = time
        loaded.leaderboard.account = usage.account(of: stored.key.project)
        loaded.leaderboard.countedSize = stored.size
        loaded.leaderboard.settle()
        leaderboards[number] = .resident(loaded.leaderboard)
        storedCount -= 1
    }

    /// Whether a piece is still on disk alone: it may have come, or been deleted, while it was being read.
    package func isMissing(_ piece: MissingPiece) -> Bool {
        switch piece {
        case .leaderboard(let stored):
            guard case .stored(stored)? = leaderboards[stored.number] else { return false }
            return true
        case .season(let number, let window, let id): return season(id, of: window, leaderboard: number) != nil
        }
    }

    /// A sealed season that is to be loaded; nil if it is in memory already.
    package func season(_ season: String, of window: String, leaderboard number: UInt32) -> SealedSeason? {
        guard case .resident(let leaderboard)? = leaderboards[number],
            let index = leaderboard.index(ofSeason: season, window: window), leaderboard.seasons[index].board == nil
        else { return nil }
        return SealedSeason(leaderboard: leaderboard, slot: leaderboard.seasons[index])
    }

    /// Puts a sealed season's board, read and checked, into its place, unless its leaderboard is gone.
    package func install(_ season: SealedSeason) {
        guard case .resident(let leaderboard)? = leaderboards[season.leaderboard.number],
            leaderboard === season.leaderboard,
            let index = leaderboard.index(ofSeason: season.slot.season.id, window: season.slot.window)
        else { return }
        leaderboard.setBoard(season.restoration.board, at: index)
    }

    /// Drops leaderboards and sealed seasons that were not used for longest and are stored as they are, until about
    /// `byteCount` bytes are free. Answers how many were freed.
    package func evict(byteCount: Int) -> Int {
        guard snapshot == nil else { return 0 }
        var freed = 0
        let candidates = leaderboards.values.compactMap { residency -> Leaderboard? in
            if case .resident(let leaderboard) = residency, leaderboard.isClean, leaderboard.stored != nil {
                return leaderboard
            }
            return nil
        }.sorted { ($0.lastUse, $0.number) < ($1.lastUse, $1.number) }
        for leaderboard in candidates where freed < byteCount {
            freed += leaderboard.memoryBytes
            leaderboards[leaderboard.number] = .stored(leaderboard.entry(manifest: leaderboard.stored!.manifest))
            storedCount += 1
        }
        lastTarget = nil
        return freed
    }

    /// Drops the boards of sealed seasons that are on disk.
    package func evictSealedSeasons() {
        guard snapshot == nil else { return }
        for case .resident(let leaderboard) in leaderboards.values {
            for (index, slot) in leaderboard.seasons.enumerated() where slot.isClosed && slot.chunks != nil {
                leaderboard.setBoard(nil, at: index)
            }
        }
    }
}

/// A sealed season's board on its way back from disk: made by the shard, read by a loader on any thread, then checked in
/// slices where the shard is, since that needs its members.
///
/// Sendable because reading touches only what nobody else has yet.
package struct SealedSeason: @unchecked Sendable {
    let leaderboard: Leaderboard
    let slot: Leaderboard.SeasonSlot
    let restoration: BoardRestoration

    init(leaderboard: Leaderboard, slot: Leaderboard.SeasonSlot) {
        self.leaderboard = leaderboard
        self.slot = slot
        let board = Board(
            window: slot.window, season: slot.season, closesAt: slot.closesAt, rules: leaderboard.rules,
            members: leaderboard.members)
        restoration = BoardRestoration(
            board,
            LeaderboardManifest.StoredBoard(
                entryCount: slot.entryCount, content: slot.content, chunks: slot.chunks ?? []),
            members: leaderboard.members.table.slotCapacity)
    }

    /// Checks about `slotsMax` entries more. True when all are.
    package func check(slotsMax: Int = .max) throws(LoadError) -> Bool {
        try restoration.check(slotsMax: slotsMax, leaderboard.members)
    }
}
