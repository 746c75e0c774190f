internal import NIOCore

/// Writes what a client says.
///
/// Subjects and headers are checked before: see `Subject` and `MessageHeaders.problem`.
extension ByteBuffer {
    mutating func writeConnect(_ json: ByteBuffer) {
        writeStaticString("CONNECT ")
        writeImmutableBuffer(json)
        writeStaticString("\r\n")
    }

    mutating func writePing() { writeStaticString("PING\r\n") }
    mutating func writePong() { writeStaticString("PONG\r\n") }

    mutating func writeSubscribe(_ subject: String, queue: String?, subscription: UInt64) {
        writeString("SUB \(subject) \(queue.map { $0 + " " } ?? "")\(subscription)\r\n")
    }

    mutating func writeUnsubscribe(_ subscription: UInt64) { writeString("UNSUB \(subscription)\r\n") }

    /// PUB, or HPUB where there are headers.
    mutating func writePublish(
        _ subject: String, replyTo: String?, headers: MessageHeaders, payload: ByteBuffer
    ) {
        let reply = replyTo.map { $0 + " " } ?? ""
        if headers.isEmpty {
            writeString("PUB \(subject) \(reply)\(payload.readableBytes)\r\n")
        } else {
            let count = headers.byteCount
            writeString("HPUB \(subject) \(reply)\(count) \(count + payload.readableBytes)\r\n")
            headers.write(to: &self)
        }
        writeImmutableBuffer(payload)
        writeStaticString("\r\n")
    }
}

/// The rules for subjects.
enum Subject {
    static let byteCountMax = 512

    /// Why one can't publish or subscribe to it; nil if one can.
    static func problem(_ subject: String, allowsWildcards: Bool) -> String? {
        let isText = subject.utf8.allSatisfy { 0x21...0x7E ~= $0 } && subject.utf8.count <= byteCountMax
        let tokens = subject.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard isText, tokens.allSatisfy({ !$0.isEmpty }) else { return "'\(subject.prefix(64))' is no subject" }
        let isWild = tokens.contains { $0.elementsEqual("*".utf8) || $0.elementsEqual(">".utf8) }
        return isWild && !allowsWildcards ? "'\(subject.prefix(64))' has a wildcard" : nil
    }
}
