internal import CZlib
package import NIOCore

/// Unpacks a gzip stream piece by piece, into no more than it is allowed to.
///
/// A few kilobytes of gzip can unpack to gigabytes, so nothing is ever unpacked beyond what is asked for: the caller takes
/// pieces of bounded size, and between two of them both limits hold. The ratio counts only beyond an allowance, since short
/// inputs that repeat themselves are honest and shrink a hundredfold.
///
/// Not for several threads at a time.
@safe package final class GzipInflater {
    package struct Limits: Sendable {
        /// Bytes that may come out altogether.
        package var outputByteCountMax = 1 << 32
        /// How many bytes may come out for each that went in, once more than the allowance has. Deflate's best is 1032; lines
        /// of scores reach 20.
        package var ratioMax = 100
        package var allowance = 1 << 20

        package init() {}
    }

    package enum Failure: Error, Equatable {
        /// It is not gzip, its checksum is wrong, or something follows its end that is no gzip.
        case malformed
        /// It ends in the middle.
        case truncated
        /// It unpacks to more than the ratio allows.
        case ratio
        /// It unpacks to more than is taken at all.
        case size
    }

    private let limits: Limits
    /// Where zlib keeps it: its address must not change.
    private let stream: UnsafeMutablePointer<z_stream>
    private var input = ByteBuffer()
    private var inputByteCount = 0
    private var outputByteCount = 0
    /// The last member has ended, and no other has begun.
    private var isBetweenMembers = false
    /// The last piece was filled, so that zlib may hold more without being given any.
    private var isMoreHeld = false

    package init(limits: Limits = Limits()) {
        self.limits = limits
        unsafe stream = .allocate(capacity: 1)
        unsafe stream.initialize(to: z_stream())
        unsafe precondition(zlib_inflate_start(stream, gzipWindowBits) == Z_OK, "zlib has no memory")
    }

    deinit {
        unsafe inflateEnd(stream)
        unsafe stream.deinitialize(count: 1)
        unsafe stream.deallocate()
    }

    /// Takes the next piece of what is packed. Precondition: `next` has answered nil.
    package func append(_ piece: ByteBuffer) {
        precondition(input.readableBytes == 0)
        input = piece
        inputByteCount += piece.readableBytes
    }

    /// The next bytes that are unpacked, 64 KiB at most; nil when more has to be appended.
    package func next() throws(Failure) -> ByteBuffer? {
        while input.readableBytes > 0 || isMoreHeld {
            if isBetweenMembers {
                unsafe inflateReset(stream)
                isBetweenMembers = false
            }
            var output = ByteBuffer()
            let status = step(into: &output)
            isMoreHeld = status == Z_OK && output.readableBytes == pieceByteCount
            switch status {
            case Z_STREAM_END: isBetweenMembers = true
            case Z_OK: break
            // Nothing could be done with what there is: the rest of the input is taken by then.
            case Z_BUF_ERROR where input.readableBytes == 0: break
            default: throw .malformed
            }
            outputByteCount += output.readableBytes
            if outputByteCount > limits.outputByteCountMax { throw .size }
            if outputByteCount - limits.allowance > inputByteCount * limits.ratioMax { throw .ratio }
            if output.readableBytes > 0 { return output }
        }
        return nil
    }

    /// To be called when nothing more is packed.
    package func finish() throws(Failure) {
        if !isBetweenMembers { throw .truncated }
    }

    private func step(into output: inout ByteBuffer) -> Int32 {
        var status = Z_OK
        unsafe input.readWithUnsafeMutableReadableBytes { packed in
            unsafe stream.pointee.next_in = packed.baseAddress?.assumingMemoryBound(to: UInt8.self)
            unsafe stream.pointee.avail_in = UInt32(packed.count)
            unsafe output.writeWithUnsafeMutableBytes(minimumWritableBytes: pieceByteCount) { room in
                unsafe stream.pointee.next_out = room.baseAddress!.assumingMemoryBound(to: UInt8.self)
                unsafe stream.pointee.avail_out = UInt32(pieceByteCount)
                status = unsafe inflate(stream, Z_NO_FLUSH)
                return unsafe pieceByteCount - Int(stream.pointee.avail_out)
            }
            return unsafe packed.count - Int(stream.pointee.avail_in)
        }
        return status
    }
}

private let pieceByteCount = 64 << 10
