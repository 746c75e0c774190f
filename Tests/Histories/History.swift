import Synchronization

/// What clients asked and what they were told, in the order in which that happened: the evidence that checkers judge.
///
/// An operation happened at one moment between its invocation and its end, or, if nobody knows its outcome, at one moment after its
/// invocation, or never. Moments are counted, not measured: one process sees them all.
package struct History<Call: Sendable, Answer: Sendable>: Sendable {
    package struct Operation: Sendable {
        /// Who asked. A client asks one thing at a time.
        package var client: Int
        package var call: Call
        package var invoked: Int
        package var outcome: Outcome
    }

    package enum Outcome: Sendable {
        case answered(Answer, at: Int)
        /// It is promised that nothing was done.
        case refused(at: Int)
        /// It may have been done, or be done later, or never.
        case unknown
    }

    package var operations: [Operation] = []

    package init() {}
}

extension History {
    /// An operation of a made-up history.
    package mutating func add(
        client: Int = 0, _ call: Call, _ answer: Answer?, from invoked: Int, to end: Int? = nil
    ) {
        let outcome: Outcome = answer.map { .answered($0, at: end ?? invoked + 1) } ?? .unknown
        operations.append(Operation(client: client, call: call, invoked: invoked, outcome: outcome))
    }
}

/// Takes down a history while it happens. `invoke` comes before the request is sent, `end` after the answer was read whole; what never
/// ends is unknown.
package final class HistoryRecorder<Call: Sendable, Answer: Sendable>: Sendable {
    package struct Entry: Sendable {
        fileprivate var index: Int
    }

    private struct State {
        var history = History<Call, Answer>()
        var moment = 0
    }

    private let state = Mutex(State())

    package init() {}

    package func invoke(_ call: Call, by client: Int) -> Entry {
        state.withLock { state in
            state.moment += 1
            state.history.operations.append(
                History.Operation(client: client, call: call, invoked: state.moment, outcome: .unknown))
            return Entry(index: state.history.operations.count - 1)
        }
    }

    package func end(_ entry: Entry, with answer: Answer) {
        state.withLock { state in
            state.moment += 1
            state.history.operations[entry.index].outcome = .answered(answer, at: state.moment)
        }
    }

    package func refuse(_ entry: Entry) {
        state.withLock { state in
            state.moment += 1
            state.history.operations[entry.index].outcome = .refused(at: state.moment)
        }
    }

    package var history: History<Call, Answer> { state.withLock { $0.history } }
}
