import Leaderboards
import NodeRuntime
import Sharding
import TestSupport
import Testing

/// One of each message, in bytes, and a way to read it and write it again.
struct ExampleMessage: Sendable, CustomTestStringConvertible {
    let name: String
    let bytes: [UInt8]
    let rewrite: @Sendable ([UInt8]) throws -> [UInt8]

    init<Message: PeerMessage>(_ name: String, _ message: Message) {
        self.name = name
        bytes = message.encoded
        rewrite = { try Message.decode($0).encoded }
    }

    var testDescription: String { name }
    var hex: String { bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() }

    static let key = LeaderboardKey(project: "p", id: "race")

    static let all: [ExampleMessage] =
        [
            ExampleMessage("submission", submission), ExampleMessage("definition", definition),
            ExampleMessage("removal", RemovalRequest(key, user: Array("ann".utf8))),
            ExampleMessage(
                "page",
                PageQuestion(
                    key, BoardSelector(window: "weekly", season: "2026-W01"), .from(offset: 300, limit: 10),
                    ReadOptions(metadata: true, relaxed: false))),
            ExampleMessage(
                "around",
                PageQuestion(
                    key, BoardSelector(dimension: "country", value: "no"), .around(user: [0x61], radius: 5),
                    ReadOptions(relaxed: true))),
            ExampleMessage(
                "entries", EntriesQuestion(key, BoardSelector(), users: [[0x61], [0x62]], ReadOptions())),
            ExampleMessage("shards", ShardQuestion(shards: [0, 300], project: "p")),
            ExampleMessage(
                "report", UsageReport(shard: 3, reports: [ReportedUsage(project: "p", reads: 1, requests: 300)])),
            ExampleMessage("outcome", SubmissionAnswer(.success(outcome), at: LogPosition(300))),
            ExampleMessage("description", Positioned(description, at: LogPosition(1))),
            ExampleMessage("rows", Positioned(page, at: LogPosition(2))),
            ExampleMessage(
                "users",
                UserEntries(entries: [page.entries[0], nil], total: 9, season: nil, nextReset: nil)),
            ExampleMessage("usage", NamedUsage("p", usage)),
            ExampleMessage("nothing", PeerAnswer(.success(PeerNothing()))),
        ] + inspections + errors.map { ExampleMessage("\($0)", PeerAnswer<PeerNothing>(.failure($0))) }

    static let errors: [ServiceError] =
        [
            .overloaded(retryAfter: 1), .unavailable("stopping", retryAfter: 2), .outcomeUnknown("lost"), .noSpace,
            .moved(to: nil), .moved(to: 7), .corrupted("chunk"),
        ] + refusals.map { .refused($0) }

    static let refusals: [Refusal] = [
        .unknownLeaderboard, .leaderboardExists, .versionConflict(current: 3),
        .invalidDefinition([DefinitionProblem(field: "f", code: "c", message: "m")]), .immutable(field: "columns"),
        .unknownUser, .unknownWindow, .unknownSeason, .unknownDimension, .score(.columnCount(expected: 2)),
        .score(.type(column: 1)), .score(.bounds(column: 1)), .score(.overflow(column: 0)),
        .seasonClosed(window: "w", season: "s"), .timeInFuture, .requestKeyReused,
        .limitReached(what: "leaderboards", limit: 10), .planLimit(what: "entries", limit: 1000), .alreadyUploaded,
    ]

    static var submission: SubmissionRequest {
        var batch = SubmissionBatch()
        var submission = Submission()
        submission.leaderboard = batch.append("race".utf8)
        submission.user = batch.append("ann".utf8)
        submission.score = Score([.integer(5), .decimal(1.5)])
        submission.at = Timestamp(milliseconds: 1000)
        submission.attributes = batch.append([7] + Array("country".utf8) + [2] + Array("no".utf8))
        submission.requestKey = batch.append("k1".utf8)
        submission.line = 3
        batch.submissions = [submission]
        return SubmissionRequest(project: "p", upload: "u", batch: batch)
    }

    static var definition: DefinitionRequest {
        DefinitionRequest(
            key,
            LeaderboardDefinition(
                columns: [Column(name: "time", type: .integer, order: .ascending, operator: .best)],
                dimensions: ["country"]), replacing: 4)
    }

    static var outcome: SubmissionOutcome {
        var outcome = SubmissionOutcome(status: .accepted)
        outcome.score = Score([.integer(5)])
        outcome.previousScore = Score([.integer(4)])
        outcome.rank = Rank(1)
        outcome.windows = [
            WindowOutcome(
                window: "weekly", season: "2026-W01", accepted: true, score: Score([.integer(5)]), rank: Rank(1),
                previousRank: nil)
        ]
        outcome.isReplay = true
        return outcome
    }

    static var description: LeaderboardDescription {
        LeaderboardDescription(
            key: key, definition: definition.definition, createdAt: Timestamp(milliseconds: 1),
            updatedAt: Timestamp(milliseconds: 2), entryCount: 300)
    }

    static var page: Page {
        Page(
            entries: [
                Entry(
                    rank: Rank(1), user: Array("ann".utf8), score: Score([.decimal(2.5)]),
                    updatedAt: Timestamp(milliseconds: 5), metadata: Array("{}".utf8))
            ], offset: 0, total: 1, season: "2026-W01", nextReset: Timestamp(milliseconds: 9), columns: ["points"])
    }

    static var usage: ProjectUsage {
        var usage = ProjectUsage(holdings: Holdings(leaderboards: 1, entries: 2, storedBytes: 3000))
        usage.counters.scoresAccepted = 5
        usage.counters.requestsReported = 6
        return usage
    }
}

@Suite("Messages between nodes")
struct MessageTests {
    @Test("Each message is read as it was written", arguments: ExampleMessage.all)
    func roundTrip(example: ExampleMessage) throws {
        #expect(try example.rewrite(example.bytes) == example.bytes)
    }

    @Test("Errors and refusals come back equal", arguments: ExampleMessage.errors)
    func errors(error: ServiceError) throws {
        #expect(try ServiceError.decode(error.encoded) == error)
    }

    @Test("A submission comes back with every text and number")
    func submission() throws {
        let request = try SubmissionRequest.decode(ExampleMessage.submission.encoded)
        let submission = request.batch.submissions[0]
        #expect(request.project == "p")
        #expect(request.upload == "u")
        #expect(request.batch.string(submission.leaderboard) == "race")
        #expect(request.batch.string(submission.user) == "ann")
        #expect(request.batch.string(submission.requestKey) == "k1")
        #expect(submission.score == Score([.integer(5), .decimal(1.5)]))
        #expect(submission.at == Timestamp(milliseconds: 1000))
        #expect(submission.line == 3)
        #expect(submission.metadata.isEmpty)
    }

    @Test("An outcome, a description, a page and usage come back equal")
    func values() throws {
        #expect(try SubmissionOutcome.decode(ExampleMessage.outcome.encoded) == ExampleMessage.outcome)
        #expect(try LeaderboardDescription.decode(ExampleMessage.description.encoded) == ExampleMessage.description)
        #expect(try Page.decode(ExampleMessage.page.encoded).entries == ExampleMessage.page.entries)
        #expect(try ProjectUsage.decode(ExampleMessage.usage.encoded) == ExampleMessage.usage)
    }

    @Test("Bytes of version 1 stay what they are", arguments: zip(ExampleMessage.all, MessageGolden.all))
    func golden(example: ExampleMessage, expected: String) {
        #expect(example.hex == expected, "\(example.name)")
    }

    @Test("There is a golden example of each message")
    func goldenCount() { #expect(ExampleMessage.all.count == MessageGolden.all.count) }

    @Test("Bytes that end early or go on are a problem", arguments: ExampleMessage.all)
    func cut(example: ExampleMessage) {
        for count in 0..<example.bytes.count {
            #expect(throws: ByteReader.Problem.self) { try example.rewrite(Array(example.bytes[..<count])) }
        }
        #expect(throws: ByteReader.Problem.self) { try example.rewrite(example.bytes + [0]) }
    }

    @Test("Changed bytes are read as something, or are a problem, and never a trap", arguments: ExampleMessage.all)
    func mutations(example: ExampleMessage) {
        var random = SplitMix64(seed: 1)
        for _ in 0..<2000 {
            var bytes = example.bytes
            for _ in 0...random.below(3) {
                switch random.below(4) {
                case 0 where !bytes.isEmpty: bytes.remove(at: random.below(bytes.count))
                case 1: bytes.insert(UInt8(random.below(256)), at: random.below(bytes.count + 1))
                case 2 where !bytes.isEmpty: bytes[random.below(bytes.count)] = random.pick([0, 1, 0x7F, 0x80, 0xFF])
                default: if !bytes.isEmpty { bytes[random.below(bytes.count)] ^= 1 << UInt8(random.below(8)) }
                }
            }
            // What can be read can be written again.
            if let again = try? example.rewrite(bytes) { #expect((try? example.rewrite(again)) == again) }
        }
    }
}
