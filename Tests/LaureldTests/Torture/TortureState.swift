/// All that a node says, read ranking by ranking and held against itself.
struct TortureState {
    private(set) var seasons: [Ledger.Account: Int] = [:]
    /// The scores of the rankings over all years, with 0 for the year.
    private(set) var allTime: [Ledger.Account: Int] = [:]
    /// Rankings that contradict each other or themselves.
    private(set) var contradictions: [String] = []

    init(_ client: Client) throws {
        for board in TortureBoard.all {
            let all = try client.ranking(board.id)
            check(all, board.id)
            for entry in all { allTime[account(board, entry, 0)] = Int(entry.score) }
            for year in TortureBoard.years {
                let name = "\(board.id) in \(year)"
                let season = try ranking(client, board, "window=season&season=\(year)")
                check(season, name)
                for entry in season { seasons[account(board, entry, year)] = Int(entry.score) }
            }
            try checkDimensions(client, board, all)
            try checkRanks(client, board, all)
        }
        checkTotals()
    }

    /// A season that nobody has a score in is not there.
    private func ranking(_ client: Client, _ board: TortureBoard, _ query: String) throws -> [Entry] {
        let answer = try client.get("/v1/leaderboards/\(board.id)/top?limit=1&\(query)")
        return answer.code == "unknown_season" ? [] : try client.ranking(board.id, query)
    }

    private func account(_ board: TortureBoard, _ entry: Entry, _ year: Int) -> Ledger.Account {
        Ledger.Account(board: board, user: Int(entry.user.dropFirst()) ?? -1, year: year)
    }

    /// That the ranks are 1, 2, 3, … is `ranking`'s to see.
    private mutating func check(_ ranking: [Entry], _ name: String) {
        for (one, next) in zip(ranking, ranking.dropFirst()) where one.score < next.score {
            contradictions.append("\(name): \(one) stands before \(next)")
        }
        if Set(ranking.map(\.user)).count != ranking.count { contradictions.append("\(name): somebody is there twice") }
    }

    /// Each dimension's ranking is the whole one without the others.
    private mutating func checkDimensions(_ client: Client, _ board: TortureBoard, _ all: [Entry]) throws {
        for country in TortureBoard.countries {
            let expected = all.filter { Submission.country(ofUser: account(board, $0, 0).user) == country }
            let found = try ranking(client, board, "dimension=country:\(country)")
            if found.map(\.user) != expected.map(\.user) || found.map(\.score) != expected.map(\.score) {
                contradictions.append("\(board.id) in \(country): not the same entries as over all")
            }
        }
    }

    /// Asked for by name, everybody has the place that the list shows.
    private mutating func checkRanks(_ client: Client, _ board: TortureBoard, _ all: [Entry]) throws {
        let users = all.map { "\"\($0.user)\"" }.joined(separator: ",")
        struct Answer: Decodable { var entries: [Entry] }
        let answer = try client.post("/v1/leaderboards/\(board.id)/ranks", #"{"users":[\#(users)]}"#)
        if try answer.decoded(Answer.self).entries != all {
            contradictions.append("\(board.id): ranks asked for by name are not those of the list")
        }
    }

    /// A submission is entered into all rankings or none, so a sum over all years is the sum of the years' sums.
    private mutating func checkTotals() {
        var totals: [Ledger.Account: Int] = [:]
        for (account, score) in seasons {
            var total = account
            total.year = 0
            totals[total] = account.board.isSum ? (totals[total] ?? 0) + score : max(totals[total] ?? 0, score)
        }
        for account in Set(totals.keys).union(allTime.keys) where totals[account] != allTime[account] {
            contradictions.append(
                "\(account): \(allTime[account] ?? 0) over all years, \(totals[account] ?? 0) in the years")
        }
    }
}
