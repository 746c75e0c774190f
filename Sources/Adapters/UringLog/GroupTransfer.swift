internal import Glibc

/// Brings one group at a time to the disk, in two steps so that the writer can use the time in between.
///
/// A ring starts the write and the sync at once and lets the thread go on; it costs some microseconds more than two
/// plain calls, so small groups, whose callers are told quickly, are written plainly.
@safe final class GroupTransfer {
    private let ring: (any SubmissionRing)?
    private let ringByteCountMin: Int
    private let syncs: Bool
    private var bytes = unsafe UnsafeRawBufferPointer(start: nil, count: 0)
    private var file: (any LogFile)?
    private var offset = 0
    private var isSubmitted = false

    init(ring: (any SubmissionRing)?, ringByteCountMin: Int, syncs: Bool) {
        self.ring = ring
        self.ringByteCountMin = ringByteCountMin
        self.syncs = syncs
    }

    /// `bytes` must stay until `finish` has returned.
    func begin(_ bytes: UnsafeRawBufferPointer, to file: any LogFile, at offset: Int) throws(SystemError) {
        unsafe self.bytes = unsafe bytes
        self.file = file
        self.offset = offset
        isSubmitted = ring != nil && syncs && bytes.count >= ringByteCountMin
        if isSubmitted { try unsafe ring!.submit(bytes, to: file, at: offset) }
    }

    /// Returns once the group is durable. After an error nothing is known, and nothing may be tried again: the kernel
    /// drops what it failed to write, and the next sync succeeds without it.
    func finish() throws(SystemError) {
        guard let file else { return }
        self.file = nil
        if isSubmitted {
            try finishRing(file)
        } else {
            try unsafe file.writeAll(bytes, at: offset)
            if syncs { try file.syncData() }
        }
    }

    private func finishRing(_ file: any LogFile) throws(SystemError) {
        var written = 0
        while true {
            let completion = try ring!.wait()
            switch completion.written {
            case 0: throw SystemError("write (io_uring)", "", code: ENOSPC)
            // Interrupted before the first byte: the write, unlike a sync, may be repeated.
            case -EINTR, -EAGAIN: break
            case ..<0: throw SystemError("write (io_uring)", "", code: -completion.written)
            default: written += Int(completion.written)
            }
            if unsafe written >= bytes.count {
                guard completion.synced == 0 else {
                    throw SystemError("fdatasync (io_uring)", "", code: -completion.synced)
                }
                return
            }
            // Cut short, and with that the sync was cancelled. A sync that failed by itself is not gone past.
            guard completion.synced == 0 || completion.synced == -ECANCELED else {
                throw SystemError("fdatasync (io_uring)", "", code: -completion.synced)
            }
            let rest = unsafe UnsafeRawBufferPointer(rebasing: bytes[written...])
            try unsafe ring!.submit(rest, to: file, at: offset + written)
        }
    }
}
