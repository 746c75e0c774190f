internal import CommitLogs
internal import Leaderboards

/// What becomes of one append: sends the same bytes again until it is known, and knows what each answer proves.
///
/// Only two answers settle it: that the record was stored, and a last sequence beyond the expected one behind which
/// another's record stands. Whatever else comes proves nothing and leads to another attempt, with the same bytes, the
/// same id and the same expectation; the log takes the record once at most, since it takes it only after the expected
/// one. There is no limit to attempts: whoever gave up would have to guess.
struct AppendResolution {
    enum Input: Hashable {
        case begin
        /// An answer to an attempt, the newest or an earlier one.
        case reply(attempt: Int, AppendReply)
        /// The pause asked for is over.
        case pauseEnded
        case read(ReadBack)
        /// Nobody will wait any longer.
        case abandon
    }

    /// What stands behind the expected record, as a replica shows it that has the sequence asked for.
    enum ReadBack: Hashable {
        /// Our record follows, at this sequence.
        case mine(UInt64)
        /// Somebody else's follows; the last one seen.
        case other(last: UInt64)
        /// Nothing follows, or no replica shows the sequence asked for.
        case nothing
        /// What follows is no record of ours that can be read, on any replica.
        case damaged(String)
    }

    enum Effect: Hashable {
        /// Send the record. Attempts have numbers from 1 on.
        case send(attempt: Int)
        /// Send it by way of another server.
        case sendElsewhere(attempt: Int)
        /// Come back after a while: `retry` is 5 to 20 ms, `regression` ten times that.
        case pause(Pause)
        /// Read what follows the expected record, up to this sequence at least.
        case read(through: UInt64)
        case finish(Verdict)
    }

    enum Pause: Hashable { case retry, regression }

    enum Verdict: Hashable {
        case committed(sequence: UInt64)
        case refused(AppendError)
    }

    /// The sequence of the shard's last record; 0 for none.
    let expected: UInt64
    private let regressionPatience: Duration
    private var attemptCount = 0
    private var step = Step.waiting
    /// An attempt was made whose fate is open.
    private var isAmbiguous = false
    /// Since when, and until when, the log was said to end before the expected record.
    private var regression: ClosedRange<ContinuousClock.Instant>?
    private var isElsewhere = false
    /// What the newest attempt was refused for, while the log is read for earlier ones.
    private var refusal: PermanentRefusal?

    private enum Step: Hashable {
        case waiting
        case pausing
        case reading
        case finished
    }

    init(expected: UInt64, regressionPatience: Duration) {
        self.expected = expected
        self.regressionPatience = regressionPatience
    }

    mutating func handle(_ input: Input, at now: ContinuousClock.Instant, effects: inout [Effect]) {
        guard step != .finished else { return }
        switch input {
        case .begin: send(&effects)
        case .reply(let attempt, let reply): take(reply, to: attempt, at: now, &effects)
        case .pauseEnded: if step == .pausing { send(&effects) }
        case .read(let found): if step == .reading { take(found, &effects) }
        case .abandon: abandon(&effects)
        }
    }

    // MARK: Answers

    private mutating func take(
        _ reply: AppendReply, to attempt: Int, at now: ContinuousClock.Instant, _ effects: inout [Effect]
    ) {
        switch reply {
        case .stored(let sequence, let isDuplicate): stored(sequence, isDuplicate, &effects)
        case .wrongLast(let last): wrongLast(last, at: now, &effects)
        case .busy, .timedOut, .lost, .unreadable:
            isAmbiguous = true
            retry(after: attempt, &effects)
        case .noResponders, .notSent: retry(after: attempt, &effects)
        case .permanent(let refusal): refuse(refusal, attempt, &effects)
        }
    }

    private mutating func stored(_ sequence: UInt64, _ isDuplicate: Bool, _ effects: inout [Effect]) {
        guard sequence > expected else {
            let reason = "a record was stored at \(sequence), and should follow \(expected)"
            return finish(.refused(.quarantined(reason)), &effects)
        }
        if isDuplicate {
            // Some attempt with this id was stored; only the bytes tell whether it was this record.
            read(through: sequence, &effects)
        } else {
            finish(.committed(sequence: sequence), &effects)
        }
    }

    private mutating func wrongLast(_ last: UInt64, at now: ContinuousClock.Instant, _ effects: inout [Effect]) {
        if last > expected { return read(through: last, &effects) }
        guard step == .waiting else { return }
        // The log took the expected record, and now ends before it: a leader that is behind, or a log that lost records.
        isElsewhere = true
        guard last < expected else { return pause(.retry, &effects) }
        // An outage in between proves nothing: the time counts from when it is said again.
        let isContinued = regression.map { $0.upperBound.duration(to: now) < regressionPatience / 4 } ?? false
        let since = isContinued ? regression!.lowerBound : now
        regression = since...now
        if since.duration(to: now) >= regressionPatience {
            let reason = "the log ends at \(last), and \(expected) had been acknowledged"
            return finish(.refused(.quarantined(reason)), &effects)
        }
        pause(.regression, &effects)
    }

    /// Only the newest attempt leads to another; what earlier ones failed with is old news.
    private mutating func retry(after attempt: Int, _ effects: inout [Effect]) {
        guard step == .waiting, attempt == attemptCount else { return }
        pause(.retry, &effects)
    }

    private mutating func refuse(_ refusal: PermanentRefusal, _ attempt: Int, _ effects: inout [Effect]) {
        guard step == .waiting, attempt == attemptCount else { return }
        // An earlier attempt may be in the log all the same.
        if isAmbiguous {
            self.refusal = refusal
            read(through: expected, &effects)
        } else {
            finish(.refused(AppendError(refusal)), &effects)
        }
    }

    private mutating func take(_ found: ReadBack, _ effects: inout [Effect]) {
        switch found {
        case .mine(let sequence): finish(.committed(sequence: sequence), &effects)
        case .other(let last): finish(.refused(.conflict(last: LogPosition(last))), &effects)
        case .damaged(let reason): finish(.refused(.quarantined(reason)), &effects)
        case .nothing:
            switch refusal {
            // Space may come back, and until then the record may still turn up.
            case nil: pause(.retry, &effects)
            case .noSpace: pause(.regression, &effects)
            case .invalid(let reason), .failed(let reason):
                finish(.refused(.outcomeUnknown("\(reason), after attempts without an answer")), &effects)
            }
            refusal = nil
        }
    }

    private mutating func abandon(_ effects: inout [Effect]) {
        let isOpen = isAmbiguous || step == .reading || (step == .waiting && attemptCount > 0)
        finish(.refused(isOpen ? .outcomeUnknown("the log was closed meanwhile") : .closed), &effects)
    }

    // MARK: Steps

    private mutating func send(_ effects: inout [Effect]) {
        step = .waiting
        attemptCount += 1
        effects.append(isElsewhere ? .sendElsewhere(attempt: attemptCount) : .send(attempt: attemptCount))
        isElsewhere = false
    }

    private mutating func pause(_ pause: Pause, _ effects: inout [Effect]) {
        step = .pausing
        effects.append(.pause(pause))
    }

    private mutating func read(through sequence: UInt64, _ effects: inout [Effect]) {
        guard step != .reading else { return }
        step = .reading
        effects.append(.read(through: sequence))
    }

    private mutating func finish(_ verdict: Verdict, _ effects: inout [Effect]) {
        step = .finished
        effects.append(.finish(verdict))
    }
}

extension AppendError {
    init(_ refusal: PermanentRefusal) {
        switch refusal {
        case .noSpace: self = .noSpace
        case .invalid(let reason): self = .invalid(reason)
        case .failed(let reason): self = .failed(reason)
        }
    }
}
