import Leaderboards
import Sharding

/// Carries out the commands of a transcript:
///
///     create ID columns=points:integer:desc:best,… tie=first windows=daily:day:Europe/Oslo:60,… dimensions=country
///     update ID version=1 …              the same again
///     delete ID
///     submit ID [upload=NAME]            one line of input for each: user score,score [at=…] [key=…] [meta=…] [line=…] [country=NO]
///     remove ID user
///     top | rank ID user | around ID user radius=2     [window=… season=… country=…]
///     time 2026-10-25T00:00:00Z | time +90m            the clock
///     tick                               closes seasons that are due
///     record                             ends the record in the making and shows it
///     restart                            replays every record
///     checkpoint, load                   takes a checkpoint; starts from the newest and replays the rest
///     evict                              drops from memory what is on disk
///     stored                             how many pieces are in the store
///     report PROJECT reads=1 requests=2  what a gateway did
///     usage PROJECT                      what it did and has
final class TranscriptPlayer {
    private let harness = ShardHarness(at: Timestamp(seconds: 1_792_929_600))

    func play(_ line: String, input: [String]) -> String {
        var words = line.split(separator: " ").map(String.init)
        let name = words.removeFirst()
        do {
            return try carryOut(name, Arguments(words), input)
        } catch let refusal as Refusal {
            return "refused: \(self.words(for: refusal))"
        } catch {
            return "error: \(error)"
        }
    }

    /// Words with and without a name.
    struct Arguments {
        var plain: [String] = []
        var named: [String: String] = [:]

        init(_ words: [String]) {
            for word in words {
                let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
                if parts.count == 2 { named[parts[0]] = parts[1] } else { plain.append(word) }
            }
        }

        var key: LeaderboardKey { LeaderboardKey(project: "p", id: plain[0]) }
    }

    private func carryOut(_ name: String, _ arguments: Arguments, _ input: [String]) throws -> String {
        switch name {
        case "create":
            let definition = try definition(arguments)
            return words(for: try harness.create(arguments.key, definition).get())
        case "update": return try update(arguments)
        case "delete":
            try load(arguments.key)
            if let refusal = harness.delete(arguments.key) { throw refusal }
            return "deleted"
        case "submit": return try submit(arguments, input)
        case "remove":
            try load(arguments.key)
            try harness.command { shard, record throws(Refusal) in
                try shard.removeEntry(arguments.key, user: Array(arguments.plain[1].utf8), into: &record)
            }.get()
            return "removed"
        case "top": return try page(arguments, .from(offset: 0, limit: Int(arguments.named["limit"] ?? "100")!))
        case "around":
            let radius = Int(arguments.named["radius"] ?? "1")!
            return try page(arguments, .around(user: Array(arguments.plain[1].utf8), radius: radius))
        case "rank": return try rank(arguments)
        case "time": return try setTime(arguments.plain[0])
        case "tick":
            try harness.load(harness.shard.missingForClosing(at: harness.now))
            let count = try harness.command { shard, record in shard.closeDueSeasons(into: &record) }.get()
            let next = harness.shard.nextDeadline.map { "next at \($0)" } ?? "nothing is due later"
            return "\(count) closed, \(next)"
        case "record":
            let before = harness.payloads.count
            harness.commit()
            if harness.payloads.count == before { return "nothing to log" }
            return try RecordDump(history: harness.payloads).last()
        case "restart":
            harness.commit()
            let replayed = try harness.replayed()
            return try harness.stateHash() == harness.stateHash(of: replayed) ? "the same state" : "ANOTHER STATE"
        case "checkpoint":
            let before = harness.store.writeCount
            harness.checkpoint()
            return "checkpoint \(harness.generation): \(harness.store.writeCount - before) pieces written"
        case "load":
            let hash = try harness.stateHash()
            try harness.restart()
            let missing = harness.shard.missingAltogether.count
            return try harness.stateHash() == hash
                ? "the same state, \(missing) leaderboards on disk until asked for" : "ANOTHER STATE"
        case "evict":
            _ = harness.shard.evict(byteCount: .max)
            harness.shard.evictSealedSeasons()
            return "\(harness.shard.missingAltogether.count) leaderboards on disk only"
        case "report":
            let usage = ReportedUsage(
                project: arguments.plain[0], reads: UInt64(arguments.named["reads"] ?? "0")!,
                requests: UInt64(arguments.named["requests"] ?? "0")!)
            _ = harness.command { shard, record in shard.report([usage], into: &record) }
            return "reported"
        case "usage": return words(for: harness.shard.usage(of: arguments.plain[0]))
        case "stored": return "\(harness.store.pieceCount) pieces"
        default: return "unknown command"
        }
    }

    private func load(_ key: LeaderboardKey) throws { try harness.load(harness.shard.missing(for: key)) }

    // MARK: Commands

    private func update(_ arguments: Arguments) throws -> String {
        try load(arguments.key)
        let definition = try definition(arguments)
        let version = UInt32(arguments.named["version"] ?? "1")!
        return words(
            for: try harness.command { shard, record throws(Refusal) in
                try shard.update(arguments.key, definition, replacing: version, into: &record)
            }.get())
    }

    private func submit(_ arguments: Arguments, _ input: [String]) throws -> String {
        let entrants = input.map { line -> Entrant in
            let words = Arguments(line.split(separator: " ").map(String.init))
            var entrant = Entrant(leaderboard: arguments.plain[0], user: words.plain[0], score: [])
            entrant.score = words.plain[1].split(separator: ",").map { value in
                Int64(value).map { .integer($0) } ?? .decimal(Double(value)!)
            }
            for (name, value) in words.named.sorted(by: { $0.key < $1.key }) {
                switch name {
                case "at": entrant.at = Timestamp(rfc3339: value)
                case "key": entrant.requestKey = value
                case "meta": entrant.metadata = value
                case "line": entrant.line = UInt64(value)!
                default: entrant.attributes.append((name, value))
                }
            }
            return entrant
        }
        let outcomes = try harness.submit(SubmissionBatch(entrants), upload: arguments.named["upload"])
        return zip(entrants, outcomes).map { entrant, outcome in
            if case .refused(let refusal) = outcome.status { return "\(entrant.user): refused: \(words(for: refusal))" }
            return "\(entrant.user): \(describe(outcome))"
        }.joined(separator: "\n")
    }

    private func setTime(_ text: String) throws -> String {
        if text.hasPrefix("+") {
            let units: [Character: Int] = ["s": 1, "m": 60, "h": 3600, "d": 86_400]
            harness.now = harness.now.advanced(by: .seconds(Int(text.dropFirst().dropLast())! * units[text.last!]!))
        } else {
            harness.now = Timestamp(rfc3339: text)!
        }
        harness.commit()
        return "\(harness.now)"
    }

    // MARK: Questions

    private func selector(_ arguments: Arguments) -> BoardSelector {
        var selector = BoardSelector(window: arguments.named["window"], season: arguments.named["season"])
        for (name, value) in arguments.named where !["window", "season", "radius", "limit"].contains(name) {
            selector.dimension = name
            selector.value = value
        }
        return selector
    }

    private func loadBoard(_ arguments: Arguments) throws {
        while true {
            let missing = harness.shard.missing(for: arguments.key, selector(arguments), now: harness.now)
            if missing.isEmpty { return }
            try harness.load(missing)
        }
    }

    private func page(_ arguments: Arguments, _ request: PageRequest) throws -> String {
        try loadBoard(arguments)
        let page = try harness.shard.page(
            arguments.key, selector(arguments), request, metadata: true, now: harness.now)
        let season = page.season.map { ", season \($0)" } ?? ""
        let reset = page.nextReset.map { ", next reset \($0)" } ?? ""
        return (page.entries.map(describe) + ["\(page.entries.count) of \(page.total)\(season)\(reset)"]).joined(
            separator: "\n")
    }

    private func rank(_ arguments: Arguments) throws -> String {
        try loadBoard(arguments)
        let found = try harness.shard.entries(
            arguments.key, selector(arguments), users: arguments.plain.dropFirst().map { Array($0.utf8) },
            metadata: false,
            now: harness.now)
        let ranks = zip(arguments.plain.dropFirst(), found.entries).map { user, entry in
            entry.map { "\(user) is \($0.rank) of \(found.total)" } ?? "\(user) has no entry"
        }
        return ranks.joined(separator: "\n")
    }

    // MARK: Words

    private func definition(_ arguments: Arguments) throws -> LeaderboardDefinition {
        let columns = (arguments.named["columns"] ?? "points:integer:desc:best").split(separator: ",").map {
            text -> Column in
            let parts = text.split(separator: ":").map(String.init)
            let operators: [String: Column.Operator] = [
                "best": .best, "latest": .latest, "sum": .sum, "min": .min, "max": .max, "count": .count,
            ]
            return Column(
                name: parts[0], type: parts[1] == "integer" ? .integer : .decimal,
                order: parts[2] == "asc" ? .ascending : .descending, operator: operators[parts[3]]!)
        }
        let ties: [String: TieRule] = [
            "first": .first, "last": .last, "gap": .sharedWithGap, "dense": .sharedDense, "member": .member,
        ]
        let windows = try (arguments.named["windows"] ?? "").split(separator: ",").map { text -> WindowDefinition in
            let parts = text.split(separator: ":").map(String.init)
            let schedule: WindowSchedule
            switch parts[1] {
            case "day": schedule = .every(.daily)
            case "week": schedule = .every(.weekly)
            case "month": schedule = .every(.monthly)
            default: schedule = .cron(try CronExpression(parts[1].split(separator: "_").joined(separator: " ")))
            }
            return WindowDefinition(
                name: parts[0], schedule: schedule, timeZone: parts.count > 2 ? parts[2] : "UTC",
                grace: .seconds(parts.count > 3 ? Int(parts[3])! : 0))
        }
        return LeaderboardDefinition(
            columns: columns, tie: ties[arguments.named["tie"] ?? "first"]!, windows: windows,
            dimensions: (arguments.named["dimensions"] ?? "").split(separator: ",").map(String.init))
    }

    private func words(for description: LeaderboardDescription) -> String {
        "\(description.key) version \(description.definition.version), \(description.entryCount) entries"
    }

    private func words(for usage: ProjectUsage) -> String {
        let (did, has) = (usage.counters, usage.holdings)
        return "\(did.scoresAccepted) scores accepted, \(did.scoresUnchanged) unchanged\n"
            + "\(did.leaderboardsCreated) leaderboards created, \(did.leaderboardsDeleted) deleted\n"
            + "\(did.readsReported) reads, \(did.requestsReported) requests\n"
            + "has \(has.leaderboards) leaderboards, \(has.entries) entries, \(has.storedBytes) bytes"
    }

    private func words(for refusal: Refusal) -> String {
        switch refusal {
        case .invalidDefinition(let problems): "\(problems.map(\.description))"
        default: "\(refusal)"
        }
    }
}
