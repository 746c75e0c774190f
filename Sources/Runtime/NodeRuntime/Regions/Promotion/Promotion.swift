package import CommitLogs
package import Leaderboards

/// Puts the mirrors of a region, all log groups of it, in that one's place.
package struct Promotion: Sendable {
    private let logs: [any MirroredLog]
    private let clock: any NodeClock

    /// - Parameter logs: of all groups
    package init(_ logs: [any MirroredLog], clock: any NodeClock) {
        self.logs = logs
        self.clock = clock
    }

    /// Takes the next step, or says what it would be. Throws a `PromotionStep.Refusal` or a `PromotionProblem`.
    package func advance(acceptsLoss: Bool, dryRun: Bool) async throws -> PromotionProgress {
        let states = try await states()
        let step = try PromotionStep.next(after: states, acceptsLoss: acceptsLoss)
        var progress = PromotionProgress(step: step, logs: states)
        if dryRun { return progress }
        switch step {
        case .catchUp, .cut, .done: break
        case .seal(let names):
            for log in chosen(names, states) { try await log.sealOrigin() }
        case .note(let names):
            for (log, state) in zip(chosen(names, states), states.filter { names.contains($0.name) }) {
                try await log.keep(state.note(at: clock.now()))
            }
            progress.logs = try await self.states()
            progress.tails = try await tails()
        case .takeOver(let names):
            progress.tails = try await tails()
            for log in chosen(names, states) { try await log.takeOver() }
        }
        return progress
    }

    private func chosen(_ names: [String], _ states: [MirrorState]) -> [any MirroredLog] {
        zip(logs, states).filter { names.contains($0.1.name) }.map(\.0)
    }

    private func states() async throws -> [MirrorState] {
        try await withThrowingTaskGroup(of: (Int, MirrorState).self) { group in
            for (place, log) in logs.enumerated() { group.addTask { (place, try await log.mirrorState()) } }
            var found: [Int: MirrorState] = [:]
            for try await (place, state) in group { found[place] = state }
            return logs.indices.map { found[$0]! }
        }
    }

    private func tails() async throws -> [ShardID: LogTail] {
        var tails: [ShardID: LogTail] = [:]
        for log in logs { tails.merge(try await log.tails()) { first, _ in first } }
        return tails
    }
}

/// How far a promotion is.
package struct PromotionProgress: Sendable {
    /// What was done, or would be.
    package var step: PromotionStep
    /// As they were before it; after it, if it was to write something down.
    package var logs: [MirrorState]
    /// The last record of each shard, where a step makes it final.
    package var tails: [ShardID: LogTail]

    package init(step: PromotionStep, logs: [MirrorState], tails: [ShardID: LogTail] = [:]) {
        self.step = step
        self.logs = logs
        self.tails = tails
    }
}
