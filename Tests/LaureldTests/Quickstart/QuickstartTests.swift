import Foundation
import TestSupport
import Testing

extension RealProcess {
    @Suite("The quickstart, on real scores")
    struct QuickstartTests {
        /// What python computes from the file.
        struct Ranking: Decodable {
            struct Place: Decodable {
                var user: String
                var score: Double
            }

            var name: String
            var entries: [Place]

            /// As the board and its season are asked for.
            var board: String { isSeason ? "by-season" : name }
            var query: String { isSeason ? "window=season&season=\(name)" : "" }
            private var isSeason: Bool { Int(name) != nil }

            func entries(_ range: Range<Int>) -> [Entry] {
                range.clamped(to: entries.indices).map {
                    Entry(rank: $0 + 1, user: entries[$0].user, score: entries[$0].score)
                }
            }
        }

        @Test("The guide's commands print what the guide says, and every rank is what python computes")
        func guide() async throws {
            let steps = try Guide().steps
            // The last step is the one behind `kill -9`.
            let restart = steps.count - 1
            try await TemporaryDirectory.with { directory in
                try FileManager.default.createSymbolicLink(
                    atPath: directory.path + "/docs", withDestinationPath: Repository.path + "/docs")
                let data = directory.path + "/laurel-data"
                var laureld = try Laureld(data: data, settings: [])
                let oneMore = steps.firstIndex { $0.commands.contains("scores/update") }!
                compare(
                    try Guide.run(steps[..<oneMore], directory: directory.path, port: laureld.port), steps[..<oneMore])
                try compare(laureld.client(), with: expected())

                // The functions are defined before; what follows needs them again.
                let functions = steps.filter { $0.output == nil }
                let submission = functions + [steps[oneMore]]
                compare(try Guide.run(submission, directory: directory.path, port: laureld.port), submission)
                try laureld.kill()
                laureld = try Laureld(data: data, settings: [])
                let last = functions + [steps[restart]]
                compare(try Guide.run(last, directory: directory.path, port: laureld.port), last)
                #expect(try laureld.stop() == .exited(0))
            }
        }

        private func compare(_ outputs: [String], _ steps: some Collection<Guide.Step>) {
            #expect(outputs.count == steps.count)
            for (output, step) in zip(outputs, steps) {
                #expect(Guide.matches(output, step.output ?? ""), "\(step.commands)\nprinted\n\(output)")
            }
        }

        private func expected() throws -> [Ranking] {
            let script = Repository.path + "/Tests/LaureldTests/Quickstart/expected.py"
            let (status, text) = try ChildProcess.run(["python3", script, Repository.path + "/docs/data/nba-war.csv"])
            guard status == .exited(0) else { throw Failure("python: \(text)") }
            return try JSONDecoder().decode([Ranking].self, from: Data(text.utf8))
        }

        private func compare(_ client: Client, with rankings: [Ranking]) throws {
            // Career, best season, all-time by season, and 46 seasons.
            #expect(rankings.count == 49)
            var random = SplitMix64(seed: 1977)
            for ranking in rankings {
                let all = try client.ranking(ranking.board, ranking.query)
                #expect(all.count == ranking.entries.count)
                #expect(differences(all, ranking.entries(0..<all.count)) == [], "\(ranking.name)")
            }
            for ranking in rankings where ranking.query.isEmpty {
                let top = try client.page("\(ranking.board)/top?limit=50").entries
                #expect(differences(top, ranking.entries(0..<50)) == [], "\(ranking.name)")
                for _ in 0..<200 {
                    let index = random.below(ranking.entries.count)
                    let user = ranking.entries[index].user
                    let own = ranking.entries(index..<(index + 1))
                    let rank: Entry = try client.get("/v1/leaderboards/\(ranking.board)/rank/\(user)").decoded()
                    #expect(differences([rank], own) == [], "\(ranking.name)")
                    let radius = random.below(12)
                    let around = try client.page("\(ranking.board)/around/\(user)?radius=\(radius)")
                    let near = ranking.entries((index - radius)..<(index + radius + 1))
                    #expect(differences(around.entries, near) == [], "\(ranking.name) around \(user)")
                    #expect(around.me == own[0])
                }
            }
        }

        /// Places that are not the same to the last bit.
        private func differences(_ entries: [Entry], _ expected: [Entry]) -> [String] {
            let pairs = zip(entries, expected).filter {
                $0.rank != $1.rank || $0.user != $1.user || $0.score.bitPattern != $1.score.bitPattern
            }
            return pairs.map { "\($0), not \($1)" }
                + (entries.count == expected.count ? [] : ["\(entries.count) entries, not \(expected.count)"])
        }

        @Test(
            "Canary: the comparison with the guide sees a difference",
            arguments: [
                ("{\"a\":\"…\",\"b\":1}\n", "{\"a\":\"x y\",\"b\":2}\n"), ("a\n", ""), ("a\n", "a\nb\n"), ("", "a\n"),
            ])
        func canary(expected: String, output: String) {
            #expect(!Guide.matches(output, expected))
            #expect(Guide.matches(expected.replacing("…", with: "12"), expected))
        }
    }
}
