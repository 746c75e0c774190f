internal import NIOCore

/// Hands datagrams on. An error of one is no reason to close.
final class DatagramHandler: ChannelInboundHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>

    private let service: GossipService

    init(_ service: GossipService) { self.service = service }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let envelope = unwrapInboundIn(data)
        service.assumeIsolated { $0.receive(Array(envelope.data.readableBytesView), from: envelope.remoteAddress) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {}
}
