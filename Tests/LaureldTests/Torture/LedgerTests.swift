import Foundation
import TestSupport
import Testing

extension RealProcess {
    /// Each check of the torture has to be able to fail.
    @Suite("The torture's checker")
    struct LedgerTests {
        private static let submission = Submission(
            board: TortureBoard(isSum: true, number: 0), user: 1, year: 1999, amount: 17)

        /// A node after a few rounds' worth of acknowledged submissions, killed.
        private func prepare(_ data: String, _ ledger: inout Ledger) throws {
            _ = try Torture(data: data, seed: 1)
            // Without a checkpoint, so that the log alone has what is there.
            let laureld = try Laureld(data: data, settings: Laureld.logOnly)
            var random = SplitMix64(seed: 3)
            for _ in 0..<20 {
                let request = LoadRequest(form: .single, submissions: [.random(using: &random)])
                let answer = LoadAnswer(request, by: laureld.client())
                #expect(answer.fates == [.acknowledged])
                ledger.enter(request, answer.fates)
            }
            try laureld.kill()
        }

        @Test("sees a score that was acknowledged and is not there, one that nobody sent, and one entered twice")
        func planted() async throws {
            try await TemporaryDirectory.with { directory in
                var ledger = Ledger()
                try prepare(directory.path + "/data", &ledger)
                let laureld = try Laureld(data: directory.path + "/data")
                let client = laureld.client()
                #expect(try ledger.problems(in: TortureState(client)) == [])

                var planted = ledger
                planted.acknowledge(Self.submission)
                #expect(try planted.problems(in: TortureState(client)).count == 1)

                let open = LoadRequest(form: .single, submissions: [Self.submission])
                planted = ledger
                planted.enter(open, [.open])
                #expect(try planted.problems(in: TortureState(client)) == [])
                planted.see(Self.submission.board, user: Self.submission.user, score: .max)
                #expect(try planted.problems(in: TortureState(client)).count == 1)

                #expect(LoadAnswer(open, by: client).fates == [.acknowledged])
                #expect(try ledger.problems(in: TortureState(client)).count == 1)
                ledger.enter(open, [.acknowledged])
                #expect(try ledger.problems(in: TortureState(client)) == [])
                #expect(LoadAnswer(open, by: client).fates == [.acknowledged])
                #expect(try ledger.problems(in: TortureState(client)).count == 1)
            }
        }

        @Test("sees that the last acknowledged record was taken out of the log")
        func lostRecord() async throws {
            try await TemporaryDirectory.with { directory in
                let data = directory.path + "/data"
                var ledger = Ledger()
                try prepare(data, &ledger)
                let last = try #require(try LogFile(data).groups.last { $0.hasRecords })
                try LogFile(data).overwrite(from: last.offset, with: [UInt8](repeating: 0, count: last.byteCount))
                let laureld = try Laureld(data: data)
                #expect(try ledger.problems(in: TortureState(laureld.client())).count == 1)
            }
        }

        @Test("sees rankings that contradict each other")
        func contradiction() async throws {
            try await TemporaryDirectory.with { directory in
                var ledger = Ledger()
                try prepare(directory.path + "/data", &ledger)
                let laureld = try Laureld(data: directory.path + "/data")
                let client = laureld.client()
                #expect(try TortureState(client).contradictions == [])
                // Without a country: in the whole ranking and in no country's.
                let odd = #"{"leaderboard":"sum-0","user":"u99","score":1,"at":"1999-06-30T00:00:00Z"}"#
                #expect(try client.post("/v1/scores/update", odd).status == 200)
                #expect(try TortureState(client).contradictions.count == 1)
            }
        }
    }
}
