import Leaderboards
import NodeRuntime
import Sharding

extension LeaderboardKey {
    static let a = LeaderboardKey(project: "p", id: "a")
    static let b = LeaderboardKey(project: "p", id: "b")

    /// One leaderboard on each of `count` shards.
    static func spread(over count: Int) -> [LeaderboardKey] {
        var keys: [Int: LeaderboardKey] = [:]
        for number in 0... {
            let key = LeaderboardKey(project: "p", id: "board-\(number)")
            keys[ShardMap.place(of: key, among: count)] = key
            if keys.count == count { break }
        }
        return (0..<count).map { keys[$0]! }
    }
}

extension LeaderboardDefinition {
    /// Points that add up, so that applying anything twice would show.
    static func points(_ windows: [WindowDefinition] = []) -> LeaderboardDefinition {
        LeaderboardDefinition(
            columns: [Column(name: "points", type: .integer, order: .descending, operator: .sum)], windows: windows)
    }
}

extension SubmissionBatch {
    /// One point more for each user.
    init(_ users: [String], _ key: LeaderboardKey = .a, points: Int64 = 1, requestKey: String = "") {
        self.init()
        for user in users {
            var submission = Submission()
            submission.leaderboard = append(key.id.utf8)
            submission.user = append(user.utf8)
            submission.score = Score([.integer(points)])
            submission.requestKey = append(requestKey.utf8)
            submissions.append(submission)
        }
    }
}

extension Node {
    @discardableResult
    func add(_ users: String..., to key: LeaderboardKey = .a, points: Int64 = 1, requestKey: String = "") async throws
        -> SubmissionOutcome
    {
        let batch = SubmissionBatch(users, key, points: points, requestKey: requestKey)
        return try await submit(batch, project: key.project, upload: nil)[0].outcome.get()
    }

    /// `ann 3, bob 1`
    func table(
        _ key: LeaderboardKey = .a, _ selector: BoardSelector = BoardSelector(), relaxed: Bool = false
    ) async throws -> String {
        let page = try await page(
            key, selector, .from(offset: 0, limit: 1000), ReadOptions(metadata: false, relaxed: relaxed)
        ).value
        return page.entries.map { entry in
            guard case .integer(let points) = entry.score.value(0) else { return "?" }
            return "\(String(decoding: entry.user, as: UTF8.self)) \(points)"
        }.joined(separator: ", ")
    }
}

/// What a call fails with.
func problem<Value>(_ body: () async throws -> Value) async -> ServiceError? {
    do {
        _ = try await body()
        return nil
    } catch {
        return error as? ServiceError
    }
}

/// Lets everybody else go on until something holds.
func until(_ holds: () async throws -> Bool) async rethrows {
    while try await !holds() { await Task.yield() }
}
