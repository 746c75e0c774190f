internal import NIOCore
internal import RESP

/// One client's bytes: cut into commands, run, answered in order.
struct ClientConnection {
    private var parser: CommandParser
    private var session: ClientSession
    private var batch = CommandBatch()

    init(context: SessionContext) {
        session = ClientSession(context: context)
        var limits = CommandParser.Limits()
        limits.bulkBytesMax = context.configuration.argumentByteCountMax
        limits.isAuthenticated = false
        parser = CommandParser(limits: limits)
    }

    /// Runs what has arrived complete. False if the connection is to be closed.
    mutating func take(
        _ bytes: ByteBuffer, replying reply: (ByteBuffer) async throws -> Void
    ) async throws -> Bool {
        parser.append(bytes)
        while true {
            var problem: ProtocolError?
            var isMore = false
            do throws(ProtocolError) { isMore = try parser.next(into: &batch) } catch { problem = error }
            if !batch.isEmpty {
                let replies = await session.run(batch)
                if replies.readableBytes > 0 { try await reply(replies) }
                if session.isOver { return false }
                parser.limits.isAuthenticated = session.isAuthenticated
            }
            if let problem {
                var writer = ReplyWriter(version: session.version)
                writer.error(problem)
                try await reply(writer.buffer)
                return false
            }
            if !isMore { return true }
        }
    }
}
