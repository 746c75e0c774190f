internal import Leaderboards
package import RankTrees

/// Builds what a checkpoint stored of a leaderboard, apart from any shard, so that a large one can be loaded on threads of
/// its own while the shard goes on.
package struct LeaderboardLoader: Sendable {
    /// Hands a piece's bytes to the closure; throws `.missing` or `.unreadable` if it can't.
    package typealias Reader =
        @Sendable (StoredPiece, (UnsafeRawBufferPointer) throws(LoadError) -> Void) throws(LoadError) -> Void
    /// Starts work on another thread, behind what was given to it before; the answer waits for its end.
    package typealias Helper = @Sendable (_ work: @escaping @Sendable () -> Void) -> () -> Void

    private let limits: RankForest.Limits
    private let read: Reader
    private let beside: Helper

    package init(
        limits: RankForest.Limits = .full, reading read: @escaping Reader,
        beside: @escaping Helper = { work in
            work()
            return {}
        }
    ) {
        self.limits = limits
        self.read = read
        self.beside = beside
    }

    /// The leaderboard with its all-time board and open seasons. Every board's content hash is computed anew and compared.
    ///
    /// Names and entries are half of the work each, and need nothing of each other but the names' hashes, for the check.
    package func load(_ stored: StoredLeaderboard) throws(LoadError) -> LoadedLeaderboard {
        let manifest = try manifest(of: stored)
        let leaderboard = Leaderboard(
            number: manifest.number, key: manifest.key, seed: manifest.seed, definition: manifest.definition,
            createdAt: manifest.createdAt, updatedAt: manifest.updatedAt, limits: limits)
        for (dimension, names) in manifest.values.enumerated() {
            leaderboard.members.restoreValueNames(names, dimension: dimension)
        }
        let seasons = manifest.seasons.map { ($0, $0.isClosed ? nil : leaderboard.board(of: $0)) }
        let restorations =
            [BoardRestoration(leaderboard.allTime, manifest.allTime, members: manifest.memberSlots)]
            + seasons.compactMap { season, board in
                board.map { BoardRestoration($0, season.board, members: manifest.memberSlots) }
            }
        let names = MembersRestoration(leaderboard.members, manifest)
        let awaitNames = beside { [read] in names.read(read) }
        let awaitIndex = beside { names.makeIndex() }
        // Waited for whatever happens: the members must not be in two hands.
        defer { awaitIndex() }
        let entriesProblem = Result { () throws(LoadError) in
            for restoration in restorations { try restoration.read(read) }
        }
        awaitNames()
        try names.problem.get()
        try entriesProblem.get()
        for restoration in restorations { _ = try restoration.check(names.hashes) }
        leaderboard.restore(
            seasons.map { season, board in
                var slot = Leaderboard.SeasonSlot(
                    window: season.window, season: season.season, closesAt: season.closesAt, isClosed: season.isClosed)
                slot.board = board
                guard season.isClosed else { return slot }
                slot.entryCount = season.board.entryCount
                slot.content = season.board.content
                slot.chunks = season.board.chunks
                return slot
            })
        leaderboard.deadline = manifest.deadline
        try restoreSize(of: leaderboard, stored.size)
        leaderboard.stored = manifest.pieces(serial: stored.manifest)
        leaderboard.isClean = true
        return LoadedLeaderboard(leaderboard: leaderboard, manifest: stored.manifest)
    }

    /// What a leaderboard holds, which is measured anew only if it was never counted: that would take as long as the rest.
    private func restoreSize(of leaderboard: Leaderboard, _ stored: LeaderboardSize) throws(LoadError) {
        leaderboard.members.size = stored.isExact ? stored : leaderboard.measureSize()
        let rows = leaderboard.seasons.reduce(leaderboard.allTime.count) { $0 + ($1.board?.count ?? $1.entryCount) }
        guard leaderboard.members.size.entries == rows else { throw .contentDiffers("count of entries") }
    }

    /// The size of a stored leaderboard that was never counted, from the list of its pieces alone.
    package func estimatedSize(of stored: StoredLeaderboard) throws(LoadError) -> LeaderboardSize {
        try manifest(of: stored).estimatedSize
    }

    /// The pieces that a stored leaderboard consists of, without reading more of them than the list.
    package func pieces(of stored: StoredLeaderboard) throws(LoadError) -> StoredPieces {
        try manifest(of: stored).pieces(serial: stored.manifest)
    }

    /// The chunks of every board and the names, read and checked, without keeping them.
    package func verify(_ stored: StoredLeaderboard) throws(LoadError) -> Int { try examine(stored).entries }

    /// The same, with what replicas compare.
    package func examine(_ stored: StoredLeaderboard) throws(LoadError) -> (entries: Int, fingerprint: ChainHash) {
        let loaded = try load(stored)
        var entries = loaded.leaderboard.allTime.count
        for slot in loaded.leaderboard.seasons {
            if slot.isClosed {
                let season = SealedSeason(leaderboard: loaded.leaderboard, slot: slot)
                try read(season)
                _ = try season.check()
                entries += season.restoration.board.count
            } else {
                entries += slot.board?.count ?? 0
            }
        }
        return (entries, loaded.leaderboard.fingerprint)
    }

    /// Reads the board of a sealed season, which is to be checked afterwards. Blocks for as long as that takes.
    package func read(_ season: SealedSeason) throws(LoadError) { try season.restoration.read(read) }

    private func manifest(of stored: StoredLeaderboard) throws(LoadError) -> LeaderboardManifest {
        var result: LeaderboardManifest?
        let piece = StoredPiece(kind: .leaderboardManifest, serial: stored.manifest)
        try read(piece) { bytes throws(LoadError) in
            do throws(ByteReader.Problem) { result = try LeaderboardManifest(bytes) } catch {
                throw .malformed(piece, error)
            }
        }
        guard let result, result.number == stored.number, result.key == stored.key,
            result.deadline == stored.deadline
        else {
            throw .malformed(piece, .invalid("manifest of another leaderboard"))
        }
        return result
    }
}

extension LeaderboardManifest {
    fileprivate func pieces(serial: UInt64) -> StoredPieces {
        StoredPieces(manifest: serial, memberChunks: memberChunks, entryChunks: entryChunks)
    }
}

extension Leaderboard {
    /// An empty board for a season of this leaderboard that a checkpoint has.
    fileprivate func board(of season: LeaderboardManifest.StoredSeason) -> Board {
        Board(
            window: season.window, season: season.season, closesAt: season.closesAt, rules: rules, members: members)
    }
}

/// The members of a leaderboard on their way back from a checkpoint.
///
/// Sendable because its steps come one after the other, and `hashes` are only read while the second goes on.
private final class MembersRestoration: @unchecked Sendable {
    private let members: Members
    private let manifest: LeaderboardManifest
    private(set) var hashes: RestoredHashes
    private(set) var problem: Result<Void, LoadError> = .success(())

    init(_ members: Members, _ manifest: LeaderboardManifest) {
        self.members = members
        self.manifest = manifest
        hashes = RestoredHashes(slotCapacity: manifest.memberSlots)
    }

    func read(_ read: LeaderboardLoader.Reader) {
        problem = Result { () throws(LoadError) in
            for (chunk, serial) in manifest.memberChunks.enumerated() {
                let piece = StoredPiece(kind: .memberChunk, serial: serial)
                try read(piece) { bytes throws(LoadError) in
                    do throws(ByteReader.Problem) {
                        try MemberChunk.restore(bytes, chunk: chunk, to: members, hashes: &hashes)
                    } catch {
                        throw .malformed(piece, error)
                    }
                }
            }
        }
    }

    func makeIndex() {
        if case .success = problem { members.table.finishRestore(hashes: hashes) }
    }
}

/// A leaderboard built by a loader, on its way to its shard.
///
/// Sendable because nobody but the receiver holds the leaderboard.
package struct LoadedLeaderboard: @unchecked Sendable {
    let leaderboard: Leaderboard
    let manifest: UInt64
}

/// Why a checkpoint can't be used.
package enum LoadError: Error, Hashable, Sendable {
    case missing(StoredPiece)
    case unreadable(StoredPiece, String)
    case malformed(StoredPiece, ByteReader.Problem)
    /// The entries are not those that the checkpoint was taken of.
    case contentDiffers(String)
}
