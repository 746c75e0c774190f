internal import Leaderboards
package import RankTrees

/// Builds what a checkpoint stored of a leaderboard, apart from any shard, so that a large one can be loaded on a thread
/// of its own while the shard goes on.
package struct LeaderboardLoader: Sendable {
    /// Hands a piece's bytes to the closure; throws `.missing` or `.unreadable` if it can't.
    package typealias Reader =
        @Sendable (StoredPiece, (UnsafeRawBufferPointer) throws(LoadError) -> Void) throws(LoadError) -> Void

    private let limits: RankForest.Limits
    private let read: Reader

    package init(limits: RankForest.Limits = .full, reading read: @escaping Reader) {
        self.limits = limits
        self.read = read
    }

    /// The leaderboard with its all-time board and open seasons. Every board's content hash is computed anew and compared.
    package func load(_ stored: StoredLeaderboard) throws(LoadError) -> LoadedLeaderboard {
        let manifest = try manifest(of: stored)
        let leaderboard = Leaderboard(
            number: manifest.number, key: manifest.key, seed: manifest.seed, definition: manifest.definition,
            createdAt: manifest.createdAt, updatedAt: manifest.updatedAt, limits: limits)
        try restoreMembers(of: leaderboard, manifest)
        try restore(manifest.allTime, to: leaderboard.allTime)
        var seasons: [Leaderboard.SeasonSlot] = []
        for season in manifest.seasons {
            var slot = Leaderboard.SeasonSlot(
                window: season.window, season: season.season, closesAt: season.closesAt, isClosed: season.isClosed)
            if season.isClosed {
                slot.entryCount = season.board.entryCount
                slot.content = season.board.content
                slot.chunks = season.board.chunks
            } else {
                slot.board = try board(season, of: leaderboard)
            }
            seasons.append(slot)
        }
        leaderboard.restore(seasons)
        leaderboard.stored = StoredPieces(
            manifest: stored.manifest, memberChunks: manifest.memberChunks, entryChunks: manifest.entryChunks)
        leaderboard.isClean = true
        return LoadedLeaderboard(leaderboard: leaderboard, manifest: stored.manifest)
    }

    /// The chunks of every board and the names, read and checked, without keeping them.
    package func verify(_ stored: StoredLeaderboard) throws(LoadError) -> Int {
        let loaded = try load(stored)
        var entries = loaded.leaderboard.allTime.count
        for slot in loaded.leaderboard.seasons {
            if slot.isClosed {
                let board = try board(ofSealed: slot, of: loaded.leaderboard)
                entries += board.count
            } else {
                entries += slot.board?.count ?? 0
            }
        }
        return entries
    }

    func board(ofSealed slot: Leaderboard.SeasonSlot, of leaderboard: Leaderboard) throws(LoadError) -> Board {
        try board(
            LeaderboardManifest.StoredSeason(
                window: slot.window, season: slot.season, closesAt: slot.closesAt, isClosed: true,
                board: LeaderboardManifest.StoredBoard(
                    entryCount: slot.entryCount, content: slot.content, chunks: slot.chunks ?? [])),
            of: leaderboard)
    }

    private func manifest(of stored: StoredLeaderboard) throws(LoadError) -> LeaderboardManifest {
        var result: LeaderboardManifest?
        let piece = StoredPiece(kind: .leaderboardManifest, serial: stored.manifest)
        try read(piece) { bytes throws(LoadError) in
            do throws(ByteReader.Problem) { result = try LeaderboardManifest(bytes) } catch {
                throw .malformed(piece, error)
            }
        }
        guard let result, result.number == stored.number, result.key == stored.key else {
            throw .malformed(piece, .invalid("manifest of another leaderboard"))
        }
        return result
    }

    private func restoreMembers(of leaderboard: Leaderboard, _ manifest: LeaderboardManifest) throws(LoadError) {
        for (dimension, names) in manifest.values.enumerated() {
            leaderboard.members.restoreValueNames(names, dimension: dimension)
        }
        for (chunk, serial) in manifest.memberChunks.enumerated() {
            let piece = StoredPiece(kind: .memberChunk, serial: serial)
            try read(piece) { bytes throws(LoadError) in
                do throws(ByteReader.Problem) {
                    try MemberChunk.restore(bytes, chunk: chunk, to: leaderboard.members)
                } catch {
                    throw .malformed(piece, error)
                }
            }
        }
        leaderboard.members.table.finishRestore(slotCapacity: manifest.memberSlots)
    }

    private func board(
        _ season: LeaderboardManifest.StoredSeason, of leaderboard: Leaderboard
    ) throws(LoadError) -> Board {
        let board = Board(
            window: season.window, season: season.season, closesAt: season.closesAt, rules: leaderboard.rules,
            members: leaderboard.members)
        try restore(season.board, to: board)
        return board
    }

    private func restore(_ stored: LeaderboardManifest.StoredBoard, to board: Board) throws(LoadError) {
        for serial in stored.chunks {
            let piece = StoredPiece(kind: .entryChunk, serial: serial)
            try read(piece) { bytes throws(LoadError) in
                do throws(ByteReader.Problem) { try board.restore(bytes, serial: serial) } catch {
                    throw .malformed(piece, error)
                }
            }
        }
        board.finishRestore()
        guard board.count == stored.entryCount, board.content == stored.content else {
            throw .contentDiffers("\(board.window ?? "all-time") \(board.season.id)")
        }
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
