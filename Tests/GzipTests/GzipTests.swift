import NIOCore
import TestSupport
import Testing

@testable import Gzip

@Suite struct GzipTests {
    private typealias Failure = GzipInflater.Failure

    /// Unpacks in pieces of a size, and answers all that came out before it ended or failed.
    private func unpack(
        _ packed: [UInt8], pieces: Int = 4096, limits: GzipInflater.Limits = .init()
    ) -> (bytes: [UInt8], failure: Failure?) {
        let inflater = GzipInflater(limits: limits)
        var bytes: [UInt8] = []
        do throws(Failure) {
            for start in stride(from: 0, to: packed.count, by: pieces) {
                inflater.append(ByteBuffer(bytes: packed[start..<min(start + pieces, packed.count)]))
                while let piece = try inflater.next() { bytes += piece.readableBytesView }
            }
            try inflater.finish()
        } catch {
            return (bytes, error)
        }
        return (bytes, nil)
    }

    private func pack(_ bytes: [UInt8]) -> [UInt8] { Array(ByteBuffer(bytes: bytes).gzipped().readableBytesView) }

    /// Lines as an upload has them.
    private func lines(_ count: Int, seed: UInt64) -> [UInt8] {
        var random = SplitMix64(seed: seed)
        return (0..<count).flatMap { number -> [UInt8] in
            Array(#"{"leaderboard":"a","user":"u\#(number)","score":\#(random.next() % 1000)}"#.utf8) + [0x0A]
        }
    }

    @Test(
        "What was packed comes out the same, in whatever pieces", arguments: [1, 7, 4096, 1 << 20], [0, 1, 100, 3000])
    func roundTrip(pieces: Int, count: Int) {
        let bytes = lines(count, seed: 1)
        let result = unpack(pack(bytes), pieces: pieces)
        #expect(result.failure == nil)
        #expect(result.bytes == bytes)
    }

    @Test("What unpacks to much more than it is comes out whole, if it may", arguments: [1, 1000, 1 << 20])
    func pendingOutput(pieces: Int) {
        let bytes = [UInt8](repeating: 0x20, count: 1_000_000)
        let result = unpack(pack(bytes), pieces: pieces)
        #expect(result.failure == nil)
        #expect(result.bytes == bytes)
    }

    @Test("Several members are one body, as gzip has it")
    func members() {
        let (first, second) = (lines(10, seed: 2), lines(20, seed: 3))
        for pieces in [1, 10_000] {
            #expect(unpack(pack(first) + pack(second), pieces: pieces).bytes == first + second)
        }
    }

    @Test("A body that ends too early is noticed, wherever it ends")
    func truncated() {
        let packed = pack(lines(5, seed: 4))
        for count in 0..<packed.count { #expect(unpack(Array(packed[..<count])).failure == .truncated) }
    }

    @Test("A flipped bit is noticed, or does not matter")
    func damaged() {
        let bytes = lines(5, seed: 5)
        let packed = pack(bytes)
        for place in packed.indices {
            for bit in 0..<8 {
                var damaged = packed
                damaged[place] ^= 1 << UInt8(bit)
                let result = unpack(damaged)
                #expect(result.failure != nil || result.bytes == bytes, "bit \(bit) of byte \(place)")
            }
        }
    }

    @Test("Neither other bytes nor such behind the end are taken", arguments: ["", "gzip"])
    func garbage(front: String) {
        let packed = front.isEmpty ? pack([1, 2, 3]) : Array(front.utf8)
        #expect(unpack(packed + Array("and more".utf8)).failure == .malformed)
    }

    @Test("A bomb is given up long before it has unpacked")
    func bomb() {
        let packed = pack([UInt8](repeating: 0, count: 64 << 20))
        var limits = GzipInflater.Limits()
        limits.allowance = 1 << 20
        let result = unpack(packed, limits: limits)
        #expect(result.failure == .ratio)
        #expect(result.bytes.count <= limits.allowance + limits.ratioMax * packed.count)
        limits.ratioMax = 2000
        limits.outputByteCountMax = 8 << 20
        let other = unpack(packed, limits: limits)
        #expect(other.failure == .size)
        #expect(other.bytes.count <= 8 << 20)
    }
}
