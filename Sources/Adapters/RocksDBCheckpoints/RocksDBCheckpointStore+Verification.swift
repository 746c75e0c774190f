package import CheckpointStores
import Leaderboards

extension RocksDBCheckpointStore {
    /// What a walk through the whole store found.
    package struct Verification: Sendable {
        /// A piece or a stretch of the store that isn't as it was written.
        package struct Problem: Hashable, Sendable {
            /// Nil if it is not known which piece is concerned.
            package let piece: CheckpointKey?
            package let description: String
        }

        /// More are counted, not kept.
        package static let problemsMax = 1000

        /// Pieces found good.
        package fileprivate(set) var pieceCount = 0
        /// The bytes of the good ones, without envelopes.
        package fileprivate(set) var byteCount: UInt64 = 0
        package fileprivate(set) var problems: [Problem] = []
        package fileprivate(set) var problemCount = 0

        fileprivate mutating func add(_ piece: CheckpointKey?, _ description: String) {
            problemCount += 1
            if problems.count < Self.problemsMax { problems.append(Problem(piece: piece, description: description)) }
        }
    }

    /// Reads every piece and reports all that isn't as it was written: damaged, lost, or not listed.
    ///
    /// May run beside readers and commits; what is committed meanwhile may be checked or not. Throws only if the store
    /// is closed or can't be opened.
    package func verify() throws(CheckpointStoreError) -> Verification {
        var found = Verification()
        var next: ShardID? = ShardID(0)
        while let start = next, let shard = try firstShard(from: start, &found) {
            try verify(shard, &found)
            next = shard.next
        }
        return found
    }

    private func firstShard(
        from start: ShardID, _ found: inout Verification
    ) throws(CheckpointStoreError) -> ShardID? {
        try reading { database in
            do throws(CheckpointStoreError) {
                guard let key = try database.keys(.listing, from: KeyLayout.prefix(start)).key() else { return nil }
                if KeyLayout(decoding: key) == nil { found.add(nil, "a key of no known layout: \(key)") }
                return key.count >= 3 ? ShardID(UInt16(bigEndianBytes: key[1..<3])) : nil
            } catch {
                found.add(nil, "what follows shard \(start): \(error)")
                return start
            }
        }
    }

    /// First the pieces as they lie, then what is listed and wasn't among them.
    private func verify(_ shard: ShardID, _ found: inout Verification) throws(CheckpointStoreError) {
        let problemCount = found.problemCount
        var seen: Set<CheckpointKey> = []
        var obstacle: CheckpointStoreError?
        var next: [UInt8]? = KeyLayout.prefix(shard, .piece)
        while let start = next {
            next = try reading { database in
                do throws(CheckpointStoreError) {
                    return try verifyPieces(from: start, in: database, &seen, &found)
                } catch {
                    obstacle = error
                    return nil
                }
            }
        }
        for piece in try listedPieces(shard, &found) where !seen.contains(piece) {
            try reading { database in verifyAlone(piece, in: database, &found) }
        }
        if let obstacle, found.problemCount == problemCount { found.add(nil, "shard \(shard): \(obstacle)") }
    }

    /// Checks the next few pieces of a shard: few, since a commit can't finish meanwhile. Answers where to go on, nil at
    /// the end of the shard.
    private func verifyPieces(
        from start: [UInt8], in database: Database, _ seen: inout Set<CheckpointKey>, _ found: inout Verification
    ) throws(CheckpointStoreError) -> [UInt8]? {
        let keys = database.keys(.pieces, from: start)
        for _ in 0..<64 {
            guard let key = try keys.key(), key.starts(with: start.prefix(4)) else { return nil }
            if let piece = CheckpointKey(decodingPieceKey: key) {
                seen.insert(piece)
                unsafe keys.withValue { unsafe verify($0, of: piece, in: database, &found) }
            } else {
                found.add(nil, "a key of no known layout: \(key)")
            }
            keys.next()
        }
        return try keys.key()
    }

    private func listedPieces(
        _ shard: ShardID, _ found: inout Verification
    ) throws(CheckpointStoreError) -> [CheckpointKey] {
        try reading { database in
            var pieces: [CheckpointKey] = []
            do throws(CheckpointStoreError) {
                let keys = database.keys(.listing, from: KeyLayout.prefix(shard, .listing))
                while let key = try keys.key(), let piece = PieceListingKey(decoding: key)?.piece, piece.shard == shard
                {
                    pieces.append(piece)
                    keys.next()
                }
            } catch {
                found.add(nil, "the listing of shard \(shard): \(error)")
            }
            return pieces
        }
    }

    private func verifyAlone(_ piece: CheckpointKey, in database: Database, _ found: inout Verification) {
        do throws(CheckpointStoreError) {
            if let value = try database.value(piece.encodedPieceKey, .pieces) {
                unsafe value.withBytes { unsafe verify($0, of: piece, in: database, &found) }
            } else if try database.value(PieceListingKey(piece).encoded, .listing) != nil {
                found.add(piece, "is listed but missing")
            }
        } catch {
            found.add(piece, "\(error)")
        }
    }

    private func verify(
        _ stored: UnsafeRawBufferPointer, of piece: CheckpointKey, in database: Database, _ found: inout Verification
    ) {
        do throws(CheckpointStoreError) {
            let bytes = try unsafe Envelope.open(stored, key: piece.encodedPieceKey)
            guard let listing = try database.listing(of: piece) else { return found.add(piece, "is not listed") }
            let actual = unsafe PieceListing(
                byteCount: UInt32(bytes.count), checksum: Envelope.checksum(in: stored))
            guard listing == actual else { return found.add(piece, "is not the piece that is listed") }
            found.pieceCount += 1
            found.byteCount += UInt64(bytes.count)
        } catch {
            found.add(piece, "\(error)")
        }
    }
}

extension Database {
    /// What the listing notes of a piece.
    func listing(of piece: CheckpointKey) throws(CheckpointStoreError) -> PieceListing? {
        let key = PieceListingKey(piece).encoded
        guard let value = try value(key, .listing) else { return nil }
        return try unsafe value.withBytes { stored throws(CheckpointStoreError) in
            try unsafe PieceListing(stored, key: key)
        }
    }
}

extension PieceListing {
    init(_ stored: UnsafeRawBufferPointer, key: [UInt8]) throws(CheckpointStoreError) {
        let bytes = try unsafe Envelope.open(stored, key: key)
        guard let listing = unsafe PieceListing(decoding: [UInt8](bytes)) else {
            throw .corrupted("a listing of \(bytes.count) bytes")
        }
        self = listing
    }
}

extension ShardID {
    fileprivate var next: ShardID? { number == .max ? nil : ShardID(number + 1) }
}
