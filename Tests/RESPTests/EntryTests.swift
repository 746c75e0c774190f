import NIOCore
import TestSupport
import Testing

@testable import RESP

/// Entries that are written at once, beside the same in pieces.
@Suite("Entries of a reply")
struct EntryTests {
    @Test("an entry is a bulk and a double", arguments: [ProtocolVersion.v2, .v3], [false, true])
    func entries(version: ProtocolVersion, isNested: Bool) {
        var random = SplitMix64(seed: 5)
        var whole = ReplyWriter(version: version)
        var pieces = ReplyWriter(version: version)
        let edges: [Double?] = [
            nil, 0, -0.0, 1, -1, 9, 10, 99, -9.5, 0.1, -0.1, 123_456_789, 1_234_567_890, -999_999_999, 0x1p53, 1e17,
            1e16,
            -1e17, .leastNonzeroMagnitude, -1.7976931348623157e308, .infinity, -.infinity, .nan, 99999999.5,
            -9.999_999_999_999_999e-5,
        ]
        for (index, score) in (edges + (0..<3000).map { _ in randomScore(&random) }).enumerated() {
            // Empty, with line ends, and of every length in which the header changes.
            let length = [0, 1, 9, 10, 99, 100, 255, random.below(300)][index % 8]
            let member = (0..<length).map { _ in UInt8(truncatingIfNeeded: random.next()) }
            member.withUnsafeBytes { whole.entry($0, score: score, isNested: isNested) }
            if isNested { pieces.arrayHeader(2) }
            pieces.bulk(member)
            if let score { pieces.double(score) }
            #expect(whole.buffer == pieces.buffer, "\(score.map { "\($0)" } ?? "none")")
            if random.chance(50) {
                whole.buffer.clear()
                pieces.buffer.clear()
            }
        }
    }

    @Test("what is in the buffer already stays, and what was read of it stays read")
    func midBuffer() {
        var writer = ReplyWriter(to: ByteBuffer(string: "skipped,kept,"), version: .v2)
        writer.buffer.moveReaderIndex(forwardBy: 8)
        Array("ann".utf8).withUnsafeBytes { writer.entry($0, score: 2.5, isNested: false) }
        #expect(String(buffer: writer.buffer) == "kept,$3\r\nann\r\n$3\r\n2.5\r\n")
    }

    private func randomScore(_ random: inout SplitMix64) -> Double? {
        switch random.below(6) {
        case 0: nil
        case 1: Double(Int64(bitPattern: random.next() >> random.next() % 64))
        case 2: Double(Int(random.next() % 2000)) / 4 - 250
        case 3: Double.random(in: -1e6...1e6, using: &random)
        case 4: Double(bitPattern: random.next() >> 2)
        default: Double(bitPattern: random.next())
        }
    }
}
