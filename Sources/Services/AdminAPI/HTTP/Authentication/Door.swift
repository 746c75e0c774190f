import ControlPlane
import HTTPTypes
import Hummingbird
import Logging
import Synchronization

/// Lets in who has the operator's token, or one of a member.
final class Door: Sendable {
    private let token: OperatorToken
    private let administration: Administration
    private let logger: Logger
    private let failures: Mutex<FailureLimit>

    init(token: OperatorToken, administration: Administration, configuration: AdminConfiguration, logger: Logger) {
        self.token = token
        self.administration = administration
        self.logger = logger
        failures = Mutex(FailureLimit(perMinute: configuration.failuresPerMinute))
    }

    /// Who asks, if it may.
    func call(_ request: Request, _ context: AdminContext) async throws -> AdminCall {
        guard let sent = try sentToken(request) else {
            throw AdminProblem(.missingToken, "Send a token as Authorization: Bearer.")
        }
        guard let administrator = try await owner(of: sent) else {
            let now = administration.clock()
            if let seconds = failures.withLock({ $0.failure(from: context.address, at: now) }) {
                throw AdminProblem(
                    .tooManyAttempts, "Wait, and check the token.", retryAfterSeconds: seconds)
            }
            logger.notice(
                "A wrong token was sent.",
                metadata: ["address": "\(context.address)", "request_id": "\(context.requestID)"])
            throw AdminProblem(
                .invalidToken, "It is neither the operator's of this node nor a member's, or not valid any more.")
        }
        return AdminCall(administrator, requestID: context.requestID, version: try version(request))
    }

    /// Nil: of nobody.
    private func owner(of sent: String) async throws -> Administrator? {
        if token.matches(sent) { return .operator }
        // What has not even the form of one costs no look-up.
        guard let token = MemberToken(sent) else { return nil }
        return try await administration.owner(of: token)
    }

    private func sentToken(_ request: Request) throws -> String? {
        guard let header = request.headers[.authorization] else { return nil }
        let parts = header.split(separator: " ", omittingEmptySubsequences: true)
        guard parts.count == 2, parts[0].lowercased() == "bearer" else {
            throw AdminProblem(.missingToken, "Authorization takes the form Bearer <token>.")
        }
        return String(parts[1])
    }

    /// The version that `If-Match` names: an ETag as it was received.
    private func version(_ request: Request) throws -> Int64? {
        guard let header = request.headers[.ifMatch], header != "*" else { return nil }
        let digits = header.dropFirst().dropLast()
        guard header.hasPrefix("\""), header.hasSuffix("\""), let version = Int64(digits), String(version) == digits
        else {
            throw AdminProblem(.invalidHeader, at: "If-Match", "It takes an ETag as it was received, such as \"17\".")
        }
        return version
    }
}
