import Leaderboards
import Sharding
import TestSupport
import Testing

@Suite("Records as bytes")
struct RecordCodecTests {
    private func record(payload: [UInt8] = [1, 2, 3]) -> LogRecord {
        LogRecord(
            kind: .data, shard: ShardID(0x0102), epoch: 3, node: 4, incarnation: 5, number: 6,
            previousHash: ChainHash(low: 7, high: 8), payload: payload)
    }

    private func decode(_ bytes: [UInt8]) throws(LogRecord.DecodingError) -> LogRecord {
        let outcome = bytes.withUnsafeBytes { raw in
            Result { () throws(LogRecord.DecodingError) in try LogRecord.decode(raw).record }
        }
        return try outcome.get()
    }

    @Test("every length of payload comes back, with the hash it was written with")
    func roundTrip() throws {
        for count in Array(0...40) + [4096, 100_001, LogRecord.payloadByteCountMax] {
            let original = record(payload: (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31) })
            let encoded = original.encoded()
            #expect(encoded.bytes.count % 8 == 0 && encoded.bytes.count <= LogRecord.byteCountMax)
            try encoded.bytes.withUnsafeBytes { bytes in
                let (decoded, byteCount, hash) = try LogRecord.decode(bytes)
                #expect(decoded == original && byteCount == bytes.count && hash == encoded.hash)
            }
        }
    }

    @Test("the layout is the one that older logs were written in")
    func golden() {
        let bytes = record().encoded().bytes
        let words = stride(from: 0, to: bytes.count, by: 8).map { start in
            bytes[start..<start + 8].reversed().reduce(into: "") { text, byte in
                text += (byte < 16 ? "0" : "") + String(byte, radix: 16)
            }
        }
        #expect(
            words == [
                "091e1be900000048", "0000000301020201", "0000000000000003", "0000000000000004", "0000000000000005",
                "0000000000000006", "0000000000000007", "0000000000000008", "0000000000030201",
            ])
    }

    @Test("any flipped bit, and any cut, is noticed")
    func damage() {
        let bytes = record().encoded().bytes
        for index in bytes.indices {
            for bit in 0..<8 {
                var flipped = bytes
                flipped[index] ^= 1 << bit
                #expect(throws: LogRecord.DecodingError.self, "bit \(bit) of byte \(index)") { try decode(flipped) }
            }
            #expect(throws: LogRecord.DecodingError.truncated) { try decode(Array(bytes[..<index])) }
        }
    }

    @Test("a whole record of a newer version is told from a damaged one")
    func newerVersions() {
        for (place, expected) in [
            (8, LogRecord.DecodingError.unknownVersion(9)), (9, LogRecord.DecodingError.unknownKind(9)),
        ] {
            var bytes = record().encoded().bytes
            bytes[place] = 9
            #expect(throws: LogRecord.DecodingError.badChecksum) { try decode(bytes) }
            sealRecord(&bytes)
            #expect(throws: expected) { try decode(bytes) }
            #expect(expected.isOfNewerVersion)
        }
        #expect(!LogRecord.DecodingError.badChecksum.isOfNewerVersion)
    }

    @Test(
        "an operation and a payload that only newer versions know are told from damage", arguments: [2, 255] as [UInt8])
    func newerPayloads(number: UInt8) throws {
        func problem(_ payload: [UInt8]) throws -> ReplayError? {
            do {
                try ShardHarness.apply(payload, to: try StoredExamples.harness().replayed([]))
                return nil
            } catch let error as ReplayError {
                return error
            }
        }
        let time = withUnsafeBytes(of: Int64(1_800_000_000_000).littleEndian) { Array($0) }
        #expect(try problem([number] + time) == .unknownPayload(number))
        #expect(try problem([1] + time + [number | 0x80]) == .unknownOperation(number | 0x80))
        #expect(try problem([0] + time)?.isOfNewerVersion == false)
    }

    @Test("the chain hash depends on every record and on their order")
    func chain() {
        let first = record(payload: [1]).encoded().bytes
        let second = record(payload: [2]).encoded().bytes
        func hash(_ records: [[UInt8]]) -> ChainHash {
            records.reduce(.zero) { hash, bytes in bytes.withUnsafeBytes { hash.extended(by: $0) } }
        }
        #expect(hash([first, second]) != hash([second, first]))
        #expect(hash([first]) != hash([first, first]))
        #expect(hash([first, second]) == hash([first, second]))
    }
}
