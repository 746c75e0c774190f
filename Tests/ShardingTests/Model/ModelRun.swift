import Leaderboards
import Sharding
import TestSupport

/// A shard and its dumb twin under the same random commands: whatever one answers, the other must answer.
struct ModelRun {
    struct Difference: Error, CustomStringConvertible {
        let description: String
    }

    let seed: UInt64
    var random: SplitMix64
    let harness: ShardHarness
    var twin: Twin
    private(set) var step = 0
    private var uploadLine: UInt64 = 0
    private var lastEntrants: [Entrant] = []

    static let keys = ["a", "b", "c"].map { LeaderboardKey(project: "p", id: $0) }

    init(seed: UInt64, settings: ShardSettings = ShardSettings()) {
        self.seed = seed
        random = SplitMix64(seed: seed)
        harness = ShardHarness(settings: settings, at: RandomDefinitions.start)
        twin = Twin(settings: settings)
    }

    /// One command to both.
    mutating func advance() throws {
        step += 1
        if random.chance(4) { harness.commit() }
        switch random.below(40) {
        case 0..<24: try submit()
        case 24, 25: try upload()
        case 26: try create()
        case 27: try update()
        case 28: if random.chance(4) { try delete() }
        case 29, 30: try remove()
        case 31...34: try closeSeasons()
        case 35...38: harness.now = harness.now.advanced(by: .milliseconds(random.below(4_000_000)))
        default: if random.chance(6) { harness.now = harness.now.advanced(by: .seconds(90_000)) }
        }
        if random.chance(3) { try askSomething() }
    }

    private func require(_ isSame: Bool, _ what: @autoclosure () -> String) throws {
        if !isSame { throw Difference(description: "seed \(seed), step \(step): \(what())") }
    }

    // MARK: Commands

    private mutating func submit() throws {
        let id = random.chance(30) ? "nowhere" : random.pick(Self.keys).id
        let key = LeaderboardKey(project: "p", id: id)
        let definition = twin.leaderboards[key]?.definition ?? RandomDefinitions.definition(&random)
        var entrants: [Entrant] = []
        for _ in 0..<(1 + random.below(6)) {
            entrants.append(RandomDefinitions.entrant(id, definition, now: harness.now, &random))
        }
        if random.chance(6), !lastEntrants.isEmpty { entrants = lastEntrants }
        lastEntrants = entrants.filter { !$0.requestKey.isEmpty }
        try compare(entrants, upload: nil)
    }

    private mutating func upload() throws {
        var entrants: [Entrant] = []
        uploadLine -= min(uploadLine, UInt64(random.below(4)))
        for _ in 0..<(1 + random.below(5)) {
            let key = random.pick(Self.keys)
            let definition = twin.leaderboards[key]?.definition ?? RandomDefinitions.definition(&random)
            var entrant = RandomDefinitions.entrant(key.id, definition, now: harness.now, &random)
            uploadLine += 1
            entrant.line = uploadLine
            entrants.append(entrant)
        }
        try compare(entrants, upload: random.chance(2) ? "one" : "two")
    }

    private mutating func compare(_ entrants: [Entrant], upload: String?) throws {
        let batch = SubmissionBatch(entrants)
        let time = harness.recordTime
        let actual = try harness.submit(batch, upload: upload)
        let expected = twin.submit(entrants, project: "p", upload: upload, at: time)
        for (index, entrant) in entrants.enumerated() {
            try require(
                actual[index] == expected[index],
                "\(entrant)\nshard: \(describe(actual[index]))\ntwin:  \(describe(expected[index]))")
        }
        try require(actual.count == expected.count, "\(actual.count) outcomes")
    }

    private mutating func create() throws {
        let key = random.pick(Self.keys)
        let definition = RandomDefinitions.definition(&random)
        let time = harness.recordTime
        let result = harness.create(key, definition, seed: random.next())
        let refusal = twin.create(key, definition, at: time)
        try require(result.refusal == refusal, "create \(key): \(result), twin \(String(describing: refusal))")
    }

    private mutating func update() throws {
        let key = random.pick(Self.keys)
        try harness.load(harness.shard.missing(for: key))
        var definition = twin.leaderboards[key]?.definition ?? RandomDefinitions.definition(&random)
        let version = random.chance(5) ? definition.version + 1 : definition.version
        RandomDefinitions.change(&definition, &random)
        let time = harness.recordTime
        let result = harness.command { shard, record throws(Refusal) in
            try shard.update(key, definition, replacing: version, into: &record)
        }
        let refusal = twin.update(key, definition, replacing: version, at: time)
        try require(result.refusal == refusal, "update \(key): \(result), twin \(String(describing: refusal))")
    }

    private mutating func delete() throws {
        let key = random.pick(Self.keys)
        try harness.load(harness.shard.missing(for: key))
        let result = harness.command { shard, record throws(Refusal) in try shard.delete(key, into: &record) }
        let refusal = twin.delete(key)
        try require(result.refusal == refusal, "delete \(key): \(result), twin \(String(describing: refusal))")
    }

    private mutating func remove() throws {
        let key = random.pick(Self.keys)
        let user = Array(RandomDefinitions.user(&random).utf8)
        try harness.load(harness.shard.missing(for: key))
        let result = harness.command { shard, record throws(Refusal) in
            try shard.removeEntry(key, user: user, into: &record)
        }
        let refusal = twin.remove(user, from: key)
        try require(result.refusal == refusal, "remove: \(result), twin \(String(describing: refusal))")
    }

    private mutating func closeSeasons() throws {
        let time = harness.recordTime
        try harness.closeDueSeasons()
        twin.closeDueSeasons(at: time)
    }

    // MARK: Questions

    private mutating func askSomething() throws {
        let key = random.pick(Self.keys)
        var selector = BoardSelector()
        if random.chance(2) {
            selector.window = random.pick(RandomDefinitions.windows).name
            if random.chance(3) {
                let seasons = twin.leaderboards[key]?.seasons.map(\.season.id) ?? []
                selector.season = random.pick(seasons + ["2026-10-26", "2026-W44", "2025-01-01T00:00", "nonsense"])
            }
        }
        if random.chance(2) {
            selector.dimension = random.pick(RandomDefinitions.dimensions)
            selector.value = random.pick(RandomDefinitions.attributeValues + ["XX"])
        }
        let request: PageRequest =
            random.chance(2)
            ? .from(offset: random.below(40), limit: random.below(20))
            : .around(user: Array(RandomDefinitions.user(&random).utf8), radius: random.below(6))
        try compare(harness.shard, key, selector, request, metadata: random.chance(2))
    }

    private func compare(
        _ shard: Shard, _ key: LeaderboardKey, _ selector: BoardSelector, _ request: PageRequest, metadata: Bool
    ) throws {
        let now = harness.now
        while true {
            let missing = shard.missing(for: key, selector, now: now)
            if missing.isEmpty { break }
            try ShardHarness.load(missing, into: shard, from: harness.store)
        }
        let expected: Result<Twin.Answered, Refusal>
        do { expected = .success(try twin.page(key, selector, request, metadata: metadata, now: now)) } catch {
            expected = .failure(error)
        }
        let actual: Result<Twin.Answered, Refusal>
        do {
            let page = try shard.page(key, selector, request, metadata: metadata, now: now)
            actual = .success(
                Twin.Answered(
                    entries: page.entries, offset: page.offset, total: page.total, season: page.season,
                    nextReset: page.nextReset))
        } catch {
            actual = .failure(error)
        }
        try require(
            actual == expected,
            "page of \(key) \(selector) \(request)\nshard: \(describe(actual))\ntwin:  \(describe(expected))")
    }

    /// Every ranking there is, as a whole and entry by entry.
    func compareEverything(_ shard: Shard? = nil) throws {
        let shard = shard ?? harness.shard
        try require(
            shard.keys(of: "p", at: harness.now) == twin.leaderboards.keys.sorted(),
            "leaderboards \(shard.keys(of: "p", at: harness.now))")
        for key in twin.leaderboards.keys.sorted() {
            let leaderboard = twin.leaderboards[key]!
            var selectors = [BoardSelector()]
            for slot in leaderboard.seasons
            where leaderboard.definition.windows.contains(where: { $0.name == slot.window }) {
                selectors.append(BoardSelector(window: slot.window, season: slot.season.id))
            }
            for selector in selectors {
                for dimension in [nil] + leaderboard.definition.dimensions.map(Optional.some) {
                    for value in dimension == nil ? [""] : RandomDefinitions.attributeValues {
                        var selector = selector
                        selector.dimension = dimension
                        selector.value = dimension == nil ? nil : value
                        try compare(shard, key, selector, .from(offset: 0, limit: 1000), metadata: true)
                        try compareEntries(shard, key, selector)
                    }
                }
            }
            let description = try shard.describe(key, now: harness.now)
            try require(
                description.createdAt == leaderboard.createdAt && description.updatedAt == leaderboard.updatedAt
                    && description.definition == leaderboard.definition
                    && description.entryCount == leaderboard.allTime.rows.count, "description of \(key): \(description)"
            )
        }
    }

    private func compareEntries(_ shard: Shard, _ key: LeaderboardKey, _ selector: BoardSelector) throws {
        let users = (0..<36).map { Array("m\($0)".utf8) }
        let (expected, _) = try twin.view(key, selector, metadata: false, now: harness.now)
        let found = try shard.entries(key, selector, users: users, metadata: false, now: harness.now)
        try require(found.total == expected.count, "total of \(key) \(selector)")
        for (user, entry) in zip(users, found.entries) {
            try require(
                entry == expected.first { $0.user == user }, "entry of \(String(decoding: user, as: UTF8.self))")
        }
    }
}

extension Result where Failure == Refusal {
    var refusal: Refusal? {
        if case .failure(let refusal) = self { return refusal }
        return nil
    }
}
