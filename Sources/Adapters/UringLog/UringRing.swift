internal import CUring
internal import Glibc

/// The kernel's ring.
@safe final class UringRing: SubmissionRing {
    private let handle: OpaquePointer

    init() throws(SystemError) {
        var handle: OpaquePointer?
        let result = unsafe uring_open(&handle)
        guard result == 0, let handle = unsafe handle else { throw SystemError("io_uring_setup", "", code: -result) }
        unsafe self.handle = handle
    }

    deinit { unsafe uring_close(handle) }

    func submit(_ bytes: UnsafeRawBufferPointer, to file: any LogFile, at offset: Int) throws(SystemError) {
        guard let descriptor = file.descriptor, let count = UInt32(exactly: bytes.count) else {
            throw SystemError("io_uring_submit", "", code: EINVAL)
        }
        let result = unsafe uring_submit(handle, descriptor, bytes.baseAddress, count, UInt64(offset))
        guard result == 0 else { throw SystemError("io_uring_submit", "", code: -result) }
    }

    func wait() throws(SystemError) -> RingCompletion {
        var written: Int32 = 0
        var synced: Int32 = 0
        let result = unsafe uring_wait(handle, &written, &synced)
        guard result == 0 else { throw SystemError("io_uring_wait", "", code: -result) }
        return RingCompletion(written: written, synced: synced)
    }
}
