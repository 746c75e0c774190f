import BackupFiles
import CheckpointStores
import Leaderboards
import TestSupport
import Testing

@Suite("Streams of pieces")
struct PieceStreamTests {
    private static let shard = ShardID(7)
    private static let key = CheckpointKey(kind: .entryChunk, shard: shard, serial: 0x0102)

    private static var stream: [UInt8] {
        PieceStream.header(of: shard) + PieceStream.frame(key, [0xAA, 0xBB, 0xCC])
            + PieceStream.frame(CheckpointKey(kind: .memberChunk, shard: shard, serial: 5), [])
            + PieceStream.end(after: 2)
    }

    private func decode(_ bytes: [UInt8], cutAt cut: Int) throws -> (frames: [PieceDecoder.Frame], isWhole: Bool) {
        var decoder = PieceDecoder(of: Self.shard)
        var frames: [PieceDecoder.Frame] = []
        for part in [bytes[..<cut], bytes[cut...]] {
            decoder.feed(part)
            while let frame = try decoder.next() { frames.append(frame) }
        }
        return (frames, decoder.isAtEnd)
    }

    @Test("What is written is read again, wherever it is cut")
    func roundTrip() throws {
        for cut in 0...Self.stream.count {
            let (frames, isWhole) = try decode(Self.stream, cutAt: cut)
            #expect(isWhole)
            #expect(
                frames == [
                    .piece(Self.key, [0xAA, 0xBB, 0xCC], offset: 48),
                    .piece(CheckpointKey(kind: .memberChunk, shard: Self.shard, serial: 5), [], offset: 75), .end,
                ])
        }
    }

    @Test("A stream that ends early has no end")
    func cutOff() throws {
        for count in 0..<Self.stream.count {
            var decoder = PieceDecoder(of: Self.shard)
            decoder.feed(Self.stream[..<count])
            while try decoder.next() != nil {}
            #expect(!decoder.isAtEnd)
        }
    }

    @Test("A changed byte is found, or leaves the stream without an end")
    func flipped() {
        let stream = Self.stream
        for place in stream.indices {
            for bit in 0..<8 {
                var changed = stream
                changed[place] ^= 1 << bit
                let outcome = Result { try decode(changed, cutAt: 0) }
                if case .success(let found) = outcome, found.isWhole {
                    // Bytes without a meaning: the manifest's SHA-256 covers them.
                    #expect((20..<24).contains(place), "byte \(place)")
                }
            }
        }
    }

    @Test("What went wrong on the way is told at the end")
    func failure() {
        for error in [BackupError.noCheckpoint(Self.shard), .truncated, .damaged("x")] {
            #expect(throws: error) {
                try decode(PieceStream.header(of: Self.shard) + PieceStream.failure(error), cutAt: 3)
            }
        }
    }

    @Test("The bytes are what they always were")
    func golden() {
        let hexadecimal = Self.stream.map { byte in
            let digits = String(byte, radix: 16)
            return digits.count == 1 ? "0" + digits : digits
        }.joined()
        #expect(hexadecimal == PieceStreamTests.example)
    }

    /// Made by another program, from the layout and the definition of CRC-32C.
    static let example =
        "4c55524c504945430100000007000000f2cf2bd900000000030000005b0727d403000000000000000201000000000000"
        + "aabbcc000000004bc955ec04000000000000000500000000000000000000005e1dd25fff000000000000000200000000"
        + "000000"
}
