import CommitLogs
import Leaderboards
import Testing

@testable import JetStreamLog

@Suite("What is noted of a promotion, in a stream's metadata")
struct PromotionNoteTests {
    private static let at = Timestamp(rfc3339: "2026-11-28T22:00:00Z")!
    private static let fenced = PromotionNote(isFenced: true, last: 1234, lossWindow: .zero, at: at)

    @Test("A golden example, which must be readable for ever")
    func golden() {
        let metadata = [
            "laurel-promotion-fenced": "true", "laurel-promotion-last": "1234", "laurel-promotion-window": "0",
            "laurel-promotion-at": Self.at.description,
        ]
        #expect(Self.fenced.metadata == metadata)
        #expect(PromotionNote(metadata: metadata.merging(["_nats.level": "1"]) { $1 }) == Self.fenced)
        #expect(Self.at.description.hasPrefix("2026-11-28T22:00:00"))
    }

    @Test(
        "What is written is read, and what is lost is never less than is said", arguments: [0, 1, 999, 1000, 7_000_001])
    func roundTrip(microseconds: Int64) {
        var note = PromotionNote(isFenced: false, last: .max, lossWindow: .microseconds(microseconds), at: Self.at)
        let read = PromotionNote(metadata: note.metadata)
        #expect(read?.lossWindow == .milliseconds((microseconds + 999) / 1000))
        note.lossWindow = read?.lossWindow
        #expect(read == note)
        note.lossWindow = nil
        #expect(PromotionNote(metadata: note.metadata) == note)
        // Nothing of an older note shines through.
        #expect(PromotionNote(metadata: Self.fenced.metadata.merging(note.metadata) { $1 }) == note)
    }

    @Test(
        "What lacks something, or is no note, is none",
        arguments: ["laurel-promotion-fenced", "laurel-promotion-last", "laurel-promotion-at"])
    func damaged(field: String) {
        var metadata = Self.fenced.metadata
        metadata[field] = "x"
        #expect(PromotionNote(metadata: metadata) == nil)
        metadata[field] = nil
        #expect(PromotionNote(metadata: metadata) == nil)
        #expect(PromotionNote(metadata: [:]) == nil)
    }
}
