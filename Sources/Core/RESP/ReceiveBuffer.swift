internal import NIOCore

/// What has arrived and is not yet understood, in one piece.
///
/// The common case costs nothing: once everything was understood, the next arrival is taken over as it is. A rest is
/// moved to a buffer of its own, so that the storage of the commands before it can go, and grows by doubling from there.
struct ReceiveBuffer {
    private(set) var bytes = ByteBuffer()

    mutating func append(_ arrived: ByteBuffer) {
        if bytes.readableBytes == 0 {
            bytes = arrived
        } else if bytes.readerIndex > 0 {
            var joined = ByteBuffer()
            joined.reserveCapacity(bytes.readableBytes + arrived.readableBytes)
            joined.writeImmutableBuffer(bytes)
            joined.writeImmutableBuffer(arrived)
            bytes = joined
        } else {
            bytes.writeImmutableBuffer(arrived)
        }
    }

    /// Removes the first `count` bytes and returns them, then drops as many as said.
    mutating func take(_ count: Int, thenSkip skipped: Int) -> ByteBuffer {
        let taken = bytes.readSlice(length: count)!
        consume(skipped)
        return taken
    }

    mutating func consume(_ count: Int) { bytes.moveReaderIndex(forwardBy: count) }

    /// Lets go of memory of which everything was consumed, so that whoever reads from the socket may fill it again.
    mutating func release() {
        if bytes.readableBytes == 0 { bytes = ByteBuffer() }
    }

    /// Replaces the first unread bytes.
    mutating func overwrite(with replacement: [UInt8]) { bytes.setBytes(replacement, at: bytes.readerIndex) }
}
