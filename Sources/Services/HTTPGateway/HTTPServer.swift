package import Hummingbird
import HummingbirdCore
package import Logging
package import NIOCore
package import NodeRuntime
package import Tenancy

/// The gateway as a service, ready to run.
///
/// `eventLoops` should be the group that is installed as Swift's global executor where there is one, so that a request
/// stays on its connection's thread.
package func makeHTTPServer(
    configuration: HTTPConfiguration, service: any LeaderboardService, gatekeeper: Gatekeeper,
    eventLoops: EventLoopGroupProvider = .singleton,
    onRunning: @escaping @Sendable (any Channel) async -> Void = { _ in }, logger: Logger
) -> Application<GatewayResponder> {
    var channel = HTTP1Channel.Configuration(
        additionalChannelHandlers: [ContinueHandler()],
        idleTimeout: .seconds(configuration.idleTimeoutSeconds))
    channel.httpDecoder = .init(
        maxHeaderFieldSize: configuration.headerByteCountMax, maxHeaderListSize: configuration.headerByteCountMax,
        maxHeaderFieldCount: 100)
    return Application(
        responder: GatewayResponder(configuration: configuration, service: service, gatekeeper: gatekeeper),
        server: .http1(configuration: channel),
        configuration: ApplicationConfiguration(
            address: .hostname(configuration.host, port: configuration.port), backlog: 1024,
            availableConnectionsDelegate: .maximum(configuration.connectionCountMax, logger: logger)),
        onServerRunning: onRunning, eventLoopGroupProvider: eventLoops, logger: logger)
}
