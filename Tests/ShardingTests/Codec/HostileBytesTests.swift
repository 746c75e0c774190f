import Leaderboards
import Sharding
import TestSupport
import Testing

/// Bytes that nobody wrote: an error, never a trap, and never a state that was not there.
@Suite("Hostile bytes")
struct HostileBytesTests {
    private func mutated(_ bytes: [UInt8], _ random: inout SplitMix64) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<(1 + random.below(3)) {
            switch random.below(6) {
            case 0 where bytes.count > 1: bytes.remove(at: random.below(bytes.count))
            case 1: bytes.insert(UInt8(truncatingIfNeeded: random.next()), at: random.below(bytes.count + 1))
            case 2 where !bytes.isEmpty: bytes[random.below(bytes.count)] = random.pick([0, 1, 0x7F, 0x80, 0xFF])
            case 3 where bytes.count > 8:
                let start = random.below(bytes.count - 8)
                for index in start..<start + 8 { bytes[index] = 0xFF }
            case 4 where bytes.count > 8: bytes[bytes.count / 2 + random.below(4)] = 0x7F
            default: if !bytes.isEmpty { bytes[random.below(bytes.count)] ^= 1 << UInt8(random.below(8)) }
            }
        }
        return bytes
    }

    @Test("a record cut anywhere is refused")
    func truncatedRecords() throws {
        let payloads = try StoredExamples.harness().payloads
        for (number, payload) in payloads.enumerated() {
            for count in 0..<payload.count {
                let shard = try StoredExamples.harness().replayed(Array(payloads[..<number]))
                // What ends between two operations is a shorter record, which the record's checksum would notice.
                do { try ShardHarness.apply(Array(payload[..<count]), to: shard) } catch is ReplayError {}
            }
            let shard = try StoredExamples.harness().replayed(Array(payloads[..<number]))
            #expect(throws: ReplayError.self) { try ShardHarness.apply(Array(payload.dropLast()), to: shard) }
        }
    }

    @Test("changed records never trap", arguments: 0..<7)
    func changedRecords(number: Int) throws {
        let harness = try StoredExamples.harness()
        var random = SplitMix64(seed: UInt64(number))
        for _ in 0..<250 {
            let shard = try harness.replayed(Array(harness.payloads[..<number]))
            let payload = mutated(harness.payloads[number], &random)
            do {
                try ShardHarness.apply(payload, to: shard)
                for later in harness.payloads[(number + 1)...] { try ShardHarness.apply(later, to: shard) }
                _ = shard.stateHash()
            } catch is ReplayError {}
        }
    }

    @Test("any flipped bit of a recorded outcome is noticed")
    func outcomes() throws {
        var random = SplitMix64(seed: 5)
        for _ in 0..<12 {
            let definition = RandomDefinitions.definition(&random)
            let harness = Examples.harness(definition)
            for _ in 0..<12 {
                _ = try harness.submit(
                    SubmissionBatch([RandomDefinitions.entrant("a", definition, now: harness.now, &random)]))
            }
            harness.commit()
            // A submission without extras, into seasons that are open: the outcome begins where its values end.
            var plain = RandomDefinitions.entrant("a", definition, now: harness.now, &random)
            plain = Entrant(
                user: "m1", score: definition.columns.map { $0.type == .integer ? .integer(5) : .decimal(5) })
            _ = try harness.submit(SubmissionBatch([plain]))
            harness.commit()
            let records = harness.payloads.count
            guard try harness.submit(SubmissionBatch([plain]))[0].rank != nil else { continue }
            harness.commit()
            // Nothing changes the second time for some operators: that is logged all the same.
            guard harness.payloads.count == records + 1 else { continue }
            let payload = harness.payloads[records]
            let start = 9 + 1 + 1 + 1 + 8 + 1 + 3 + 1 + 8 * definition.columns.count
            for index in start..<payload.count {
                for bit in 0..<8 {
                    var flipped = payload
                    flipped[index] ^= 1 << bit
                    let shard = try harness.replayed(Array(harness.payloads[..<records]))
                    #expect(throws: ReplayError.self, "bit \(bit) of byte \(index)") {
                        try ShardHarness.apply(flipped, to: shard)
                    }
                }
            }
        }
    }

    @Test("changed and shortened pieces are refused or harmless, and never trap")
    func pieces() throws {
        let harness = try StoredExamples.harness()
        for number in 0..<40 {
            try harness.submit(
                SubmissionBatch([
                    Entrant(
                        user: "m\(number)", score: [.decimal(Double(number % 5)), .integer(0)], metadata: "{}",
                        attributes: [("country", number % 2 == 0 ? "NO" : "SE")])
                ])
            ).forEach { _ in }
        }
        harness.checkpoint()
        let hash = try harness.stateHash()
        let stored = try #require(try harness.store.manifest(1)).leaderboards[0]
        var random = SplitMix64(seed: 77)
        for piece in harness.store.pieces.sorted(by: { $0.serial < $1.serial }) {
            let bytes = harness.store.bytes(of: piece)!
            for round in 0..<bytes.count {
                let changed = Array(bytes[..<round])
                harness.store.write(changed, to: piece)
                _ = try? harness.store.loader.verify(stored)
            }
            for _ in 0..<200 {
                harness.store.write(mutated(bytes, &random), to: piece)
                _ = try? harness.store.loader.verify(stored)
            }
            harness.store.write(bytes, to: piece)
        }
        #expect(try harness.stateHash(of: harness.recovered(from: 1)) == hash)
    }

    @Test("a member that is in a board twice is found out")
    func duplicates() throws {
        let harness = Examples.harness()
        for user in ["ann", "bob", "cid"] { try harness.enter(user, 1) }
        harness.checkpoint()
        let stored = try #require(try harness.store.manifest(1)).leaderboards[0]
        let chunk = try #require(harness.store.pieces.first { $0.kind == .entryChunk })
        var bytes = harness.store.bytes(of: chunk)!
        // Three members of four bytes stand before the four bytes that count metadata.
        for index in 0..<4 { bytes[bytes.count - 4 - 8 + index] = bytes[bytes.count - 4 - 12 + index] }
        harness.store.write(bytes, to: chunk)
        #expect(throws: LoadError.malformed(chunk, .invalid("two entries of a member"))) {
            try harness.store.loader.load(stored)
        }
    }

    @Test("an entry of nobody is found out", arguments: [1, 3])
    func strangers(member: UInt8) throws {
        let harness = Examples.harness()
        for user in ["ann", "bob", "cid"] { try harness.enter(user, 1) }
        // Leaves a hole in the names, which the chunk will name; 3 is behind the last name.
        #expect(harness.removeEntry(of: "bob") == nil)
        harness.checkpoint()
        let stored = try #require(try harness.store.manifest(1)).leaderboards[0]
        let chunk = try #require(harness.store.pieces.first { $0.kind == .entryChunk })
        var bytes = harness.store.bytes(of: chunk)!
        bytes[bytes.count - 4 - 4] = member
        harness.store.write(bytes, to: chunk)
        let error = #expect(throws: LoadError.self) { try harness.store.loader.load(stored) }
        #expect(String(describing: error).contains("entry of no member"))
    }

    @Test("a shard's manifest is refused if any bit changed, and never traps even if its seal is right")
    func shardManifests() throws {
        let harness = try StoredExamples.harness()
        harness.checkpoint()
        let bytes = try #require(try harness.store.manifest(1)).encoded()
        for index in bytes.indices {
            var flipped = bytes
            flipped[index] ^= 0x10
            #expect(throws: ByteReader.Problem.self) { try flipped.withUnsafeBytes { try ShardManifest($0) } }
            #expect(throws: ByteReader.Problem.self) {
                try Array(bytes[..<index]).withUnsafeBytes { try ShardManifest($0) }
            }
        }
        var random = SplitMix64(seed: 9)
        for _ in 0..<3000 {
            var body = mutated(Array(bytes.dropLast(ChainHash.byteCount)), &random)
            let seal = body.withUnsafeBytes { ChainHash.zero.extended(by: $0) }
            for word in [seal.low, seal.high] {
                for shift in 0..<8 { body.append(UInt8(truncatingIfNeeded: word >> (8 * UInt64(shift)))) }
            }
            do {
                let manifest = try body.withUnsafeBytes { try ShardManifest($0) }
                _ = try Shard(id: ShardHarness.id, manifest)
            } catch is ByteReader.Problem {} catch is ReplayError {}
        }
    }

    @Test("numbers are refused that don't fit what they count")
    func numbers() {
        func read(_ bytes: [UInt8]) -> Result<UInt64, ByteReader.Problem> {
            bytes.withUnsafeBytes { bytes in
                Result { () throws(ByteReader.Problem) in
                    var reader = ByteReader(bytes)
                    return try reader.readVarint()
                }
            }
        }
        #expect(read(Array(repeating: 0xFF, count: 9) + [0x01]) == .success(.max))
        #expect(read(Array(repeating: 0xFF, count: 9) + [0x02]) == .failure(.invalid("varint")))
        #expect(read(Array(repeating: 0x80, count: 20)) == .failure(.invalid("varint")))
        #expect(read([0x80]) == .failure(.ended))
        #expect(read([]) == .failure(.ended))
        var random = SplitMix64(seed: 4)
        for _ in 0..<500 {
            let value = random.next() >> UInt64(random.below(64))
            var writer = ByteWriter(capacity: 16)
            writer.writeVarint(value)
            #expect(read(writer.bytes) == .success(value))
        }
    }
}
