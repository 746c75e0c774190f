package import Hummingbird
import HTTPTypes
import NIOCore
import Synchronization

/// What every request passes on its way to the gateway, and every answer on its way back: whose it is, who may read it in a
/// browser, how it is packed, and what is written down about it.
///
/// None of it knows leaderboards, and the gateway knows none of it.
package struct PublicResponder: HTTPResponder {
    package typealias Context = GatewayContext

    let gateway: GatewayResponder
    let configuration: HTTPConfiguration
    let log: AccessLog?

    init(gateway: GatewayResponder, configuration: HTTPConfiguration) {
        self.gateway = gateway
        self.configuration = configuration
        log = configuration.accessLog
    }

    package func respond(to request: Request, context: GatewayContext) async throws -> Response {
        var context = context
        context.client = configuration.trustedProxies.client(of: context.peer, request.headers)
        if let header = configuration.countryHeader {
            context.country = configuration.trustedProxies.country(of: context.peer, request.headers, header)
        }
        guard log != nil || configuration.crossOrigin != nil else { return try await answer(request, context) }
        if let crossOrigin = configuration.crossOrigin, log == nil, !request.headers.contains(.origin) {
            // No page's, and nobody writes about it.
            var response = try await answer(request, context)
            crossOrigin.sign(&response, for: request, project: nil)
            return response
        }
        let exchange = Exchange()
        context.exchange = exchange
        let start = NIODeadline.now()
        var request = request
        if log != nil { exchange.count(&request) }
        var response = try await answer(request, context)
        if let crossOrigin = configuration.crossOrigin {
            crossOrigin.sign(&response, for: request, project: exchange.found.project)
        }
        if let log { log.note(&response, to: request, exchange, client: context.client, since: start) }
        return response
    }

    private func answer(_ request: Request, _ context: GatewayContext) async throws -> Response {
        if let crossOrigin = configuration.crossOrigin, var preflight = crossOrigin.preflight(request) {
            preflight.headers[.requestID] = gateway.requestIDs.id(for: request)
            return preflight
        }
        var request = request
        if request.headers.contains(.contentEncoding) {
            do {
                try unpack(&request)
            } catch {
                let id = gateway.requestIDs.id(for: request)
                var refusal = gateway.answer(error, id)
                refusal.headers[.requestID] = id
                return refusal
            }
        }
        return await packed(try await gateway.respond(to: request, context: context), for: request)
    }
}

/// What is found out about a request while it is answered, for those who write about it afterwards.
final class Exchange: Sendable {
    struct Found: Sendable {
        var route: Route?
        /// Nil until a valid key has said so.
        var project: String?
        /// Which key it was, never the key.
        var keyID: String?
        var bytesIn = 0
    }

    private let state = Mutex(Found())

    var found: Found { state.withLock { $0 } }

    func note(_ change: (inout Found) -> Void) { state.withLock { change(&$0) } }
}
