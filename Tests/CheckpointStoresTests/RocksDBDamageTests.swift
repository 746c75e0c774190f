import CheckpointStores
import Leaderboards
import RocksDBCheckpoints
import TestSupport
import Testing

struct RocksDBDamageTests {
    private let serials = UInt64(1)...6

    private func filled(_ checks: RocksDBCheckpointStore.Checks = .all) throws -> RocksDBPlace {
        var place = try RocksDBPlace()
        let store = try place.openRocksDB()
        try store.commit(.chunks(serials, byteCount: 9000))
        store.close()
        place.checks = checks
        return place
    }

    private enum Reading: Hashable { case right, wrong, missing, corrupted }

    private func read(_ store: some CheckpointStore, _ serial: UInt64) throws -> Reading {
        do {
            guard let bytes = try store.piece(.chunk(serial)) else { return .missing }
            return bytes == CheckpointStoreConformance.bytes(seed: serial, count: 9000) ? .right : .wrong
        } catch CheckpointStoreError.corrupted {
            return .corrupted
        }
    }

    @Test(arguments: [UInt64(1), 2, 3])
    func `A bit flipped anywhere in a file is reported or without effect`(_ seed: UInt64) throws {
        var generator = SplitMix64(seed: seed)
        let place = try filled()
        let files = try Files.list(place.path, suffix: ".sst").map { ($0, try Files.read($0)) }
        let (path, bytes) = try #require(files.max { $0.1.count < $1.1.count })
        var outcomes: [Reading: Int] = [:]
        // The last bytes hold index, filter, properties and footer: they get half of the flips.
        for round in 0..<40 {
            let offset = Int.random(in: (round % 2 == 0 ? 0 : bytes.count - 1200)..<bytes.count, using: &generator)
            try Files.flipByte(at: offset, of: path)
            do {
                let store = try place.openRocksDB()
                for serial in serials {
                    let reading = try read(store, serial)
                    #expect(reading == .right || reading == .corrupted, "seed \(seed), byte \(offset), piece \(serial)")
                    outcomes[reading, default: 0] += 1
                }
                store.close()
            } catch CheckpointStoreError.corrupted {
                outcomes[.corrupted, default: 0] += 1
            }
            try Files.flipByte(at: offset, of: path)
        }
        #expect(outcomes[.corrupted, default: 0] > 0)
    }

    @Test func `Each of the two checks finds a flipped bit without the other`() throws {
        for checks: RocksDBCheckpointStore.Checks in [.blocks, .envelopes] {
            let place = try filled(checks)
            try place.flip(.chunk(3), at: 4321)
            let store = try place.openRocksDB()
            #expect(try read(store, 3) == .corrupted)
            #expect(try read(store, 5) == .right)
            store.close()
        }
    }

    /// The canary: if this fails, the flips of the tests above prove nothing.
    @Test func `Without either check a flipped bit is read as if it were right`() throws {
        let place = try filled([])
        try place.flip(.chunk(3), at: 4321)
        let store = try place.openRocksDB()
        #expect(try read(store, 3) == .wrong)
        store.close()
    }

    @Test func `Verification names every piece that is damaged, and only those`() throws {
        let place = try filled()
        try place.flip(.chunk(2), at: 4321)
        try place.flip(.chunk(5), at: 8000)
        let store = try place.openRocksDB()
        defer { store.close() }
        try store.commit(.chunks([7, 8], byteCount: 100, shard: 900))
        let found = try store.verify()
        #expect(found.problems.map(\.piece) == [.chunk(2), .chunk(5)])
        #expect(found.problemCount == 2)
        #expect(found.pieceCount == 6)
        #expect(found.byteCount == 4 * 9000 + 2 * 100)
    }

    @Test func `A damaged file makes commits fail at worst, and never wait`() throws {
        let place = try filled()
        try place.flip(.chunk(3), at: 4321)
        let store = try place.openRocksDB()
        defer { store.close() }
        // More than compaction waits for, so it meets the damage.
        for serial in UInt64(10)..<22 {
            switch try refusal({ try store.commit(.chunks([serial], byteCount: 9000)) }) {
            case nil: #expect(try read(store, serial) == .right)
            // Compaction may have failed when the batch was on disk already.
            case .corrupted: #expect([.missing, .right].contains(try read(store, serial)))
            case let error: Issue.record("commit \(serial): \(String(describing: error))")
            }
            #expect(try read(store, 1) == .right)
            #expect(try read(store, 3) == .corrupted)
        }
    }

    @Test func `A file cut short is reported when the store is opened or read`() throws {
        let place = try filled()
        for file in try Files.list(place.path, suffix: ".sst") {
            try Files.write(try Files.read(file).dropLast(100), to: file)
        }
        let error = try refusal { _ = try read(try place.openRocksDB(), 1) }
        guard case .corrupted = error else {
            Issue.record("a file cut short gave \(String(describing: error))")
            return
        }
    }
}
