package import Hummingbird
import HummingbirdCore
import HummingbirdHTTP2
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
) -> Application<PublicResponder> {
    let gateway = GatewayResponder(configuration: configuration, service: service, gatekeeper: gatekeeper)
    return Application(
        responder: PublicResponder(gateway: gateway, configuration: configuration),
        server: HTTPServerBuilder { responder in
            let http1 = GuardedChannel(
                HTTP1Channel(responder: responder, configuration: channelConfiguration(configuration)))
            guard let certificate = configuration.certificate else { return http1 }
            var http2 = HTTP2Channel.Configuration(
                idleTimeout: .seconds(configuration.idleTimeoutSeconds), gracefulCloseTimeout: .seconds(5))
            http2.streamConfiguration = channelConfiguration(configuration)
            return SecureChannel(
                certificate: certificate, http1: http1, http2: HTTP2Channel(responder: responder, configuration: http2),
                handshake: .seconds(configuration.handshakeSeconds))
        },
        configuration: ApplicationConfiguration(
            address: .hostname(configuration.host, port: configuration.port), backlog: 1024,
            availableConnectionsDelegate: .maximum(configuration.connectionCountMax, logger: logger)),
        onServerRunning: onRunning, eventLoopGroupProvider: eventLoops, logger: logger)
}

private func channelConfiguration(_ configuration: HTTPConfiguration) -> HTTP1Channel.Configuration {
    var limits = SlowClientGuard.Limits()
    limits.bodyBytesPerSecondMin = configuration.bodyBytesPerSecondMin
    limits.window = .seconds(configuration.bodyWindowSeconds)
    limits.stall = .seconds(configuration.idleTimeoutSeconds)
    let slowClients = limits
    var channel = HTTP1Channel.Configuration(
        additionalChannelHandlers: [SlowClientGuard(limits: slowClients), ContinueHandler()],
        idleTimeout: .seconds(configuration.idleTimeoutSeconds))
    channel.httpDecoder = .init(
        maxHeaderFieldSize: configuration.headerByteCountMax, maxHeaderListSize: configuration.headerByteCountMax,
        maxHeaderFieldCount: 100)
    return channel
}
