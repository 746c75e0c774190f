package import NIOCore

/// Cuts what a client sends into commands, multibulk (`*2\r\n$3\r\nGET\r\n…`) or inline (`GET name`), without any I/O.
///
/// Arguments stay where they arrived: a batch refers to them by their place in the buffer. What is incomplete waits for
/// the next arrival together with how far it was understood, so nothing is read twice. Lengths that are only announced
/// reserve no memory.
///
/// As in Redis, a header line ends with `\r` and any byte, an argument is followed by any two bytes, and `*0`, `*-1` and
/// empty lines are no commands. Other than there, NUL is a byte like any other and a line is too long no matter how it
/// arrives.
package struct CommandParser: Sendable {
    package var limits: Limits
    private var received = ReceiveBuffer()
    private var scanner = CommandScanner()
    private var failure: ProtocolError?

    package init(limits: Limits = Limits()) { self.limits = limits }

    /// Adds what has arrived. Drain `next(into:)` before the next arrival: nothing else bounds what waits here.
    package mutating func append(_ bytes: ByteBuffer) { received.append(bytes) }

    /// Replaces the contents of `batch` by the complete commands, `commandsPerBatch` at most.
    ///
    /// While `isAuthenticated` is false that is one command, since it may be the one that changes the limits.
    /// - Returns: false if there was no complete command: append more.
    /// - Throws: the first violation, now and ever after. `batch` then holds the commands before it, still to be run.
    package mutating func next(into batch: CommandBatch) throws(ProtocolError) -> Bool {
        batch.removeAll(keepingCapacity: true)
        if let failure { throw failure }
        let first = received.bytes.readerIndex
        defer {
            batch.refer(to: received.bytes, from: first)
            received.release()
        }
        let countMax = limits.isAuthenticated ? limits.commandsPerBatch : 1
        do {
            while true {
                takeWholeCommands(into: batch, countMax: countMax, first: first)
                guard batch.count < countMax, try scanCommand() else { break }
                finishCommand(of: batch, first: first)
            }
        } catch {
            failure = error
            throw error
        }
        return !batch.isEmpty
    }

    /// Bytes that wait for the rest of their command.
    package var pendingByteCount: Int { received.bytes.readableBytes }
    /// Bytes of memory the waiting ones take.
    var reservedByteCount: Int { received.bytes.capacity }

    /// Takes the commands that have arrived whole and in their usual form, as nearly all do, in one pass over the bytes.
    private mutating func takeWholeCommands(into batch: CommandBatch, countMax: Int, first: Int) {
        guard limits.isAuthenticated, scanner.isAtStart, batch.count < countMax else { return }
        let shift = received.bytes.readerIndex - first
        let taken = unsafe received.bytes.withUnsafeReadableBytes { bytes in
            unsafe batch.appendWholeCommands(of: bytes, countMax: countMax, shiftedBy: shift, limits)
        }
        received.consume(taken)
    }

    private mutating func scanCommand() throws(ProtocolError) -> Bool {
        let bytes = received.bytes
        return try scanner.scan(bytes.readableBytesUInt8Span, limits)
    }

    private mutating func finishCommand(of batch: CommandBatch, first: Int) {
        if !scanner.rewritten.isEmpty { received.overwrite(with: scanner.rewritten) }
        if !scanner.arguments.isEmpty {
            batch.append(scanner.arguments, shiftedBy: received.bytes.readerIndex - first)
        }
        received.consume(scanner.position)
        scanner.reset()
    }
}

extension CommandParser {
    /// What a client may send. Exceeding any of it is a `ProtocolError`.
    package struct Limits: Sendable, Hashable {
        /// Bytes of an inline command and of a header line, without the line end.
        package var inlineBytesMax = 64 << 10
        /// Arguments of a command, its name included.
        package var argumentCountMax = 1 << 20
        /// Bytes of one argument.
        package var bulkBytesMax = 64 << 20
        /// Bytes of a whole command as sent; below 2 GiB, which keeps every place within a `ByteBuffer`.
        package var commandBytesMax = 256 << 20
        /// Commands handed out at once, at least 1.
        package var commandsPerBatch = 1024
        /// Until then commands are limited to 10 arguments of 16 KiB.
        package var isAuthenticated = true

        package init() {}

        static let unauthenticatedArgumentCountMax = 10
        static let unauthenticatedBulkBytesMax = 16 << 10
    }
}
