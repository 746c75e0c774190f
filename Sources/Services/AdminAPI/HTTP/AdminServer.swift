import HTTPTypes
package import Hummingbird
import HummingbirdCore
package import Logging
package import NIOCore

/// The admin API as a service, ready to run.
package func makeAdminServer(
    configuration: AdminConfiguration, administration: Administration, token: OperatorToken,
    eventLoops: EventLoopGroupProvider = .singleton,
    onRunning: @escaping @Sendable (any Channel) async -> Void = { _ in }, logger: Logger
) -> Application<RouterResponder<AdminContext>> {
    var limits = HTTP1Channel.Configuration(idleTimeout: .seconds(configuration.idleTimeoutSeconds))
    limits.httpDecoder = .init(
        maxHeaderFieldSize: configuration.headerByteCountMax, maxHeaderListSize: configuration.headerByteCountMax,
        maxHeaderFieldCount: 100)
    let channel = limits
    let router = makeAdminRouter(
        configuration: configuration, administration: administration, token: token, logger: logger)
    return Application(
        responder: router.buildResponder(),
        server: HTTPServerBuilder { responder in
            let http1 = HTTP1Channel(responder: responder, configuration: channel)
            guard let certificate = configuration.certificate else { return http1 }
            return SecureAdminChannel(certificate: certificate, http1: http1)
        },
        configuration: .init(
            address: .hostname(configuration.host, port: configuration.port), backlog: 64,
            availableConnectionsDelegate: .maximum(configuration.connectionCountMax, logger: logger)),
        onServerRunning: onRunning, eventLoopGroupProvider: eventLoops, logger: logger)
}

/// Every route of the table; for other methods of their paths an answer that says so.
func makeAdminRouter(
    configuration: AdminConfiguration, administration: Administration, token: OperatorToken, logger: Logger
) -> Router<AdminContext> {
    let router = Router(context: AdminContext.self)
    router.add(middleware: ProblemMiddleware(documentation: configuration.errorDocumentation, logger: logger))
    let door = Door(token: token, administration: administration, configuration: configuration, logger: logger)
    for route in AdminRoute.all {
        router.on(RouterPath(route.template), method: route.method) { request, context in
            let call = try await door.call(request, context)
            let exchange = try await Exchange(
                request, context, route: route, call: call, administration: administration,
                bodyByteCountMax: configuration.bodyByteCountMax)
            return try await route.answer(exchange).response
        }
    }
    for (template, routes) in Dictionary(grouping: AdminRoute.all, by: \.template) {
        let methods = routes.map(\.method)
        for method in [.get, .post, .put, .patch, .delete] as [HTTPRequest.Method] where !methods.contains(method) {
            router.on(RouterPath(template), method: method) { _, _ -> Response in
                var problem = AdminProblem(.methodNotAllowed, "See Allow for those that it takes.")
                problem.allowed = methods.map(\.rawValue).sorted()
                throw problem
            }
        }
    }
    return router
}
