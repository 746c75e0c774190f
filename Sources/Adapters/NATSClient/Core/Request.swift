package import NIOCore

/// Names a request for the life of its client.
package struct RequestID: Hashable, Comparable, Sendable {
    let number: UInt64
    package static func < (left: RequestID, right: RequestID) -> Bool { left.number < right.number }
}

/// A message that wants an answer, or none.
package struct Request: Sendable {
    package enum Replies: Sendable {
        /// It is over once it was handed to the socket.
        case none
        /// They come to whoever has subscribed to this subject. It is over once it was handed to the socket, too.
        case elsewhere(String)
        case one
        /// Any number without a status, then one with a status, which ends it: how JetStream answers batches.
        case many
    }

    package var subject: String
    package var headers: MessageHeaders
    package var payload: ByteBuffer
    package var replies: Replies
    /// Until the reply, and with many between two of them.
    package var timeout: Duration
    /// A reply that comes after the outcome is still told, until the request is forgotten.
    package var lingers: Bool

    package init(
        subject: String, headers: MessageHeaders = MessageHeaders(), payload: ByteBuffer = ByteBuffer(),
        replies: Replies = .one, timeout: Duration = .seconds(5), lingers: Bool = false
    ) {
        self.subject = subject
        self.headers = headers
        self.payload = payload
        self.replies = replies
        self.timeout = timeout
        self.lingers = lingers
    }
}

/// How a request ended. Each has exactly one.
package enum RequestOutcome: Hashable, Sendable {
    case reply(Message)
    /// It wanted no reply, and was handed to the socket.
    case sent
    /// It reached a server, and nobody was there to take it.
    case noResponders
    /// It was sent, and what came of it is unknown.
    case timedOut
    /// It was handed to the socket, then the connection was lost: what came of it is unknown.
    case lost(String)
    /// There was no connection, or no room. It certainly was not sent, and won't be.
    case notSent(String)
    /// It can't be sent as it is, or the server does not let us.
    case refused(RequestRefusal)
    /// The client was closed; whether it was done is unknown.
    case closed
}

package enum RequestRefusal: Hashable, Sendable {
    case invalid(String)
    /// With its headers it has more bytes than the server takes.
    case tooLarge(byteCount: Int, max: Int)
    case notPermitted
}

/// What becomes of a request.
package enum RequestEvent: Hashable, Sendable {
    /// One of many replies.
    case part(Message)
    case end(RequestOutcome)
    /// After the end.
    case late(Message)
}
