package import NIOCore

/// What a server says, one operation of its protocol.
package enum ServerOperation: Hashable, Sendable {
    /// The server describes itself, in JSON: first of all, and when its cluster changes.
    case info(ByteBuffer)
    case message(Message)
    case ping
    case pong
    case ok
    /// Without its quotes. Most of them are followed by the end of the connection.
    case error(String)
}

/// A message as it arrived.
package struct Message: Hashable, Sendable {
    package var subject: String
    package var replyTo: String?
    package var headers: MessageHeaders
    package var payload: ByteBuffer
    /// Of the subscription that it is for.
    var subscription: UInt64

    package init(
        subject: String, replyTo: String? = nil, headers: MessageHeaders = MessageHeaders(),
        payload: ByteBuffer = ByteBuffer(), subscription: UInt64 = 0
    ) {
        self.subject = subject
        self.replyTo = replyTo
        self.headers = headers
        self.payload = payload
        self.subscription = subscription
    }

    package var status: Int? { headers.status }
    var byteCount: Int { subject.utf8.count + headers.byteCount + payload.readableBytes }
}
