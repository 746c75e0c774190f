import ControlPlane
import HTTPTypes
package import Hummingbird
import Logging
import NIOCore
import NodeRuntime
import Tenancy

/// The gateway's heart: takes a request apart, asks the node, writes the answer.
///
/// Hummingbird calls it for every request; there is no router and no middleware between, so that a small request stays
/// small. Whatever goes wrong becomes a problem document here and nowhere else.
package struct GatewayResponder: HTTPResponder {
    package typealias Context = GatewayContext

    let configuration: HTTPConfiguration
    let service: any LeaderboardService
    let gatekeeper: Gatekeeper
    let requestIDs = RequestIDs()
    private let holdingBack: HoldingBack

    init(configuration: HTTPConfiguration, service: any LeaderboardService, gatekeeper: Gatekeeper) {
        self.configuration = configuration
        self.service = service
        self.gatekeeper = gatekeeper
        holdingBack = HoldingBack(configuration.holdingBack, countMax: configuration.heldBackCountMax)
    }

    package func respond(to request: Request, context: GatewayContext) async throws -> Response {
        let requestID = requestIDs.id(for: request)
        var response: Response
        do {
            response = try await answer(request, context, requestID)
        } catch let problem as Problem {
            if problem.code == .rateLimited { await holdingBack.hold() }
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

    private func answer(_ request: Request, _ context: GatewayContext, _ requestID: String) async throws -> Response {
        let target = request.head.path ?? "/"
        guard target.utf8.count <= configuration.targetByteCountMax else {
            throw Problem(.pathTooLong, "Path and query take at most \(configuration.targetByteCountMax) bytes.")
        }
        let (path, query) = split(target)
        switch Route.find(request.method, path) {
        case .match(let match):
            context.exchange?.note { $0.route = match.route }
            guard let scope = match.route.scope else { return try await answer(match.route, query) }
            let (access, figures) = try await admit(request, match, scope, from: context)
            if let exchange = context.exchange {
                let caller = access.caller
                exchange.note { ($0.project, $0.keyID) = (caller.project.text, caller.key?.text) }
            }
            let inquiry = Inquiry(request: request, requestID: requestID, context: context, access: access)
            var response: Response
            do {
                response = try await answer(inquiry, match, query)
            } catch {
                if error.isAnswered { access.caller.note(errors: 1) }
                throw error
            }
            if let figures { response.headers.append(figures) }
            return response
        case .notFound:
            throw Problem(.notFound, "The API's paths begin with /v1; see docs/http-api.md.")
        case .otherMethods(let methods):
            var problem = Problem(.methodNotAllowed, "See Allow for those that it takes.")
            problem.headers[.allow] = methods.map(\.rawValue).joined(separator: ", ")
            throw problem
        }
    }

    /// For those who watch the process, and have no key.
    private func answer(_ route: Route, _ text: Substring) async throws -> Response {
        _ = try Query(text, for: route)
        return route == .readyz ? try await readyz() : healthz()
    }

    private func answer(_ inquiry: Inquiry, _ match: Route.Match, _ text: Substring) async throws -> Response {
        let query = try Query(text, for: match.route)
        if !query.isEmpty { try inspect(query, of: inquiry) }
        switch match.route {
        case .healthz, .readyz: preconditionFailure("they have no scope")
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
}

extension Error {
    /// Becomes an answer; anything else is the end of the connection.
    fileprivate var isAnswered: Bool { self is Problem || self is BadInput || self is ServiceError }
}

/// A request on its way through the gateway, let in.
struct Inquiry: Sendable {
    var request: Request
    var requestID: String
    /// With the address of the client.
    var context: GatewayContext
    var access: Access

    /// Whose leaderboards it is about.
    var project: String { access.caller.project.text }
}
