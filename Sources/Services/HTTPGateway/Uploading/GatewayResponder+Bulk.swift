import ControlPlane
import HTTPTypes
import Hummingbird
import NIOCore
import NodeRuntime
import Sharding
import Tenancy

/// `POST /v1/scores/bulk`: an upload of any length, one score a line.
///
/// While one part is made durable the next is read. There is never more than one part on its way, so that scores are
/// entered in the order of their lines: sums and latest scores depend on it, and so does resuming.
extension GatewayResponder {
    func bulk(_ inquiry: Inquiry, _ query: Query) async throws -> Response {
        let name = try idempotencyKey(inquiry.request.headers)
        try inspect(idempotencyKey: name, of: inquiry)
        let firstLine = try query.integer(.fromLine, in: 1...Int.max) ?? 1
        try check(inquiry.request, types: ["application/x-ndjson"])
        if inquiry.access.caller.mustSign {
            throw Problem(.invalidSignature("An upload can't be signed, and this project takes signed scores only."))
        }
        let upload = Upload(
            responder: self, access: inquiry.access, name: name,
            reader: UploadReader(
                from: UInt64(firstLine), lineByteCountMax: configuration.lineByteCountMax,
                partLineCountMax: configuration.partLineCountMax, partByteCountMax: configuration.partByteCountMax))
        let body = inquiry.request.body
        if inquiry.request.headers.value(of: .accept)?.lowercased().contains("application/x-ndjson") == true {
            return stream(upload, body)
        }
        let tally = try await upload.run(body) { _ in }
        if let interruption = tally.interruption { throw interrupted(interruption, tally) }
        var writer = JSONWriter()
        writer.summary(tally)
        return answer(writer)
    }

    private func stream(_ upload: Upload, _ body: RequestBody) -> Response {
        let lines = ResponseBody { output in
            let tally = try await upload.run(body) { tally in
                var writer = JSONWriter(capacity: 128)
                writer.progress(tally)
                try await output.write(writer.buffer)
            }
            var writer = JSONWriter()
            writer.summary(tally)
            writer.newline()
            try await output.write(writer.buffer)
            try await output.finish(nil)
        }
        return Response(status: .ok, headers: [.contentType: "application/x-ndjson"], body: lines)
    }

    private func interrupted(_ interruption: (problem: Problem, line: UInt64), _ tally: UploadTally) -> Problem {
        var problem = interruption.problem
        problem.counts = [
            ("resume_from_line", Int(interruption.line)), ("accepted", tally.accepted),
            ("unchanged", tally.unchanged), ("rejected", tally.rejected), ("skipped", tally.skipped),
        ]
        return problem
    }
}

/// One upload on its way.
private struct Upload: Sendable {
    let responder: GatewayResponder
    let access: Access
    let name: String?
    let reader: UploadReader

    @concurrent
    func run(_ body: RequestBody, progress: @concurrent (UploadTally) async throws -> Void) async throws -> UploadTally
    {
        let screen = Screen(responder.gatekeeper, access.caller)
        var reader = reader
        var tally = UploadTally()
        var iterator = body.makeAsyncIterator()
        var isAtEnd = false
        var part = try await nextPart(&reader, &iterator, &isAtEnd)
        var isFirst = true
        while part.lineCount > 0 {
            part.refuse(whatIsNotFor: access.caller)
            if let screen { part.refuse(whatIsBlockedBy: screen) }
            let current = part
            let isAdmitted = isFirst
            isFirst = false
            async let answers = submit(current, isAdmitted)
            if !isAtEnd { part = try await nextPart(&reader, &iterator, &isAtEnd) } else { part = UploadPart() }
            switch await answers {
            case .success(let answers): tally.settle(current, answers)
            case .failure(let problem): tally.interrupt(current, problem)
            }
            if tally.interruption != nil { break }
            try await progress(tally)
        }
        return tally
    }

    @concurrent
    private func nextPart(
        _ reader: inout UploadReader, _ iterator: inout RequestBody.AsyncIterator, _ isAtEnd: inout Bool
    ) async throws -> UploadPart {
        var part = UploadPart()
        while !reader.read(into: &part) {
            guard let chunk = try await iterator.next() else {
                reader.finish(&part)
                isAtEnd = true
                break
            }
            reader.append(chunk)
        }
        return part
    }

    /// Each part counts as a request. The first was counted when the upload was let in.
    private func submit(_ part: UploadPart, _ isAdmitted: Bool) async -> Result<[SubmissionAnswer], Problem> {
        if !isAdmitted {
            do throws(Problem) { _ = try await responder.admit(access.request) } catch { return .failure(error) }
        }
        if part.batch.count == 0 { return .success([]) }
        do throws(ServiceError) {
            return .success(
                try await responder.submit(part.batch, project: access.caller.project.text, upload: name))
        } catch {
            return .failure(Problem(error))
        }
    }
}
