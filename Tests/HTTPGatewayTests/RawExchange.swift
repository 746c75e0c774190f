import NIOCore
import NIOPosix

/// Sends bytes to a port of this machine and answers with what comes back until the server closes.
func rawExchange(_ port: Int, _ bytes: [UInt8]) async throws -> String {
    let channel = try await connection(port)
    return try await channel.executeThenClose { inbound, outbound in
        do {
            try await outbound.write(ByteBuffer(bytes: bytes))
        } catch is IOError {
            // It may close before it has been sent everything.
        } catch is ChannelError {
        }
        return await all(of: inbound)
    }
}

func rawExchange(_ port: Int, _ text: String) async throws -> String { try await rawExchange(port, Array(text.utf8)) }

/// Sends `start`, and then a byte more now and then until the server closes. Answers with what came back.
func rawTrickle(_ port: Int, _ start: String, byte: String, every interval: TimeAmount) async throws -> String {
    let channel = try await connection(port)
    return try await channel.executeThenClose { inbound, outbound in
        // A connection that was silent for too long, on a busy machine, is closed already.
        try? await outbound.write(ByteBuffer(string: start))
        let socket = channel.channel
        let trickle = socket.eventLoop.scheduleRepeatedTask(initialDelay: interval, delay: interval) { _ in
            socket.writeAndFlush(ByteBuffer(string: byte), promise: nil)
        }
        defer { trickle.cancel() }
        return await all(of: inbound)
    }
}

private func connection(_ port: Int) async throws -> NIOAsyncChannel<ByteBuffer, ByteBuffer> {
    try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
        .connect(host: "localhost", port: port) { channel in
            channel.eventLoop.makeCompletedFuture {
                try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
            }
        }
}

private func all(of inbound: NIOAsyncChannelInboundStream<ByteBuffer>) async -> String {
    var answer = ByteBuffer()
    do {
        for try await var chunk in inbound { answer.writeBuffer(&chunk) }
    } catch {
        // The server may reset a connection of which it has not read everything.
    }
    return String(buffer: answer)
}
