package import Leaderboards
import RankTrees

// A checkpoint in steps, so that no command waits for more than one of them:
//
//   beginCheckpoint     fixes what it contains; costs time in proportion to the chunks, not to the entries. The last
//                       record that it reflects may still be on its way into the log: then `setCheckpointPosition`
//                       tells where it came to lie, before `finishCheckpoint`
//   takePieces          writes a few changed chunks down; to be called again until it answers none
//   finishCheckpoint    the manifests, to be stored last and together, with the removal of what is out of use
//   completeCheckpoint  once those are durable; or abandonCheckpoint at any time
//
// Commands go on in between: whoever is about to change a chunk that was not taken yet writes it down first.

/// A checkpoint in the making.
struct ShardSnapshot {
    var manifest: ShardManifest
    let parts: [Part]
    /// What the checkpoint before last needed alone: removed with this one.
    let removals: [StoredPiece]
    /// How many of the pending retirements this checkpoint takes over.
    let pendingRetirementCount: Int
    var nextPart = 0

    struct Part {
        let leaderboard: Leaderboard
        let manifest: LeaderboardManifest
        let pieces: StoredPieces
        /// The boards in the order of the manifest: all-time, then the seasons in memory.
        let boards: [Board]
    }
}

extension Shard {
    package var isCheckpointing: Bool { snapshot != nil }

    /// Fixes the content of a checkpoint of everything applied so far. `tail` says which record was the last.
    package func beginCheckpoint(
        generation: UInt64, position: LogPosition, number: UInt64, hash: ChainHash, epoch: UInt64
    ) {
        precondition(snapshot == nil, "one checkpoint at a time")
        var parts: [ShardSnapshot.Part] = []
        var entries: [StoredLeaderboard] = []
        var retired = pendingRetirements
        let pendingCount = retired.count
        for number in sortedNumbers {
            switch leaderboards[number]! {
            case .stored(let stored): entries.append(stored)
            case .resident(let leaderboard):
                if let pieces = leaderboard.stored, leaderboard.isClean {
                    entries.append(leaderboard.entry(manifest: pieces.manifest))
                    continue
                }
                let old = leaderboard.stored
                let part = leaderboard.beginSnapshot(nextSerial: &nextSerial)
                entries.append(leaderboard.entry(manifest: part.pieces.manifest))
                if let old {
                    let kept = Set(part.pieces.all)
                    retired += old.all.filter { !kept.contains($0) }
                }
                parts.append(part)
            }
        }
        var tables = ByteWriter(capacity: 1024)
        requests.write(to: &tables)
        uploads.write(to: &tables)
        usage.write(to: &tables)
        let manifest = ShardManifest(
            generation: generation, position: position, number: number, hash: hash, epoch: epoch, time: time,
            nextNumber: nextNumber, nextSerial: nextSerial, leaderboards: entries, retired: retired,
            tables: tables.bytes)
        snapshot = ShardSnapshot(
            manifest: manifest, parts: parts, removals: retiredByLast, pendingRetirementCount: pendingCount)
        isDirty = false
    }

    /// Where the last record that the checkpoint reflects lies.
    package func setCheckpointPosition(_ position: LogPosition) { snapshot?.manifest.position = position }

    /// Chunks to be stored, about `byteCount` of them; none when all were taken.
    package func takePieces(byteCount: Int) -> [(piece: StoredPiece, bytes: [UInt8])] {
        var pieces: [(piece: StoredPiece, bytes: [UInt8])] = []
        var bytes = 0
        while bytes < byteCount, let part = snapshot?.parts[safe: snapshot!.nextPart] {
            let before = pieces.count
            part.leaderboard.collect(into: &pieces, part.boards)
            if pieces.count == before, !part.takeChunk() { snapshot!.nextPart += 1 }
            for index in before..<pieces.count { bytes += pieces[index].bytes.count }
        }
        return pieces
    }

    /// The manifests, to be stored all together after every chunk, and what can be removed with them.
    package func finishCheckpoint() -> (
        shard: ShardManifest, leaderboards: [(piece: StoredPiece, bytes: [UInt8])], removals: [StoredPiece]
    ) {
        guard let snapshot else { preconditionFailure("no checkpoint is in the making") }
        let manifests = snapshot.parts.map { part in
            (StoredPiece(kind: .leaderboardManifest, serial: part.pieces.manifest), part.manifest.encoded())
        }
        return (snapshot.manifest, manifests, snapshot.removals)
    }

    /// The checkpoint is durable.
    package func completeCheckpoint() {
        guard let snapshot else { return }
        for part in snapshot.parts {
            part.endSnapshot()
            part.leaderboard.stored = part.pieces
            part.leaderboard.noteStored(part.manifest)
            // Deleted in the meantime: nothing will ever refer to the pieces but the checkpoint just finished.
            if numbers[part.leaderboard.key] != part.leaderboard.number { pendingRetirements += part.pieces.all }
        }
        retiredByLast = snapshot.manifest.retired
        pendingRetirements.removeFirst(snapshot.pendingRetirementCount)
        self.snapshot = nil
    }

    /// The checkpoint failed: what changed since the last one counts as changed again.
    package func abandonCheckpoint() {
        guard let snapshot else { return }
        for part in snapshot.parts {
            part.abandonSnapshot()
            part.leaderboard.isClean = false
            // Some of them may be stored already, and nothing will ever refer to them.
            let kept = Set(part.leaderboard.stored?.all ?? [])
            pendingRetirements += part.pieces.all.filter { !kept.contains($0) }
        }
        self.snapshot = nil
        isDirty = true
    }
}

extension Leaderboard {
    func entry(manifest: UInt64) -> StoredLeaderboard {
        StoredLeaderboard(
            number: number, key: key, manifest: manifest, nextClosing: nextClosing, deadline: deadline,
            size: members.size)
    }

    fileprivate func beginSnapshot(nextSerial: inout UInt64) -> ShardSnapshot.Part {
        let manifestSerial = nextSerial
        nextSerial += 1
        members.beginSnapshot(stored: stored?.memberChunks ?? [], nextSerial: &nextSerial)
        allTime.beginSnapshot(nextSerial: &nextSerial)
        var boards = [allTime]
        var storedSeasons: [LeaderboardManifest.StoredSeason] = []
        for slot in seasons {
            var storedBoard = LeaderboardManifest.StoredBoard(
                entryCount: slot.entryCount, content: slot.content, chunks: slot.chunks ?? [])
            if let board = slot.board, !(slot.isClosed && slot.chunks != nil) {
                board.beginSnapshot(nextSerial: &nextSerial)
                boards.append(board)
                storedBoard = board.stored
            }
            storedSeasons.append(
                LeaderboardManifest.StoredSeason(
                    window: slot.window, season: slot.season, closesAt: slot.closesAt, isClosed: slot.isClosed,
                    board: storedBoard))
        }
        let manifest = LeaderboardManifest(
            number: number, key: key, seed: seed, createdAt: createdAt, updatedAt: updatedAt, definition: definition,
            values: (0..<definition.dimensions.count).map { members.valueNames(dimension: $0) },
            memberSlots: members.table.slotCapacity, memberChunks: members.snapshot!.contents, allTime: allTime.stored,
            seasons: storedSeasons, deadline: deadline)
        isClean = true
        return ShardSnapshot.Part(
            leaderboard: self, manifest: manifest,
            pieces: StoredPieces(
                manifest: manifestSerial, memberChunks: manifest.memberChunks, entryChunks: manifest.entryChunks),
            boards: boards)
    }

    /// Hands over what was written down so far.
    fileprivate func collect(into pieces: inout [(piece: StoredPiece, bytes: [UInt8])], _ boards: [Board]) {
        if let snapshot = members.snapshot, !snapshot.written.isEmpty {
            for chunk in snapshot.written {
                pieces.append((StoredPiece(kind: .memberChunk, serial: chunk.serial), chunk.bytes))
            }
            members.snapshot!.written.removeAll(keepingCapacity: true)
        }
        for board in boards {
            guard let snapshot = board.snapshot, !snapshot.written.isEmpty else { continue }
            for chunk in snapshot.written {
                pieces.append((StoredPiece(kind: .entryChunk, serial: chunk.serial), chunk.bytes))
            }
            board.snapshot!.written.removeAll(keepingCapacity: true)
        }
    }

    /// Sealed seasons that are now on disk need not be stored again.
    fileprivate func noteStored(_ manifest: LeaderboardManifest) {
        for season in manifest.seasons where season.isClosed {
            guard let index = index(ofSeason: season.season.id, window: season.window) else { continue }
            setChunks(season.board.chunks, at: index)
        }
    }
}

extension ShardSnapshot.Part {
    fileprivate func takeChunk() -> Bool {
        if leaderboard.members.takeChunk() { return true }
        return boards.contains { $0.takeChunk() }
    }

    fileprivate func endSnapshot() {
        leaderboard.members.table.endSnapshot()
        leaderboard.members.snapshot = nil
        for board in boards {
            board.ranking.forest.endSnapshot()
            board.snapshot = nil
        }
    }

    fileprivate func abandonSnapshot() {
        leaderboard.members.table.abandonSnapshot()
        leaderboard.members.snapshot = nil
        for board in boards {
            board.ranking.forest.abandonSnapshot()
            board.snapshot = nil
        }
    }
}

extension Board {
    fileprivate var stored: LeaderboardManifest.StoredBoard {
        LeaderboardManifest.StoredBoard(entryCount: count, content: content, chunks: snapshot?.contents ?? [])
    }
}

extension Array {
    fileprivate subscript(safe index: Int) -> Element? { indices.contains(index) ? self[index] : nil }
}
