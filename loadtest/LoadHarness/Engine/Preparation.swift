/// What has to be there before the clock starts: boards, over HTTP, and the members that a scenario wants entered.
package struct Preparation {
    private let scenario: Scenario
    private let target: Target
    private let progress: @Sendable (RunProgress) -> Void

    package init(_ scenario: Scenario, _ target: Target, progress: @escaping @Sendable (RunProgress) -> Void = { _ in })
    {
        self.scenario = scenario
        self.target = target
        self.progress = progress
    }

    package func run() throws {
        if target.wire == .http, scenario.operations != [.ping] { try makeBoards() }
        if scenario.preload > 0 { try enterMembers() }
    }

    /// Scores replace each other as they do in a sorted set, or are summed up if the mix has increments.
    private func makeBoards() throws {
        let sums = scenario.operations.contains(.increment)
        let column = "{\"name\":\"score\",\"type\":\"decimal\",\"operator\":\"\(sums ? "sum" : "latest")\"}"
        for tenant in 0..<scenario.tenants {
            var target = target
            if !target.keys.isEmpty { target.keys = [target.keys[tenant % target.keys.count]] }
            let question = try Question(target)
            for board in 0..<scenario.boards {
                let name = scenario.boardName(tenant: tenant, board: board)
                let body = "{\"id\":\"\(name)\",\"columns\":[\(column)]}"
                let answer = try question.http("POST", "/v1/leaderboards", body: body)
                // One that is there from an earlier run is used again.
                guard answer.status == 201 || answer.status == 409 else {
                    throw HarnessError("the leaderboard \(name) can't be made: \(answer.status) \(answer.body)")
                }
            }
        }
    }

    /// How many scores one request brings.
    private static let scoresInRequest = 500

    /// Each member once, in order. Boards with fewer members entered than they have are filled one after the other.
    private func enterMembers() throws {
        var filling = Scenario()
        filling.name = "preload"
        filling.seed = scenario.seed
        filling.tenants = scenario.tenants
        filling.boards = scenario.boards
        filling.members = scenario.preload
        filling.batchSize = min(Self.scoresInRequest, scenario.preload)
        filling.mix = .only(.bulk)
        filling.connections = 4
        filling.pipeline = 1
        filling.durationSeconds = 86_400
        filling.drainSeconds = 600
        let requests = (scenario.preload * scenario.boardCount + filling.batchSize - 1) / filling.batchSize
        let total = Double(scenario.preload * scenario.boardCount)
        filling.requestsMax = requests
        // Batches of a board end with it, so that none crosses into the next one's key.
        if scenario.boardCount > 1 {
            while scenario.preload % filling.batchSize != 0 { filling.batchSize -= 1 }
            filling.requestsMax = scenario.preload / filling.batchSize * scenario.boardCount
        }
        let progress = progress
        let batchSize = Double(filling.batchSize)
        let fill = LoadRun(filling, target) { state in
            progress(
                RunProgress(stage: .preparing("members"), share: min(Double(state.count) * batchSize / total, 1)))
        }
        let result = try fill.run(prepares: false)
        guard result.all.failed == 0, result.endedEarly == nil, result.all.count >= filling.requestsMax else {
            throw HarnessError(
                "members can't be entered: \(result.errors.first ?? result.endedEarly ?? "not all were answered")")
        }
    }
}
