internal import NIOCore
internal import NIOTLS

/// Tells the shell what happens to one connection.
final class ClientHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let id: ConnectionID
    private let shell: ClientShell
    private var reason = "the connection ended"

    init(id: ConnectionID, shell: ClientShell) {
        self.id = id
        self.shell = shell
    }

    func channelActive(context: ChannelHandlerContext) {
        shell.opened(id, context.channel)
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        shell.handle(.received(id, unwrapInboundIn(data)))
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .handshakeCompleted? = event as? TLSUserEvent { shell.handle(.secured(id)) }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        reason = "\(error)"
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        shell.handle(.lost(id, reason))
        context.fireChannelInactive()
    }
}
