import Leaderboards
import Sharding
import Testing

/// Stored bytes are for ever: what was written once must be written, and read, in the same way by every later version.
@Suite("Stored bytes")
struct GoldenBytesTests {
    @Test("every operation is written as it always was")
    func operations() throws {
        let payloads = try StoredExamples.harness().payloads
        #expect(payloads.count == Self.payloads.count)
        for (payload, golden) in zip(payloads, Self.payloads) { #expect(StoredExamples.hex(payload) == golden) }
    }

    @Test("records of older versions still replay, to the same state")
    func replay() throws {
        let harness = try StoredExamples.harness()
        let shard = try harness.replayed(Self.payloads.map(Self.bytes))
        #expect(shard.stateHash() == harness.shard.stateHash())
    }

    @Test("every kind of checkpoint piece is written as it always was")
    func pieces() throws {
        let harness = try StoredExamples.harness()
        harness.checkpoint()
        let stored = harness.store.pieces.sorted { ($0.serial, $0.kind.rawValue) < ($1.serial, $1.kind.rawValue) }
        #expect(stored.count == Self.pieces.count)
        for (piece, golden) in zip(stored, Self.pieces) {
            #expect("\(piece.kind) \(piece.serial) \(StoredExamples.hex(harness.store.bytes(of: piece)!))" == golden)
        }
        let manifest = StoredExamples.hex(try #require(try harness.store.manifest(1)).encoded())
        #expect(manifest == Self.manifest)
    }

    @Test("pieces of this version and older ones still load, to the same state", arguments: 0..<3)
    func load(age: Int) throws {
        let (pieces, manifest) = [
            (Self.pieces, Self.manifest), (Self.pieces, Self.manifestOfVersion2),
            (Self.piecesOfVersion1, Self.manifestOfVersion1),
        ][age]
        let harness = try StoredExamples.harness()
        let store = harness.store
        for piece in pieces {
            let parts = piece.split(separator: " ").map(String.init)
            let kind = try #require(
                [StoredPiece.Kind.leaderboardManifest, .entryChunk, .memberChunk].first { "\($0)" == parts[0] })
            store.write(Self.bytes(parts[2]), to: StoredPiece(kind: kind, serial: UInt64(parts[1])!))
        }
        let decoded = try Self.bytes(manifest).withUnsafeBytes { try ShardManifest($0) }
        let shard = try Shard(id: ShardHarness.id, decoded, limits: ShardHarness.limits)
        // What is on disk is counted from the lists of its pieces, and again when it is in memory.
        for stored in shard.unsized { shard.setSize(try store.loader.estimatedSize(of: stored), of: stored) }
        #expect(shard.usage(of: "p").holdings.entries == harness.shard.usage(of: "p").holdings.entries)
        #expect(shard.usageCountedSince == (age == 0 ? 0 : 7))
        _ = try harness.stateHash(of: shard)
        #expect(shard.stateHash(withUsage: false) == harness.shard.stateHash(withUsage: false))
        let counters = shard.usage(of: "p").counters
        #expect(counters == (age == 0 ? harness.shard.usage(of: "p").counters : UsageCounters()))
        #expect(shard.unsized.isEmpty)
    }

    private static func bytes(_ hex: String) -> [UInt8] {
        let digits = Array(hex.utf8).map { UInt8(Character(UnicodeScalar($0)).hexDigitValue!) }
        return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    }
}
