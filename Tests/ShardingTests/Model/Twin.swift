import Leaderboards
import Sharding

/// The shard's dumb twin: does what the definitions say, with arrays, dictionaries and sorting, and nothing else.
struct Twin {
    struct Leaderboard {
        var definition: LeaderboardDefinition
        let createdAt: Timestamp
        var updatedAt: Timestamp
        var allTime: TwinBoard
        var seasons: [OpenedSeason] = []
        var attributes: [[UInt8]: [String]] = [:]
        /// Tells leaderboards of the same name apart.
        let number: Int
    }

    struct OpenedSeason {
        let window: String
        let season: Season
        let closesAt: Timestamp
        var isClosed = false
        var board: TwinBoard
    }

    struct Answer {
        let submission: String
        var outcome: SubmissionOutcome
        let time: Timestamp
        let leaderboard: Int
    }

    let settings: ShardSettings
    var leaderboards: [LeaderboardKey: Leaderboard] = [:]
    var answers: [String: Answer] = [:]
    var uploads: [String: (line: UInt64, time: Timestamp)] = [:]
    private var changes = 0
    private var created = 0

    init(settings: ShardSettings) { self.settings = settings }

    // MARK: Definitions

    mutating func create(_ key: LeaderboardKey, _ definition: LeaderboardDefinition, at time: Timestamp) -> Refusal? {
        if leaderboards[key] != nil { return .leaderboardExists }
        created += 1
        leaderboards[key] = Leaderboard(
            definition: definition, createdAt: time, updatedAt: time, allTime: TwinBoard(definition: definition),
            number: created)
        return nil
    }

    /// For definitions that differ in bounds and windows only.
    mutating func update(
        _ key: LeaderboardKey, _ definition: LeaderboardDefinition, replacing version: UInt32, at time: Timestamp
    ) -> Refusal? {
        guard var leaderboard = leaderboards[key] else { return .unknownLeaderboard }
        if leaderboard.definition.version != version {
            return .versionConflict(current: leaderboard.definition.version)
        }
        leaderboard.definition = definition
        leaderboard.definition.version = version + 1
        leaderboard.updatedAt = time
        leaderboards[key] = leaderboard
        for (name, answer) in answers where answer.leaderboard == leaderboard.number {
            answers[name]!.outcome.windows = answer.outcome.windows.filter { outcome in
                definition.windows.contains { $0.name == outcome.window }
            }
        }
        return nil
    }

    mutating func delete(_ key: LeaderboardKey) -> Refusal? {
        leaderboards.removeValue(forKey: key) == nil ? .unknownLeaderboard : nil
    }

    mutating func remove(_ user: [UInt8], from key: LeaderboardKey) -> Refusal? {
        guard var leaderboard = leaderboards[key] else { return .unknownLeaderboard }
        var wasThere = leaderboard.allTime.rows.removeValue(forKey: user) != nil
        for index in leaderboard.seasons.indices where !leaderboard.seasons[index].isClosed {
            if leaderboard.seasons[index].board.rows.removeValue(forKey: user) != nil { wasThere = true }
        }
        guard wasThere else { return .unknownUser }
        // What sealed seasons show of a member stays, and so do its attributes.
        if !leaderboard.seasons.contains(where: \.isClosed) { leaderboard.attributes[user] = nil }
        leaderboards[key] = leaderboard
        return nil
    }

    mutating func closeDueSeasons(at time: Timestamp) {
        for key in leaderboards.keys.sorted() {
            for index in leaderboards[key]!.seasons.indices where leaderboards[key]!.seasons[index].closesAt <= time {
                leaderboards[key]!.seasons[index].isClosed = true
            }
        }
    }

    // MARK: Submissions

    mutating func submit(
        _ entrants: [Entrant], project: String, upload: String?, at time: Timestamp
    ) -> [SubmissionOutcome] {
        let covered = upload.flatMap { uploads[$0] }.flatMap { isPast($0.time, time) ? nil : $0.line } ?? 0
        var line = covered
        let outcomes = entrants.map { entrant -> SubmissionOutcome in
            if upload != nil {
                if entrant.line <= covered { return SubmissionOutcome(status: .refused(.alreadyUploaded)) }
                line = max(line, entrant.line)
            }
            do throws(Refusal) {
                return try submit(entrant, LeaderboardKey(project: project, id: entrant.leaderboard), at: time)
            } catch {
                return SubmissionOutcome(status: .refused(error))
            }
        }
        if let upload, line > covered { uploads[upload] = (line, time) }
        return outcomes
    }

    private func isPast(_ then: Timestamp, _ now: Timestamp) -> Bool {
        then.advanced(by: settings.requestHorizon) <= now
    }

    private mutating func submit(
        _ entrant: Entrant, _ key: LeaderboardKey, at time: Timestamp
    ) throws(Refusal) -> SubmissionOutcome {
        guard let leaderboard = leaderboards[key] else { throw .unknownLeaderboard }
        let at = entrant.at ?? time
        if at > time.advanced(by: settings.futureTolerance) { throw .timeInFuture }
        let submitted = try check(entrant.score, leaderboard.definition)
        for (name, _) in entrant.attributes where !leaderboard.definition.dimensions.contains(name) {
            throw .unknownDimension
        }
        let payload =
            "\(entrant.user) \(entrant.score) \(entrant.metadata) \(entrant.attributes) \(String(describing: entrant.at))"
        if !entrant.requestKey.isEmpty, let answer = answers[entrant.requestKey], !isPast(answer.time, time) {
            if answer.submission != "\(key) \(payload)" { throw .requestKeyReused }
            if answer.leaderboard == leaderboard.number {
                var outcome = answer.outcome
                outcome.isReplay = true
                return outcome
            }
        }
        let outcome = try enter(entrant, submitted, at, key, at: time)
        if !entrant.requestKey.isEmpty {
            answers[entrant.requestKey] = Answer(
                submission: "\(key) \(payload)", outcome: outcome, time: time, leaderboard: leaderboard.number)
        }
        return outcome
    }

    private mutating func enter(
        _ entrant: Entrant, _ submitted: [Column.Value], _ at: Timestamp, _ key: LeaderboardKey, at time: Timestamp
    ) throws(Refusal) -> SubmissionOutcome {
        var leaderboard = leaderboards[key]!
        let definition = leaderboard.definition
        var places: [Int] = []
        for window in definition.windows {
            if let index = leaderboard.seasons.lastIndex(where: { $0.window == window.name && $0.season.contains(at) })
            {
                if leaderboard.seasons[index].isClosed {
                    throw .seasonClosed(window: window.name, season: leaderboard.seasons[index].season.id)
                }
                places.append(index)
            } else if let season = window.season(at: at) {
                var closesAt = window.closing(of: season) ?? Timestamp(milliseconds: .max)
                if closesAt <= time { closesAt = time.advanced(by: settings.backfillGrace) }
                places.append(leaderboard.seasons.count)
                leaderboard.seasons.append(
                    OpenedSeason(
                        window: window.name, season: season, closesAt: closesAt,
                        board: TwinBoard(definition: definition)))
            }
        }
        let user = Array(entrant.user.utf8)
        // Nothing may change if any of the boards can't take the score.
        let sums = [try combine(submitted, leaderboard.allTime.rows[user]?.values, definition)]
        for place in places {
            _ = try combine(submitted, leaderboard.seasons[place].board.rows[user]?.values, definition)
        }
        applyAttributes(entrant.attributes, user, &leaderboard)

        var outcome = SubmissionOutcome(status: .unchanged)
        let allTime = change(&leaderboard.allTime, user, sums[0], entrant, at, leaderboard.attributes[user])
        outcome.status = allTime.accepted ? .accepted : .unchanged
        outcome.score = allTime.score
        outcome.previousScore = allTime.previousScore
        outcome.rank = allTime.rank
        outcome.previousRank = allTime.previousRank
        for place in places {
            let slot = leaderboard.seasons[place]
            let values = try combine(submitted, slot.board.rows[user]?.values, definition)
            let change = change(
                &leaderboard.seasons[place].board, user, values, entrant, at, leaderboard.attributes[user])
            outcome.windows.append(
                WindowOutcome(
                    window: slot.window, season: slot.season.id, accepted: change.accepted, score: change.score,
                    rank: change.rank, previousRank: change.previousRank))
        }
        leaderboards[key] = leaderboard
        return outcome
    }

    private func applyAttributes(
        _ attributes: [(name: String, value: String)], _ user: [UInt8], _ leaderboard: inout Leaderboard
    ) {
        let dimensions = leaderboard.definition.dimensions
        var values = leaderboard.attributes[user] ?? dimensions.map { _ in "" }
        for (name, value) in attributes { values[dimensions.firstIndex(of: name)!] = value }
        leaderboard.attributes[user] = values
        leaderboard.allTime.rows[user]?.attributes = values
        for index in leaderboard.seasons.indices where !leaderboard.seasons[index].isClosed {
            leaderboard.seasons[index].board.rows[user]?.attributes = values
        }
    }

    private struct Change {
        var accepted: Bool
        var score: Score
        var previousScore: Score?
        var rank: Rank?
        var previousRank: Rank?
    }

    private mutating func change(
        _ board: inout TwinBoard, _ user: [UInt8], _ values: [Column.Value], _ entrant: Entrant, _ at: Timestamp,
        _ attributes: [String]?
    ) -> Change {
        let old = board.rows[user]
        let previousRank = board.rank(of: user)
        if old?.values != values {
            changes += 1
            board.rows[user] = TwinBoard.Row(
                user: user, values: values, at: at,
                metadata: entrant.metadata.isEmpty ? nil : Array(entrant.metadata.utf8),
                reached: changes, attributes: attributes ?? [])
        }
        return Change(
            accepted: old?.values != values, score: Score(values), previousScore: old.map { Score($0.values) },
            rank: board.rank(of: user), previousRank: previousRank)
    }
}

// MARK: Values

extension Twin {
    private func check(_ values: [Column.Value], _ definition: LeaderboardDefinition) throws(Refusal) -> [Column.Value]
    {
        if values.count != definition.columns.count { throw .score(.columnCount(expected: definition.columns.count)) }
        var checked: [Column.Value] = []
        for (index, (value, column)) in zip(values, definition.columns).enumerated() {
            switch (column.type, value) {
            case (_, _) where column.operator == .count:
                checked.append(column.type == .integer ? .integer(1) : .decimal(1))
            case (.integer, .integer), (.decimal, .decimal): checked.append(value)
            case (.decimal, .integer(let integer)): checked.append(.decimal(Double(integer)))
            case (.integer, .decimal): throw .score(.type(column: index))
            }
            guard column.operator != .count else { continue }
            if let minimum = column.minimum, isLess(checked[index], minimum) { throw .score(.bounds(column: index)) }
            if let maximum = column.maximum, isLess(maximum, checked[index]) { throw .score(.bounds(column: index)) }
        }
        return checked
    }

    private func isLess(_ left: Column.Value, _ right: Column.Value) -> Bool {
        switch (left, right) {
        case (.integer(let left), .integer(let right)): left < right
        case (.decimal(let left), .decimal(let right)): left < right
        default: preconditionFailure("columns have one type")
        }
    }

    private func combine(
        _ new: [Column.Value], _ old: [Column.Value]?, _ definition: LeaderboardDefinition
    ) throws(Refusal) -> [Column.Value] {
        guard let old else { return new }
        let best = definition.columns.indices.filter { definition.columns[$0].operator == .best }
        let order = TwinBoard.compare(
            best.map { new[$0] }, best.map { old[$0] }, best.map { definition.columns[$0] })
        var result = old
        for (index, column) in definition.columns.enumerated() {
            switch column.operator {
            case .best: if order < 0 { result[index] = new[index] }
            case .latest: result[index] = new[index]
            case .sum, .count:
                guard let sum = add(old[index], new[index]) else { throw .score(.overflow(column: index)) }
                result[index] = sum
            case .min: if isLess(new[index], old[index]) { result[index] = new[index] }
            case .max: if isLess(old[index], new[index]) { result[index] = new[index] }
            }
        }
        return result
    }

    private func add(_ left: Column.Value, _ right: Column.Value) -> Column.Value? {
        switch (left, right) {
        case (.integer(let left), .integer(let right)):
            let (sum, overflow) = left.addingReportingOverflow(right)
            return overflow ? nil : .integer(sum)
        case (.decimal(let left), .decimal(let right)): return (left + right).isFinite ? .decimal(left + right) : nil
        default: preconditionFailure("columns have one type")
        }
    }
}
