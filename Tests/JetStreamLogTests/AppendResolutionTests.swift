import CommitLogs
import Leaderboards
import Testing

@testable import JetStreamLog

/// One append, driven by hand. Time moves by `advance` only.
struct ResolutionHarness {
    var resolution: AppendResolution
    let start = ContinuousClock.now
    private(set) var now: ContinuousClock.Instant
    private(set) var effects: [AppendResolution.Effect] = []

    init(expected: UInt64 = 10, patience: Duration = .seconds(10)) {
        resolution = AppendResolution(expected: expected, regressionPatience: patience)
        now = start
    }

    mutating func advance(_ duration: Duration) { now += duration }

    /// What the input leads to, in words.
    @discardableResult
    mutating func handle(_ input: AppendResolution.Input) -> [AppendResolution.Effect] {
        var new: [AppendResolution.Effect] = []
        resolution.handle(input, at: now, effects: &new)
        effects += new
        return new
    }

    /// A conversation as lines: what comes in, and what follows from it.
    mutating func transcript(_ inputs: [(name: String, input: AppendResolution.Input)]) -> String {
        inputs.map { name, input in
            let effects = handle(input)
            advance(.milliseconds(100))
            return name + " → " + (effects.isEmpty ? "nothing" : effects.map { text(of: $0) }.joined(separator: ", "))
        }.joined(separator: "\n")
    }

    private func text(of effect: AppendResolution.Effect) -> String {
        switch effect {
        case .send(let attempt): "send \(attempt)"
        case .sendElsewhere(let attempt): "send \(attempt) elsewhere"
        case .pause(let pause): "pause for \(pause)"
        case .read(let sequence): "read through \(sequence)"
        case .finish(.committed(let sequence)): "committed at \(sequence)"
        case .finish(.refused(let error)): "refused: \(error)"
        }
    }
}

@Suite("What an answer to an append proves")
struct AppendResolutionTests {
    typealias Input = AppendResolution.Input

    struct Conversation: CustomStringConvertible, Sendable {
        let description: String
        let inputs: [(name: String, input: AppendResolution.Input)]
        let transcript: String

        init(_ description: String, _ inputs: [(String, AppendResolution.Input)], _ transcript: String) {
            self.description = description
            self.inputs = inputs.map { ($0.0, $0.1) }
            self.transcript = transcript
        }
    }

    private static func answer(_ reply: AppendReply, _ attempt: Int = 1) -> Input { .reply(attempt: attempt, reply) }
    private static let begin = ("begin", Input.begin)
    private static let pauseEnded = ("the pause ends", Input.pauseEnded)

    static let conversations = [
        Conversation(
            "stored, the first time", [begin, ("stored at 11", answer(.stored(11, isDuplicate: false)))],
            """
            begin → send 1
            stored at 11 → committed at 11
            """),
        Conversation(
            "stored by the second attempt: the lease runs from the second",
            [
                begin, ("nobody", answer(.noResponders)), pauseEnded,
                ("stored", answer(.stored(12, isDuplicate: false), 2)),
            ],
            """
            begin → send 1
            nobody → pause for retry
            the pause ends → send 2
            stored → committed at 12
            """),
        Conversation(
            "the first attempt's answer comes after the second was made: it counts, and the lease runs from the first",
            [
                begin, ("no answer", answer(.timedOut)), pauseEnded,
                ("the first: stored", answer(.stored(11, isDuplicate: false), 1)),
                ("the second: stored, a duplicate", answer(.stored(11, isDuplicate: true), 2)),
            ],
            """
            begin → send 1
            no answer → pause for retry
            the pause ends → send 2
            the first: stored → committed at 11
            the second: stored, a duplicate → nothing
            """),
        Conversation(
            "it comes while nothing is on its way",
            [
                begin, ("no answer", answer(.timedOut)),
                ("the first: stored", answer(.stored(11, isDuplicate: false), 1)), pauseEnded,
            ],
            """
            begin → send 1
            no answer → pause for retry
            the first: stored → committed at 11
            the pause ends → nothing
            """),
        Conversation(
            "a duplicate is ours by its bytes, and the lease runs from the first attempt",
            [
                begin, ("no answer", answer(.timedOut)), pauseEnded,
                ("stored, a duplicate", answer(.stored(11, isDuplicate: true), 2)), ("ours", .read(.mine(11))),
            ],
            """
            begin → send 1
            no answer → pause for retry
            the pause ends → send 2
            stored, a duplicate → read through 11
            ours → committed at 11
            """),
        Conversation(
            "a duplicate of another record with our id is not ours",
            [
                begin, ("stored, a duplicate", answer(.stored(11, isDuplicate: true))),
                ("another's", .read(.other(last: 11))),
            ],
            """
            begin → send 1
            stored, a duplicate → read through 11
            another's → refused: conflict(last: Optional(11))
            """),
        Conversation(
            "stored, and not behind what it follows: that is no log",
            [begin, ("stored at 10", answer(.stored(10, isDuplicate: true)))],
            """
            begin → send 1
            stored at 10 → refused: quarantined("a record was stored at 10, and should follow 10")
            """),
        Conversation(
            "busy, in process, not ready, unavailable, nobody, no answer, lost, not sent: the same again, for ever",
            [
                begin, ("10164", answer(.busy(10164), 1)), pauseEnded, ("10158", answer(.busy(10158), 2)), pauseEnded,
                ("10163", answer(.busy(10163), 3)), pauseEnded, ("10008", answer(.busy(10008), 4)), pauseEnded,
                ("503", answer(.noResponders, 5)), pauseEnded, ("no answer", answer(.timedOut, 6)), pauseEnded,
                ("lost", answer(.lost, 7)), pauseEnded, ("not sent", answer(.notSent, 8)), pauseEnded,
                ("gibberish", answer(.unreadable("?"), 9)), pauseEnded,
                ("stored", answer(.stored(11, isDuplicate: false), 10)),
            ],
            """
            begin → send 1
            10164 → pause for retry
            the pause ends → send 2
            10158 → pause for retry
            the pause ends → send 3
            10163 → pause for retry
            the pause ends → send 4
            10008 → pause for retry
            the pause ends → send 5
            503 → pause for retry
            the pause ends → send 6
            no answer → pause for retry
            the pause ends → send 7
            lost → pause for retry
            the pause ends → send 8
            not sent → pause for retry
            the pause ends → send 9
            gibberish → pause for retry
            the pause ends → send 10
            stored → committed at 11
            """),
        Conversation(
            "the subject moved on, and it was our record",
            [
                begin, ("no answer", answer(.timedOut)), pauseEnded, ("last is 11", answer(.wrongLast(11), 2)),
                ("ours", .read(.mine(11))),
            ],
            """
            begin → send 1
            no answer → pause for retry
            the pause ends → send 2
            last is 11 → read through 11
            ours → committed at 11
            """),
        Conversation(
            "the subject moved on, and it was another's: fenced",
            [begin, ("last is 14", answer(.wrongLast(14))), ("another's", .read(.other(last: 14)))],
            """
            begin → send 1
            last is 14 → read through 14
            another's → refused: conflict(last: Optional(14))
            """),
        Conversation(
            "the subject moved on, and no replica shows it yet: again",
            [
                begin, ("last is 14", answer(.wrongLast(14))), ("nothing", .read(.nothing)), pauseEnded,
                ("last is 14", answer(.wrongLast(14), 2)), ("another's", .read(.other(last: 14))),
            ],
            """
            begin → send 1
            last is 14 → read through 14
            nothing → pause for retry
            the pause ends → send 2
            last is 14 → read through 14
            another's → refused: conflict(last: Optional(14))
            """),
        Conversation(
            "an answer to an earlier attempt says that the subject moved on",
            [
                begin, ("no answer", answer(.timedOut)), pauseEnded,
                ("the first: last is 11", answer(.wrongLast(11), 1)),
                ("the second: no answer", answer(.timedOut, 2)), ("ours", .read(.mine(11))),
            ],
            """
            begin → send 1
            no answer → pause for retry
            the pause ends → send 2
            the first: last is 11 → read through 11
            the second: no answer → nothing
            ours → committed at 11
            """),
        Conversation(
            "stored, told while the log is read",
            [
                begin, ("no answer", answer(.timedOut)), pauseEnded, ("last is 11", answer(.wrongLast(11), 2)),
                ("the first: stored", answer(.stored(11, isDuplicate: false), 1)), ("ours", .read(.mine(11))),
            ],
            """
            begin → send 1
            no answer → pause for retry
            the pause ends → send 2
            last is 11 → read through 11
            the first: stored → committed at 11
            ours → nothing
            """),
        Conversation(
            "what follows can't be read on any replica: quarantined",
            [begin, ("last is 11", answer(.wrongLast(11))), ("damaged", .read(.damaged("bad checksum")))],
            """
            begin → send 1
            last is 11 → read through 11
            damaged → refused: quarantined("bad checksum")
            """),
        Conversation(
            "the log seems to end too early, on a leader that is behind",
            [
                begin, ("last is 8", answer(.wrongLast(8))), pauseEnded, ("last is 8", answer(.wrongLast(8), 2)),
                pauseEnded, ("stored", answer(.stored(11, isDuplicate: false), 3)),
            ],
            """
            begin → send 1
            last is 8 → pause for regression
            the pause ends → send 2 elsewhere
            last is 8 → pause for regression
            the pause ends → send 3 elsewhere
            stored → committed at 11
            """),
        Conversation(
            "10071 with the very number expected: in process, as good as busy",
            [begin, ("last is 10", answer(.wrongLast(10))), pauseEnded],
            """
            begin → send 1
            last is 10 → pause for retry
            the pause ends → send 2 elsewhere
            """),
        Conversation(
            "no space: not in the log, and may be tried later",
            [begin, ("full", answer(.permanent(.noSpace("maximum bytes exceeded"))))],
            """
            begin → send 1
            full → refused: noSpace
            """),
        Conversation(
            "no space, but an attempt before had no answer: read, and go on until it is known",
            [
                begin, ("no answer", answer(.timedOut)), pauseEnded, ("full", answer(.permanent(.noSpace("full")), 2)),
                ("nothing", .read(.nothing)), pauseEnded, ("full", answer(.permanent(.noSpace("full")), 3)),
                ("ours", .read(.mine(11))),
            ],
            """
            begin → send 1
            no answer → pause for retry
            the pause ends → send 2
            full → read through 10
            nothing → pause for regression
            the pause ends → send 3
            full → read through 10
            ours → committed at 11
            """),
        Conversation(
            "too large, or not allowed: never",
            [begin, ("too large", answer(.permanent(.invalid("too large"))))],
            """
            begin → send 1
            too large → refused: invalid("too large")
            """),
        Conversation(
            "not allowed any more, after an attempt without an answer: unknown",
            [
                begin, ("no answer", answer(.timedOut)), pauseEnded,
                ("not allowed", answer(.permanent(.failed("not allowed")), 2)), ("nothing", .read(.nothing)),
            ],
            """
            begin → send 1
            no answer → pause for retry
            the pause ends → send 2
            not allowed → read through 10
            nothing → refused: outcomeUnknown("not allowed, after attempts without an answer")
            """),
        Conversation(
            "closed before anything was known",
            [begin, ("closed", .abandon), ("stored", answer(.stored(11, isDuplicate: false)))],
            """
            begin → send 1
            closed → refused: outcomeUnknown("the log was closed meanwhile")
            stored → nothing
            """),
        Conversation(
            "closed after attempts that reached nobody",
            [begin, ("nobody", answer(.noResponders)), ("closed", .abandon)],
            """
            begin → send 1
            nobody → pause for retry
            closed → refused: closed
            """),
    ]

    @Test("Each answer leads where it must", arguments: conversations)
    func conversation(_ conversation: Conversation) {
        var harness = ResolutionHarness()
        #expect(harness.transcript(conversation.inputs) == conversation.transcript)
    }

    @Test("A log that ends too early for ten seconds, and still does: quarantined, never gone on from")
    func regression() {
        var harness = ResolutionHarness()
        harness.handle(.begin)
        var attempt = 1
        func saysSo(for duration: Duration) {
            let end = harness.now + duration
            while harness.now < end {
                #expect(harness.handle(.reply(attempt: attempt, .wrongLast(0))) == [.pause(.regression)])
                harness.advance(.milliseconds(150))
                attempt += 1
                #expect(harness.handle(.pauseEnded) == [.sendElsewhere(attempt: attempt)])
            }
        }
        saysSo(for: .seconds(9))
        // An outage meanwhile proves nothing.
        harness.advance(.seconds(20))
        #expect(harness.handle(.reply(attempt: attempt, .timedOut)) == [.pause(.retry)])
        harness.handle(.pauseEnded)
        attempt += 1
        saysSo(for: .seconds(10))
        let reason = "the log ends at 0, and 10 had been acknowledged"
        #expect(harness.handle(.reply(attempt: attempt, .wrongLast(0))) == [.finish(.refused(.quarantined(reason)))])
    }
}
