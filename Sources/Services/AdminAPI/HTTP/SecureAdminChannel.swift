import HummingbirdCore
import Logging
import NIOCore
import NIOSSL

/// A connection over TLS, with whichever certificate is current when it begins.
///
/// The handshake has no timer of its own: a connection that brings no request is closed after the idle timeout, and until the
/// handshake is over there is none.
struct SecureAdminChannel: ServerChildChannel {
    let certificate: @Sendable () -> NIOSSLContext
    let http1: HTTP1Channel

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<HTTP1Channel.Value> {
        channel.eventLoop.makeCompletedFuture {
            try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: certificate()))
        }.flatMap { http1.setup(channel: channel, logger: logger) }
    }

    func handle(value: HTTP1Channel.Value, logger: Logger) async { await http1.handle(value: value, logger: logger) }
}
