/// What a first version would look like: a dictionary of names and a sorted array. Exact, and linear in every update.
struct ReferenceBench {
    private struct Entry {
        let score: UInt64
        let name: String
    }

    let members: Int
    let options: Options

    func run() {
        let report = Report(members: members, scores: "reference")
        var workload = Workload(members: members, scores: .spread, seed: 7)
        var scores: [String: UInt64] = [:]
        for command in names(workload.commands(members * 3)) { scores[command.0] = command.1 }
        var board = scores.map { Entry(score: $0.value, name: $0.key) }.sorted { $0.score < $1.score }
        let count = options.commands / 10
        var checksum = 0
        let updates = medianRate(runs: options.runs, count: count) { _ in
            for (name, score) in names(workload.commands(count)) {
                guard let old = scores.updateValue(score, forKey: name) else { continue }
                board.remove(at: place(of: old, in: board))
                board.insert(Entry(score: score, name: name), at: place(of: score, in: board))
            }
        }
        report.rate("updates, dictionary and sorted array", updates)
        let ranks = medianRate(runs: options.runs, count: count) { _ in
            for (name, _) in names(workload.commands(count)) {
                if let score = scores[name] { checksum &+= place(of: score, in: board) }
            }
        }
        report.rate("ranks, dictionary and sorted array", ranks)
        if checksum == 1 { print(checksum) }
    }

    private func names(_ commands: Workload.Commands) -> [(String, UInt64)] {
        zip(commands.ranges, commands.scores).map { (String(decoding: commands.bytes[$0], as: UTF8.self), $1) }
    }

    private func place(of score: UInt64, in board: [Entry]) -> Int {
        var (low, high) = (0, board.count)
        while low < high {
            let middle = (low + high) / 2
            if board[middle].score < score { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
