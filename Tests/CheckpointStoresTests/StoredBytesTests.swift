import CheckpointStores
import Leaderboards
import RocksDBCheckpoints
import Testing

/// What is on disk stays readable for ever: these bytes must not change.
struct StoredBytesTests {
    private let shard = ShardID(0x0102)
    private let serial: UInt64 = 0x1122_3344_5566_7788

    @Test func `Keys have the bytes they always had`() {
        func hex(_ bytes: [UInt8]) -> String {
            bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        }
        #expect(
            hex(ShardManifestKey(shard: shard, serial: serial).encoded) == "010102" + "01" + "01" + "1122334455667788")
        #expect(
            hex(LeaderboardManifestKey(shard: shard, serial: 1).encoded) == "010102" + "01" + "02" + "0000000000000001")
        #expect(hex(EntryChunkKey(shard: shard, serial: serial).encoded) == "010102" + "01" + "03" + "1122334455667788")
        #expect(
            hex(MemberChunkKey(shard: ShardID(0), serial: .max).encoded) == "010000" + "01" + "04" + "ffffffffffffffff")
        let listed = CheckpointKey(kind: .entryChunk, shard: shard, serial: serial)
        #expect(hex(PieceListingKey(listed).encoded) == "010102" + "00" + "03" + "1122334455667788")
        #expect(hex(PieceListing(byteCount: 32_768, checksum: 0xA1B2_C3D4).encoded) == "00008000a1b2c3d4")
        #expect(hex(StoreVersionKey.encoded) == "0000")
    }

    @Test func `An envelope has the bytes it always had`() {
        let header = Envelope.header(
            key: EntryChunkKey(shard: shard, serial: serial).encoded, bytes: Array("laurel".utf8))
        #expect(header == [1, 0, 0, 0] + goldenChecksum)
    }

    /// CRC32C of the 13 key bytes, 01 00 00 00 and "laurel", computed with another implementation.
    private let goldenChecksum: [UInt8] = [0x4A, 0x79, 0xDB, 0xD3]

    @Test(arguments: [ShardID(0), ShardID(255), ShardID(256), ShardID(.max)], [0, 255, 256, 1 << 40, UInt64.max])
    func `Keys decode to what was encoded, and only as their own kind`(_ shard: ShardID, _ serial: UInt64) {
        func check<Key: PieceKey>(_ type: Key.Type) {
            let key = Key(shard: shard, serial: serial)
            #expect(Key(decoding: key.encoded) == key)
            #expect(Key(decoding: key.encoded + [0]) == nil)
            #expect(Key(decoding: Array(key.encoded.dropLast())) == nil)
            #expect((ShardManifestKey(decoding: key.encoded) == nil) == (Key.kind != .shardManifest))
            #expect((MemberChunkKey(decoding: key.encoded) == nil) == (Key.kind != .memberChunk))
            let listing = PieceListingKey(CheckpointKey(kind: Key.kind, shard: shard, serial: serial))
            #expect(PieceListingKey(decoding: listing.encoded) == listing)
            #expect(PieceListingKey(decoding: key.encoded) == nil)
            #expect(Key(decoding: listing.encoded) == nil)
        }
        check(ShardManifestKey.self)
        check(LeaderboardManifestKey.self)
        check(EntryChunkKey.self)
        check(MemberChunkKey.self)
    }

    @Test func `The order of the bytes is the order of shard and serial`() {
        let keys = [(0, 9), (1, 0), (1, 255), (1, 256), (255, 1), (256, 0), (256, UInt64.max)]
            .map { EntryChunkKey(shard: ShardID($0.0), serial: $0.1).encoded }
        #expect(zip(keys, keys.dropFirst()).allSatisfy { $0.lexicographicallyPrecedes($1) })
    }

    @Test func `Any flipped bit of an envelope, its value or its key is noticed`() throws {
        let key = EntryChunkKey(shard: shard, serial: serial).encoded
        let value = CheckpointStoreConformance.bytes(seed: 7, count: 40)
        let stored = Envelope.header(key: key, bytes: value) + value
        func open(_ stored: [UInt8], _ key: [UInt8]) throws -> [UInt8] {
            try stored.withUnsafeBytes { [UInt8](try Envelope.open($0, key: key)) }
        }
        #expect(try open(stored, key) == value)
        for bit in 0..<(stored.count * 8) {
            var flipped = stored
            flipped[bit / 8] ^= 1 << (bit % 8)
            guard case .corrupted = try refusal({ _ = try open(flipped, key) }) else {
                Issue.record("bit \(bit) flipped unnoticed")
                continue
            }
        }
        for bit in 0..<(key.count * 8) {
            var other = key
            other[bit / 8] ^= 1 << (bit % 8)
            #expect(try refusal { _ = try open(stored, other) } != nil)
        }
        for count in 0..<stored.count {
            #expect(try refusal { _ = try open(Array(stored.prefix(count)), key) } != nil)
        }
    }

    @Test func `An envelope of a newer Laurel is told from a damaged one`() throws {
        let key = EntryChunkKey(shard: shard, serial: serial).encoded
        let stored = Envelope.header(key: key, bytes: [1, 2], version: 2) + [1, 2]
        let error = try refusal { _ = try stored.withUnsafeBytes { try Envelope.open($0, key: key).count } }
        #expect(error == .unknownVersion(2))
    }
}
