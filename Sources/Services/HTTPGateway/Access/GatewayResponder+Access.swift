import ControlPlane
import HTTPTypes
import Hummingbird
import NIOCore
import Sharding
import Tenancy

/// Who asks, and whether he may.
extension GatewayResponder {
    /// Lets a request in, or throws why not.
    func admit(
        _ request: Request, _ match: Route.Match, _ scope: Scopes, from context: GatewayContext
    ) async throws(Problem) -> (access: Access, figures: RateFigures?) {
        let access = AccessRequest(
            credential: try credential(request.headers), project: request.headers.value(of: .laurelProject),
            address: context.client, scope: scope,
            // What is no id is found out, and told, later.
            leaderboard: match.id.isEmpty ? nil : (try? match.leaderboardID()), country: context.country)
        let (caller, figures) = try await admit(access)
        return (Access(caller: caller, request: access), figures)
    }

    func admit(_ access: AccessRequest) async throws(Problem) -> (Caller, RateFigures?) {
        switch await gatekeeper.admit(access) {
        case .admitted(let caller, let figures): return (caller, figures)
        case .denied(let denial): throw Problem(denial)
        case .unverified: preconditionFailure("admit verifies")
        }
    }

    private func credential(_ headers: HTTPFields) throws(Problem) -> String? {
        if let key = headers.value(of: .apiKey) { return key }
        guard let authorization = headers.value(of: .authorization) else { return nil }
        let parts = authorization.split(separator: " ", omittingEmptySubsequences: true)
        guard parts.count == 2, parts[0].lowercased() == "bearer" else {
            throw Problem(.invalidCredential).saying("Authorization takes the form Bearer <key>.")
        }
        return String(parts[1])
    }

    /// Throws if the project wants submits signed and this one is not. Answers a request key by which the signature is
    /// remembered, for a submit that has none of its own.
    func checkSignature(_ inquiry: Inquiry, _ body: ByteBuffer, hasKey: Bool) throws(Problem) -> String? {
        let caller = inquiry.access.caller
        guard caller.mustSign else { return nil }
        let header = inquiry.request.headers.value(of: .laurelSignature)
        let denial = body.withUnsafeReadableBytes {
            gatekeeper.checkSignature(header, of: $0, from: caller, hasKey: hasKey)
        }
        if let denial { throw Problem(denial) }
        return hasKey ? nil : gatekeeper.requestKey(ofSignature: header, from: caller)
    }
}

/// Who was let in, and with what he asked.
struct Access: Sendable {
    var caller: Caller
    /// To ask again, in the middle of what takes long.
    var request: AccessRequest
}

extension Caller {
    func denial(of submission: Submission, in batch: SubmissionBatch) -> Denial? {
        denial(ofScoreOn: batch.text(submission.leaderboard), for: batch.text(submission.user))
    }
}

extension HTTPField.Name {
    static let apiKey = Self("X-Api-Key")!
    static let laurelProject = Self("Laurel-Project")!
    static let laurelSignature = Self("Laurel-Signature")!
    static let rateLimit = Self("RateLimit")!
    static let rateLimitPolicy = Self("RateLimit-Policy")!
}

extension HTTPFields {
    /// How the request stands with its limits, as draft-ietf-httpapi-ratelimit-headers has it.
    mutating func append(_ figures: RateFigures) {
        let (name, limit) = (figures.subject.rawValue, figures.limit)
        append(HTTPField(name: .rateLimitPolicy, value: "\"\(name)\";q=\(limit.requests);w=\(limit.seconds)"))
        append(
            HTTPField(
                name: .rateLimit,
                value: "\"\(name)\";r=\(figures.remaining);t=\(figures.retryAfterSeconds ?? figures.untilFullSeconds)"))
    }
}
