import ControlPlane
import HTTPTypes
import Hummingbird
import Leaderboards
import NIOCore
import NodeRuntime
import Sharding
import Tenancy

/// `POST /v1/scores/update`: one score, or `{"updates":[…]}`.
extension GatewayResponder {
    func update(_ inquiry: Inquiry) async throws -> Response {
        let key = try idempotencyKey(inquiry.request.headers)
        try inspect(idempotencyKey: key, of: inquiry)
        let body = try await body(of: inquiry.request, type: "application/json")
        let signature = try checkSignature(inquiry, body, hasKey: key != nil)
        var updates = try body.withUnsafeReadableBytes { bytes throws(BadInput) in
            try Updates(bytes, requestKey: key ?? signature, countMax: configuration.updateCountMax)
        }
        try updates.refuse(whatIsNotFor: inquiry.access.caller)
        if let screen = Screen(gatekeeper, inquiry.access.caller) { try updates.refuse(whatIsBlockedBy: screen) }
        let answers = updates.batch.count == 0 ? [] : try await submit(updates.batch, project: inquiry.project)
        let results = answers.map { $0.result(isKnownBySignature: signature != nil) }
        guard !updates.isList else { return answer(updates.results(answers, results)) }
        return answer(try results[0].get(), updates, at: answers[0].position)
    }

    /// As the service does, with an answer for each submission.
    func submit(
        _ batch: SubmissionBatch, project: String, upload: String? = nil
    ) async throws(ServiceError) -> [SubmissionAnswer] {
        let answers = try await service.submit(batch, project: project, upload: upload)
        precondition(answers.count == batch.count, "The service answers every submission.")
        sample(batch, answers, project)
        return answers
    }

    /// Lets the watch for anomalies see the scores that were entered: the first column, as it was submitted.
    private func sample(_ batch: SubmissionBatch, _ answers: [SubmissionAnswer], _ project: String) {
        func add(_ scores: some Sequence<Double>, _ id: ArraySlice<UInt8>) {
            gatekeeper.scores.add(
                scores,
                to: ScoredLeaderboard(
                    project: ProjectID(unchecked: project), id: String(decoding: id, as: UTF8.self)))
        }
        func score(_ index: Int) -> Double? {
            let score = batch.submissions[index].score
            return answers[index].hasEntered && score.count > 0 ? score.value(0).double : nil
        }
        var first = 0
        while first < batch.count {
            // Together, as long as they are for one leaderboard.
            let id = batch.text(batch.submissions[first].leaderboard)
            var end = first + 1
            while end < batch.count, batch.text(batch.submissions[end].leaderboard) == id { end += 1 }
            let scores = (first..<end).lazy.compactMap { score($0) }
            if !scores.isEmpty { add(scores, id) }
            first = end
        }
    }

    private func answer(_ outcome: SubmissionOutcome, _ updates: Updates, at position: LogPosition) -> Response {
        var writer = JSONWriter()
        writer.outcome(outcome, of: updates.batch.submissions[0], in: updates.batch, at: position)
        return answer(writer, headers: outcome.isReplay ? [.idempotencyReplayed: "true"] : [:])
    }
}

extension Column.Value {
    fileprivate var double: Double {
        switch self {
        case .integer(let integer): Double(integer)
        case .decimal(let decimal): decimal
        }
    }
}

extension SubmissionAnswer {
    /// The entry changed, now and not when the same was sent before.
    fileprivate var hasEntered: Bool {
        guard case .success(let outcome) = outcome else { return false }
        return outcome.status == .accepted && !outcome.isReplay
    }

    /// What became of it, or what the client is told instead.
    ///
    /// - Parameter isKnownBySignature: its request key is its signature's, so that one that came before is no repetition but a
    ///   replay
    func result(isKnownBySignature: Bool) -> Result<SubmissionOutcome, Problem> {
        switch outcome {
        case .success(let outcome):
            if isKnownBySignature, outcome.isReplay || outcome.status == .refused(.requestKeyReused) {
                return .failure(Problem(Denial.replayedSignature))
            }
            if case .refused(let refusal) = outcome.status { return .failure(Problem(refusal)) }
            return .success(outcome)
        case .failure(let error): return .failure(Problem(error))
        }
    }
}

/// The body of an update, read.
struct Updates {
    var batch = SubmissionBatch()
    /// It was `{"updates":[…]}` and not a single one.
    var isList = false
    /// The elements that aren't in the batch, in ascending order of their places.
    private var failures: [(index: Int, problem: Problem)] = []

    init(_ bytes: UnsafeRawBufferPointer, requestKey: String?, countMax: Int) throws(BadInput) {
        var scanner = JSONScanner(bytes)
        var reader = SubmissionReader()
        var look = scanner
        var isFirst = true
        try look.beginObject()
        if let name = try look.nextName(&isFirst), name.equals("updates") {
            isList = true
            try readList(&look, &reader, requestKey, countMax)
            if let other = try look.nextName(&isFirst) {
                throw BadInput(
                    other.equals("updates") ? .duplicateField : .unknownField, at: other.string,
                    "Nothing stands beside updates.")
            }
            try look.finish()
            return
        }
        batch.bytes.reserveCapacity(bytes.count + 64)
        var submission = try reader.read(&scanner, into: &batch)
        try scanner.finish()
        if let requestKey { submission.requestKey = batch.appendText(requestKey) }
        batch.submissions.append(submission)
    }

    private mutating func readList(
        _ scanner: inout JSONScanner, _ reader: inout SubmissionReader, _ requestKey: String?, _ countMax: Int
    ) throws(BadInput) {
        batch.bytes.reserveCapacity(scanner.bytes.count)
        batch.submissions.reserveCapacity(min(countMax, scanner.bytes.count / 64))
        var index = 0
        var isFirst = true
        do {
            try scanner.beginArray()
        } catch {
            throw error.within("updates")
        }
        while try scanner.nextElement(&isFirst) {
            guard index < countMax else {
                throw BadInput(.tooMany, at: "updates", "One request takes at most \(countMax) updates.")
            }
            let start = scanner
            do {
                var submission = try reader.read(&scanner, into: &batch)
                if let requestKey { submission.requestKey = batch.appendText("\(requestKey)/\(index)") }
                batch.submissions.append(submission)
            } catch {
                if error.isUnreadable { throw error }
                // Whatever was wrong with the element, it is stepped over as a whole.
                scanner = start
                try scanner.skipValue()
                failures.append((index, Problem(error.within("updates[\(index)]"))))
            }
            index += 1
        }
    }

    /// Takes out what the caller may not enter: of a list the elements, which are answered so; a single one fails.
    mutating func refuse(whatIsNotFor caller: Caller) throws(Problem) {
        guard !caller.isUnrestricted else { return }
        try takeOut { submission, batch, _ in caller.denial(of: submission, in: batch).map { Problem($0) } }
    }

    /// The same for what looks like an attack.
    mutating func refuse(whatIsBlockedBy screen: Screen) throws(Problem) {
        let isList = isList
        try takeOut { submission, batch, index in
            screen.problem(with: submission, in: batch, item: index, at: isList ? "updates" : nil)
        }
    }

    private mutating func takeOut(
        _ problem: (Submission, SubmissionBatch, _ index: Int) -> Problem?
    ) throws(Problem) {
        var known = failures[...]
        var index = 0
        var refused: [(index: Int, problem: Problem)] = []
        var places: Set<Int> = []
        for (place, submission) in batch.submissions.enumerated() {
            while known.first?.index == index {
                known.removeFirst()
                index += 1
            }
            if let problem = problem(submission, batch, index) {
                refused.append((index, problem))
                places.insert(place)
            }
            index += 1
        }
        guard let first = refused.first else { return }
        if !isList { throw first.problem }
        failures = (failures + refused).sorted { $0.index < $1.index }
        batch.submissions = batch.submissions.enumerated().filter { !places.contains($0.offset) }.map(\.element)
    }

    /// One element for each of the list, in its order.
    func results(
        _ answers: [SubmissionAnswer], _ results: [Result<SubmissionOutcome, Problem>]
    ) -> JSONWriter {
        var writer = JSONWriter(capacity: 256 * (answers.count + failures.count) + 64)
        writer.object {
            $0.name("results")
            var failures = failures[...]
            var answered = 0
            $0.array(0..<(answers.count + failures.count)) { writer, index in
                if let failure = failures.first, failure.index == index {
                    failures.removeFirst()
                    writer.problemElement(failure.problem)
                    return
                }
                switch results[answered] {
                case .success(let outcome):
                    writer.outcome(
                        outcome, of: batch.submissions[answered], in: batch, at: answers[answered].position)
                case .failure(let problem): writer.problemElement(problem)
                }
                answered += 1
            }
        }
        return writer
    }
}

extension SubmissionBatch {
    mutating func appendText(_ text: String) -> Submission.Slice {
        let slice = Submission.Slice(offset: bytes.count, count: text.utf8.count)
        bytes.append(contentsOf: text.utf8)
        return slice
    }
}
