internal import Leaderboards

// A checkpoint that comes from another store has serials of that store, which may be those of other pieces in this one. So all
// serials are raised by the same amount, beyond whatever is in use: chunks do not know their own, and the manifests that name
// them are written anew.
extension ShardManifest {
    /// The manifest of the same checkpoint, under serials that are higher by `offset`.
    ///
    /// - Parameter retired: pieces that are out of use with this checkpoint, and are to be removed with the next
    package func renumbered(
        generation: UInt64, by offset: UInt64, retiring retired: [StoredPiece]
    ) throws(ByteReader.Problem) -> ShardManifest {
        // Such a manifest could be written by its own version alone.
        guard hasUsage else { throw .invalid("a checkpoint of an older version is not handed over") }
        var leaderboards: [StoredLeaderboard] = []
        for stored in self.leaderboards {
            leaderboards.append(
                StoredLeaderboard(
                    number: stored.number, key: stored.key,
                    manifest: try raise(stored.manifest, below: nextSerial, by: offset),
                    nextClosing: stored.nextClosing, deadline: stored.deadline, size: stored.size))
        }
        return ShardManifest(
            generation: generation, position: position, number: number, hash: hash, epoch: epoch, time: time,
            nextNumber: nextNumber, nextSerial: try raise(nextSerial, below: .max, by: offset),
            leaderboards: leaderboards, retired: retired, tables: tables)
    }
}

extension StoredPiece {
    /// The piece under a serial that is higher by `offset`.
    package func renumbered(by offset: UInt64) throws(ByteReader.Problem) -> StoredPiece {
        StoredPiece(kind: kind, serial: try raise(serial, below: .max, by: offset))
    }
}

/// A leaderboard's manifest, for those who hand it on.
package struct PieceList: Sendable {
    private var manifest: LeaderboardManifest

    package init(_ bytes: UnsafeRawBufferPointer) throws(ByteReader.Problem) {
        manifest = try LeaderboardManifest(bytes)
    }

    /// The pieces that it names.
    package var pieces: [StoredPiece] {
        manifest.memberChunks.map { StoredPiece(kind: .memberChunk, serial: $0) }
            + manifest.entryChunks.map { StoredPiece(kind: .entryChunk, serial: $0) }
    }

    /// The manifest with serials that are higher by `offset`.
    package func renumbered(by offset: UInt64) throws(ByteReader.Problem) -> [UInt8] {
        var renumbered = manifest
        renumbered.memberChunks = try raise(manifest.memberChunks, by: offset)
        renumbered.allTime.chunks = try raise(manifest.allTime.chunks, by: offset)
        for index in renumbered.seasons.indices {
            renumbered.seasons[index].board.chunks = try raise(manifest.seasons[index].board.chunks, by: offset)
        }
        return renumbered.encoded()
    }
}

private func raise(_ serials: [UInt64], by offset: UInt64) throws(ByteReader.Problem) -> [UInt64] {
    var raised: [UInt64] = []
    raised.reserveCapacity(serials.count)
    for serial in serials { raised.append(try raise(serial, below: .max, by: offset)) }
    return raised
}

private func raise(_ serial: UInt64, below bound: UInt64, by offset: UInt64) throws(ByteReader.Problem) -> UInt64 {
    let (raised, overflows) = serial.addingReportingOverflow(offset)
    guard serial < bound, !overflows, raised < 1 << 62 else { throw .invalid("serial \(serial)") }
    return raised
}
