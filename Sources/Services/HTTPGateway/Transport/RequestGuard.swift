import NIOCore
import NIOHTTP1

/// Refuses requests that two readers could understand differently.
///
/// Between a client and Laurel there may be proxies, and requests for different clients share a connection. Where a proxy and
/// Laurel disagree about where a request ends, one client's bytes become another's request. So whatever leaves room for
/// that is answered 400 and ends the connection, even where the standard lets a server guess. The parser refuses most of it;
/// what it takes, and with how many bytes for how little body, is looked at here.
///
/// It stands behind the parser, with `WireMeter` before it.
final class RequestGuard: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    private let meter: WireMeter
    private var isRefusing = false
    private var isReadingBody = false
    private var bodyByteCount = 0
    private var requestCount = 0
    private var answerCount = 0
    /// The number of the request behind which the connection ends.
    private var lastRequest: Int?

    init(meter: WireMeter) { self.meter = meter }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if isRefusing { return }
        switch unwrapInboundIn(data) {
        case .head(var head):
            if let fault = Self.fault(in: head) { return refuse(fault, context) }
            isReadingBody = true
            requestCount += 1
            bodyByteCount = 0
            meter.byteCount = 0
            // The parser reads no further than a request that asks for another protocol. It gets its answer in this one,
            // and then the connection ends instead of hanging.
            if head.headers.contains(name: "upgrade") {
                head.headers.replaceOrAdd(name: "connection", value: "close")
                lastRequest = requestCount
            }
            return context.fireChannelRead(wrapInboundOut(.head(head)))
        case .body(let bytes): bodyByteCount += bytes.readableBytes
        case .end(let trailers):
            isReadingBody = false
            if let trailers, trailers.count > Self.trailerCountMax { return refuse(.headerOverflow, context) }
        }
        context.fireChannelRead(data)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        // Chunks of a byte, each with a kilobyte of extensions: work that no limit on bodies counts.
        if isReadingBody, !isRefusing,
            meter.byteCount > Self.overheadAllowance + Self.overheadRatioMax * bodyByteCount
        {
            refuse(.invalidChunkSize, context)
        }
        context.fireChannelReadComplete()
    }

    /// Tells the client where the connection ends: it may be about to send the next request.
    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard case .head(var head) = unwrapOutboundIn(data), head.status.code >= 200 else {
            return context.write(data, promise: promise)
        }
        answerCount += 1
        guard answerCount == lastRequest else { return context.write(data, promise: promise) }
        head.headers.replaceOrAdd(name: "connection", value: "close")
        context.write(wrapOutboundOut(.head(head)), promise: promise)
    }

    private func refuse(_ fault: HTTPParserError, _ context: ChannelHandlerContext) {
        isRefusing = true
        context.fireErrorCaught(fault)
    }

    private static let trailerCountMax = 20
    /// A chunk of one byte takes six, and more with zeros in front of its size.
    private static let overheadRatioMax = 16
    private static let overheadAllowance = 64 << 10

    /// What makes a head ambiguous.
    static func fault(in head: HTTPRequestHead) -> HTTPParserError? {
        guard head.version == .http1_1 || head.version == .http1_0 else { return .invalidVersion }
        // Paths only: Laurel is no proxy, and what a whole URL names may be another host than Host does.
        guard head.uri.utf8.first == UInt8(ascii: "/"), head.uri.utf8.allSatisfy(isTargetByte) else {
            return .invalidURL
        }
        var hostCount = 0
        var lengthCount = 0
        var codingCount = 0
        for (name, value) in head.headers {
            switch name.utf8.count {
            case 4 where name.lowercased() == "host":
                hostCount += 1
                guard trimmed(value).allSatisfy(isHostByte) else { return .invalidHeaderToken }
            case 14 where name.lowercased() == "content-length":
                lengthCount += 1
                let digits = trimmed(value)
                guard (1...18).contains(digits.count), digits.allSatisfy({ (0x30...0x39).contains($0) }) else {
                    return .invalidContentLength
                }
            case 17 where name.lowercased() == "transfer-encoding":
                codingCount += 1
                guard value.lowercased() == "chunked", head.version == .http1_1 else { return .invalidHeaderToken }
            default: break
            }
        }
        guard lengthCount <= 1, codingCount <= 1, lengthCount + codingCount <= 1 else {
            return .unexpectedContentLength
        }
        guard hostCount <= 1, hostCount == 1 || head.version == .http1_0 else { return .invalidHeaderToken }
        return nil
    }

    /// Without the white space behind it, which the parser leaves and the standard allows.
    private static func trimmed(_ value: String) -> Substring.UTF8View {
        var bytes = value[...].utf8
        while let last = bytes.last, last == UInt8(ascii: " ") || last == UInt8(ascii: "\t") { bytes.removeLast() }
        return bytes
    }

    private static func isTargetByte(_ byte: UInt8) -> Bool {
        (0x21...0x7E).contains(byte) && byte != UInt8(ascii: "#")
    }

    private static func isHostByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"),
            UInt8(ascii: ":"), UInt8(ascii: "["), UInt8(ascii: "]"):
            true
        default: false
        }
    }
}

/// Counts the bytes that the parser is given.
final class WireMeter: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    /// Since somebody set it to 0.
    var byteCount = 0

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        byteCount += unwrapInboundIn(data).readableBytes
        context.fireChannelRead(data)
    }
}
