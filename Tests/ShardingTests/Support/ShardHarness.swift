import Leaderboards
import RankTrees
import Sharding

/// A shard with all that surrounds it in a node, in one thread: a clock, a log of records and a store of checkpoints.
final class ShardHarness {
    /// Small nodes, so that a few dozen entries split and merge them.
    static let limits = RankForest.Limits(leaf: 4, twig: 3, inner: 4)
    static let id = ShardID(3)

    let settings: ShardSettings
    private(set) var shard: Shard
    var now: Timestamp
    /// The payloads of all records so far; a record's number is its place plus one.
    private(set) var payloads: [[UInt8]] = []
    let store = PieceStore()
    private var record: RecordBuilder?
    /// Kept apart: asking an optional that can't be copied, `record?.time`, may answer from one that is gone.
    private var timeInTheMaking: Timestamp?
    private(set) var generation: UInt64 = 0

    init(settings: ShardSettings = ShardSettings(), at now: Timestamp) {
        self.settings = settings
        self.now = now
        shard = Shard(id: Self.id, settings: settings, limits: Self.limits)
    }

    // MARK: Commands

    /// Evaluates a command into the record in the making.
    func command<Value>(_ body: (Shard, inout RecordBuilder) throws(Refusal) -> Value) -> Result<Value, Refusal> {
        shard.recordInTheMaking = UInt64(payloads.count) + 1
        var builder = record.take() ?? shard.makeRecord(at: now)
        let result: Result<Value, Refusal>
        do { result = .success(try body(shard, &builder)) } catch { result = .failure(error) }
        timeInTheMaking = builder.isEmpty ? nil : builder.time
        if !builder.isEmpty { record = consume builder }
        return result
    }

    /// Ends the record in the making, as an append does.
    func commit() {
        guard let builder = record.take() else { return }
        timeInTheMaking = nil
        payloads.append(builder.payload)
    }

    /// The time of the record in the making.
    var recordTime: Timestamp { timeInTheMaking ?? max(now, shard.time) }

    func submit(_ batch: SubmissionBatch, project: String = "p", upload: String? = nil) throws -> [SubmissionOutcome] {
        try load(shard.missing(for: batch, at: batch.submissions.indices, project: project))
        return try command { shard, record in
            shard.submit(batch, at: batch.submissions.indices, project: project, upload: upload, into: &record)
        }.get()
    }

    func create(_ key: LeaderboardKey, _ definition: LeaderboardDefinition, seed: UInt64 = 7) -> Result<
        LeaderboardDescription, Refusal
    > {
        command { shard, record throws(Refusal) in try shard.create(key, definition, seed: seed, into: &record) }
    }

    func closeDueSeasons() throws {
        try load(shard.missingForClosing(at: now))
        _ = command { shard, record in shard.closeDueSeasons(into: &record) }
    }

    // MARK: Replay

    /// A shard that starts empty and applies every record.
    func replayed(_ payloads: [[UInt8]]? = nil) throws -> Shard {
        let fresh = Shard(id: Self.id, settings: settings, limits: Self.limits)
        for payload in payloads ?? self.payloads { try Self.apply(payload, to: fresh) }
        return fresh
    }

    static func apply(_ payload: [UInt8], to shard: Shard, from store: PieceStore? = nil) throws {
        let problem = payload.withUnsafeBytes { bytes -> ReplayError? in
            do throws(ReplayError) {
                if let loader = store?.loader {
                    try shard.apply(
                        payload: bytes, loading: { stored throws(LoadError) in try loader.load(stored) },
                        listing: { stored throws(LoadError) in try loader.pieces(of: stored) })
                } else {
                    try shard.apply(payload: bytes)
                }
                return nil
            } catch {
                return error
            }
        }
        if let problem { throw problem }
    }

    // MARK: Checkpoints

    func beginCheckpoint() {
        commit()
        generation += 1
        shard.beginCheckpoint(
            generation: generation, position: LogPosition(UInt64(payloads.count)), number: UInt64(payloads.count),
            hash: .zero, epoch: 1)
    }

    /// Stores some chunks. False if there are none left.
    func storeSlice(byteCount: Int = 1) -> Bool {
        let pieces = shard.takePieces(byteCount: byteCount)
        for (piece, bytes) in pieces { store.write(bytes, to: piece) }
        return !pieces.isEmpty
    }

    /// Stores the rest and the manifests. `removing` says whether pieces out of use go, as they should.
    func finishCheckpoint() {
        while storeSlice(byteCount: 1 << 20) {}
        let (manifest, leaderboards, removals) = shard.finishCheckpoint()
        for (piece, bytes) in leaderboards { store.write(bytes, to: piece) }
        store.write(manifest)
        for old in store.generations.dropLast(2) { store.removeManifest(old) }
        for piece in removals { store.remove(piece) }
        shard.completeCheckpoint()
    }

    func abandonCheckpoint() {
        shard.abandonCheckpoint()
        generation -= 1
    }

    func checkpoint() {
        beginCheckpoint()
        finishCheckpoint()
    }

    /// The shard as a node finds it after a restart: a checkpoint and the log's tail.
    func recovered(from generation: UInt64) throws -> Shard {
        guard let manifest = try store.manifest(generation) else { throw Lost() }
        let shard = try Shard(id: Self.id, manifest, settings: settings, limits: Self.limits)
        for payload in payloads[Int(manifest.number)...] { try Self.apply(payload, to: shard, from: store) }
        return shard
    }

    struct Lost: Error {}

    /// Replaces the shard by one that was recovered.
    func restart() throws {
        commit()
        shard = generation == 0 ? try replayed() : try recovered(from: generation)
        // What a checkpoint that never came to its end has left, as a node removes it.
        let first = try store.manifest(generation)?.nextSerial ?? 0
        for piece in store.pieces where piece.serial >= first { store.remove(piece) }
    }

    func load(_ pieces: [MissingPiece]) throws { try Self.load(pieces, into: shard, from: store) }

    static func load(_ pieces: [MissingPiece], into shard: Shard, from store: PieceStore) throws {
        for piece in pieces {
            switch piece {
            case .leaderboard(let stored): shard.install(try store.loader.load(stored))
            case .season(let number, let window, let season):
                if let sealed = shard.season(season, of: window, leaderboard: number) {
                    try store.loader.read(sealed)
                    while try !sealed.check(slotsMax: 100) {}
                    shard.install(sealed)
                }
            }
        }
    }

    /// The fingerprint of everything, with everything in memory.
    func stateHash(of shard: Shard? = nil) throws -> ChainHash {
        let shard = shard ?? self.shard
        try Self.load(shard.missingAltogether, into: shard, from: store)
        return shard.stateHash()
    }
}
