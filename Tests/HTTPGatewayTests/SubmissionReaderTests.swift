import Leaderboards
import Sharding
import Testing

@testable import HTTPGateway

@Suite struct SubmissionReaderTests {
    private func updates(_ text: String, key: String? = nil) throws -> Updates {
        try Array(text.utf8).withUnsafeBytes { bytes throws(BadInput) in
            try Updates(bytes, requestKey: key, countMax: 10)
        }
    }

    @Test("Every field ends up where the shard looks for it")
    func fields() throws {
        let updates = try updates(
            #"""
            { "dimensions" : {"country":"NO","\u0063ity":"Ski"}, "metadata": {"a" : 1}, "at":"2026-11-23T12:00:00+01:00",
              "scores":[1,2.5,"-3"], "user":"A\u00f8 \ud83d\ude00", "leaderboard":"career" }
            """#, key: "key-1")
        let batch = updates.batch
        let submission = batch.submissions[0]
        #expect(batch.string(submission.leaderboard) == "career")
        #expect(batch.string(submission.user) == "Aø 😀")
        #expect((0..<3).map(submission.score.value) == [.integer(1), .decimal(2.5), .integer(-3)])
        #expect(submission.at == Timestamp(rfc3339: "2026-11-23T11:00:00Z"))
        #expect(batch.string(submission.metadata) == #"{"a":1}"#)
        #expect(batch.string(submission.attributes) == "\u{7}country\u{2}NO\u{4}city\u{3}Ski")
        #expect(batch.string(submission.requestKey) == "key-1")
        #expect(submission.line == 0)
    }

    @Test("The elements of a list have keys of their own, counted by their places")
    func keys() throws {
        let good = #"{"leaderboard":"a","user":"b","score":1}"#
        let updates = try updates(#"{"updates":[\#(good),{},\#(good)]}"#, key: "k")
        #expect(updates.batch.submissions.map { updates.batch.string($0.requestKey) } == ["k/0", "k/2"])
    }

    @Test("A submission that is wrong leaves no trace in the batch")
    func rollback() throws {
        let good = #"{"leaderboard":"a","user":"b","score":1}"#
        let alone = try updates(#"{"updates":[\#(good)]}"#).batch
        let mixed = try updates(#"{"updates":[{"leaderboard":"x","user":"y","score":1,"at":"z"},\#(good)]}"#).batch
        #expect(mixed.bytes == alone.bytes)
        #expect(mixed.string(mixed.submissions[0].leaderboard) == "a")
    }

    @Test("The id that many submissions share is stored once")
    func sharedID() throws {
        let one = #"{"leaderboard":"career","user":"b","score":1}"#
        let other = #"{"leaderboard":"career2","user":"b","score":1}"#
        let batch = try updates(#"{"updates":[\#(one),\#(one),\#(other),\#(one)]}"#).batch
        #expect(batch.submissions.map { batch.string($0.leaderboard) } == ["career", "career", "career2", "career"])
        #expect(batch.submissions[0].leaderboard == batch.submissions[1].leaderboard)
    }
}
