package import Hummingbird
import HTTPTypes
import Logging
import NodeRuntime
import NIOCore

/// The gateway's heart: takes a request apart, asks the node, writes the answer.
///
/// Hummingbird calls it for every request; there is no router and no middleware between, so that a small request stays
/// small. Whatever goes wrong becomes a problem document here and nowhere else.
package struct GatewayResponder: HTTPResponder {
    package typealias Context = GatewayContext

    let configuration: HTTPConfiguration
    let service: any LeaderboardService
    let verifier: any APIKeyVerifier
    let requestIDs = RequestIDs()

    package func respond(to request: Request, context: GatewayContext) async throws -> Response {
        let requestID = requestIDs.id(for: request)
        var response: Response
        do {
            response = try await answer(Inquiry(request: request, requestID: requestID, context: context))
        } catch let problem as Problem {
            response = answer(problem, requestID)
        } catch let input as BadInput {
            response = answer(Problem(input), requestID)
        } catch let error as ServiceError {
            response = answer(Problem(error), requestID)
        }
        // Anything else is the connection's: Hummingbird closes it.
        response.headers.append(HTTPField(name: .requestID, value: requestID))
        return request.method == .head ? response.createHeadResponse() : response
    }

    private func answer(_ inquiry: Inquiry) async throws -> Response {
        let target = inquiry.request.head.path ?? "/"
        guard target.utf8.count <= configuration.targetByteCountMax else {
            throw Problem(.pathTooLong, "Path and query take at most \(configuration.targetByteCountMax) bytes.")
        }
        let (path, query) = split(target)
        switch Route.find(inquiry.request.method, path) {
        case .match(let match):
            return try await answer(inquiry, match, query)
        case .notFound:
            throw Problem(.notFound, "The API's paths begin with /v1; see docs/http-api.md.")
        case .otherMethods(let methods):
            var problem = Problem(.methodNotAllowed, "See Allow for those that it takes.")
            problem.headers[.allow] = methods.map(\.rawValue).joined(separator: ", ")
            throw problem
        }
    }

    private func answer(_ inquiry: Inquiry, _ match: Route.Match, _ text: Substring) async throws -> Response {
        var inquiry = inquiry
        inquiry.context.exchange?.note { $0.route = match.route }
        if !match.route.isPublic { inquiry.project = try await caller(inquiry.request).project }
        if let exchange = inquiry.context.exchange, !match.route.isPublic {
            let project = inquiry.project
            exchange.note { $0.project = project }
        }
        let query = try Query(text, for: match.route)
        switch match.route {
        case .healthz: return healthz()
        case .readyz: return try await readyz()
        case .update: return try await update(inquiry)
        case .bulk: return try await bulk(inquiry, query)
        case .create: return try await create(inquiry)
        case .list: return try await list(inquiry, query)
        case .describe: return try await describe(inquiry, match)
        case .change: return try await change(inquiry, match)
        case .delete: return try await delete(inquiry, match)
        case .top: return try await top(inquiry, match, query)
        case .rank: return try await rank(inquiry, match, query)
        case .around: return try await around(inquiry, match, query)
        case .ranks: return try await ranks(inquiry, match, query)
        case .removeEntry: return try await removeEntry(inquiry, match)
        }
    }

    private func split(_ target: String) -> (path: Substring, query: Substring) {
        guard let mark = target.utf8.firstIndex(of: UInt8(ascii: "?")) else { return (target[...], "") }
        return (target[..<mark], target[target.index(after: mark)...])
    }

    private func caller(_ request: Request) async throws -> Caller {
        guard let key = try presentedKey(request.headers) else {
            throw unauthorized(.missingAPIKey, "Send it as X-Api-Key, or as Authorization: Bearer.")
        }
        guard let caller = await verifier.caller(withKey: key) else {
            throw unauthorized(.invalidAPIKey, "It is not known, was revoked, or has expired.")
        }
        return caller
    }

    private func presentedKey(_ headers: HTTPFields) throws(Problem) -> String? {
        if let key = headers.value(of: .apiKey) { return key }
        guard let authorization = headers.value(of: .authorization) else { return nil }
        let parts = authorization.split(separator: " ", omittingEmptySubsequences: true)
        guard parts.count == 2, parts[0].lowercased() == "bearer" else {
            throw unauthorized(.invalidAPIKey, "Authorization takes the form Bearer <key>.")
        }
        return String(parts[1])
    }

    private func unauthorized(_ code: ProblemCode, _ detail: String) -> Problem {
        var problem = Problem(code, detail)
        problem.headers[.wwwAuthenticate] = "Bearer"
        return problem
    }
}

/// A request on its way through the gateway.
struct Inquiry: Sendable {
    var request: Request
    var requestID: String
    /// With the address of the client, for limits that go by it.
    var context: GatewayContext
    /// Whose it is.
    var project = ""
}
