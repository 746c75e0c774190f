import Admission
import Leaderboards
import Sharding
import Tenancy

/// Looks through the texts of one caller's request with the filter of his project.
///
/// Names that are written are looked at, and values of queries. Users in paths are not: an entry that was made before its
/// name was refused can still be read, and removed.
struct Screen: Sendable {
    private let gatekeeper: Gatekeeper
    private let filter: ProjectFilter

    /// Nil if the project wants nothing looked at.
    init?(_ gatekeeper: Gatekeeper, _ caller: Caller) {
        guard let filter = caller.filter else { return nil }
        self.gatekeeper = gatekeeper
        self.filter = filter
    }

    /// Why a submission is refused, if it is.
    ///
    /// - Parameter list: the list whose element `item` it is
    func problem(
        with submission: Submission, in batch: SubmissionBatch, item: Int = 0, at list: String? = nil
    ) -> Problem? {
        var verdict = FilterVerdict()
        inspect(submission.user, of: batch, as: .user, item, &verdict)
        if !submission.metadata.isEmpty { inspect(submission.metadata, of: batch, as: .metadata, item, &verdict) }
        if !submission.attributes.isEmpty { inspect(attributes: submission.attributes, of: batch, item, &verdict) }
        guard verdict.score > 0, gatekeeper.refuses(verdict, by: filter) else { return nil }
        let path = list.map { "\($0)[\(item)]." } ?? ""
        return Problem(verdict) { match in path + (match.field == .dimension ? "dimensions" : match.field.rawValue) }
    }

    /// Throws if a text is refused.
    func check(_ text: String, as field: FilterField, at path: String) throws(Problem) {
        var verdict = FilterVerdict()
        filter.filter.inspect(text, as: field, into: &verdict)
        guard verdict.score > 0, gatekeeper.refuses(verdict, by: filter) else { return }
        throw Problem(verdict) { _ in path }
    }

    /// Throws if a value is refused. Cursors are the server's own words, and are checked as such.
    func check(_ query: Query) throws(Problem) {
        var verdict = FilterVerdict()
        for (index, (parameter, value)) in query.values.enumerated() where parameter != .cursor {
            filter.filter.inspect(value, as: .query, item: index, into: &verdict)
        }
        guard verdict.score > 0, gatekeeper.refuses(verdict, by: filter) else { return }
        throw Problem(verdict) { query.values[$0.item].parameter.rawValue }
    }

    @inline(__always)
    private func inspect(
        _ slice: Submission.Slice, of batch: SubmissionBatch, as field: FilterField, _ item: Int,
        _ verdict: inout FilterVerdict
    ) {
        let start = Int(slice.offset)
        let text = batch.bytes.span.extracting(start..<start + Int(slice.count))
        filter.filter.inspect(text, as: field, item: item, into: &verdict)
    }

    /// Pairs of name and value, each with a length byte ahead.
    private func inspect(
        attributes slice: Submission.Slice, of batch: SubmissionBatch, _ item: Int, _ verdict: inout FilterVerdict
    ) {
        var offset = Int(slice.offset)
        let end = offset + Int(slice.count)
        while offset < end {
            let count = Int(batch.bytes[offset])
            inspect(Submission.Slice(offset: offset + 1, count: count), of: batch, as: .dimension, item, &verdict)
            offset += 1 + count
        }
    }
}

extension GatewayResponder {
    /// A key stands for the whole request, so all of it is refused.
    func inspect(idempotencyKey key: String?, of inquiry: Inquiry) throws(Problem) {
        guard let key, let screen = Screen(gatekeeper, inquiry.access.caller) else { return }
        try screen.check(key, as: .idempotencyKey, at: "Idempotency-Key")
    }

    func inspect(_ query: Query, of inquiry: Inquiry) throws(Problem) {
        try Screen(gatekeeper, inquiry.access.caller)?.check(query)
    }
}

extension Problem {
    /// Names fields and rules, each pair once, and never what was found there.
    fileprivate init(_ verdict: FilterVerdict, _ path: (FilterMatch) -> String) {
        var fields: [DefinitionProblem] = []
        for match in verdict.matches {
            let field = DefinitionProblem(field: path(match), code: match.rule.id, message: "\(match.rule.title).")
            if !fields.contains(where: { $0.field == field.field && $0.code == field.code }) { fields.append(field) }
        }
        let first = fields.first.map { "\($0.field): \($0.message)" } ?? ""
        self.init(.requestBlocked, "\(first) The project refuses such text.")
        self.fields = fields
    }
}
