import Foundation
import Testing
import TestSupport

extension RealProcess {
    @Suite("An upload with a name")
    struct InterruptedUploadTests {
        private static let lineCount = 20_000
        private static let userCount = 500

        @Test(
            "cut in the middle by kill -9 and sent again as a whole enters every line once",
            arguments: [0, 1, 4000, 11_000])
        func interrupted(killAfterLines: Int) async throws {
            try await TemporaryDirectory.with { directory in
                let data = directory.path + "/data"
                let laureld = try Laureld(data: data)
                let client = laureld.client()
                try client.createLeaderboard(#"{"id":"a","columns":[{"name":"p","type":"integer","operator":"sum"}]}"#)
                let lines = (0..<Self.lineCount).map {
                    #"{"leaderboard":"a","user":"u\#($0 % Self.userCount)","score":\#($0)}"#
                }
                let settled = try interrupt(laureld, client, lines, killAfterLines)
                #expect(settled >= killAfterLines)
                #expect(settled < Self.lineCount)

                let again = try Laureld(data: data)
                try expectSums(again.client(), atLeast: settled)
                for attempt in 0..<2 {
                    let answer = try again.client().upload(lines, headers: [("Idempotency-Key", "once")])
                    let summary: UploadSummary = try answer.decoded()
                    #expect(summary.accepted + summary.unchanged + summary.skipped == Self.lineCount)
                    #expect(summary.rejected == 0)
                    #expect(summary.skipped >= (attempt == 0 ? settled : Self.lineCount))
                    try expectSums(again.client(), atLeast: Self.lineCount)
                }
            }
        }

        /// Sends two thirds of an upload, ending within a line, and kills the node when so many lines are said to be
        /// durable. Answers how many were.
        private func interrupt(_ laureld: Laureld, _ client: Client, _ lines: [String], _ count: Int) throws -> Int {
            let request = client.request(
                "POST", "/v1/scores/bulk", body: Array(lines.joined(separator: "\n").utf8),
                type: "application/x-ndjson",
                headers: [("Idempotency-Key", "once"), ("Accept", "application/x-ndjson")])
            let connection = try client.open()
            try connection.send(request.prefix(2 * request.count / 3))
            var settled = 0
            if count == 0 {
                try laureld.kill()
                return 0
            }
            do {
                _ = try connection.receive { part in
                    struct Progress: Decodable { var line: Int }
                    for line in part.split(separator: 10) {
                        settled = (try? JSONDecoder().decode(Progress.self, from: Data(line)))?.line ?? settled
                    }
                    if settled >= count { try? laureld.kill() }
                }
                throw Failure("an upload that was never whole was answered")
            } catch HTTPConnection.Broken.inFlight {
                return settled
            }
        }

        /// The sums are those of at least the first lines, and with all lines exactly theirs.
        private func expectSums(_ client: Client, atLeast count: Int) throws {
            var expected: [String: Int] = [:]
            for line in 0..<count { expected["u\(line % Self.userCount)", default: 0] += line }
            let answer = try client.ranking("a")
            let sums = Dictionary(uniqueKeysWithValues: answer.map { ($0.user, Int($0.score)) })
            if count == Self.lineCount {
                #expect(sums == expected)
            } else {
                #expect(expected.allSatisfy { sums[$0.key, default: -1] >= $0.value })
            }
        }
    }
}
