internal import Glibc

/// A value that many threads may read at once, or one may change.
///
/// Writers go first, so that readers without pause can't hold up a commit. For that reason a thread must not read again
/// while it reads.
///
/// Unchecked Sendable: `value` is touched only between locking and unlocking `lock`, exclusively where it changes.
@safe final class ReadWriteLock<Value>: @unchecked Sendable {
    private var value: Value
    private let lock: UnsafeMutablePointer<pthread_rwlock_t>

    init(_ value: Value) {
        self.value = value
        unsafe lock = .allocate(capacity: 1)
        var attributes = pthread_rwlockattr_t()
        unsafe pthread_rwlockattr_init(&attributes)
        unsafe pthread_rwlockattr_setkind_np(&attributes, CInt(PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP))
        let status = unsafe pthread_rwlock_init(lock, &attributes)
        precondition(status == 0)
        unsafe pthread_rwlockattr_destroy(&attributes)
    }

    deinit {
        unsafe pthread_rwlock_destroy(lock)
        unsafe lock.deallocate()
    }

    func reading<Result, Failure>(_ body: (Value) throws(Failure) -> Result) throws(Failure) -> Result {
        let status = unsafe pthread_rwlock_rdlock(lock)
        precondition(status == 0)
        defer { unsafe pthread_rwlock_unlock(lock) }
        return try body(value)
    }

    func writing<Result, Failure>(_ body: (inout Value) throws(Failure) -> Result) throws(Failure) -> Result {
        let status = unsafe pthread_rwlock_wrlock(lock)
        precondition(status == 0)
        defer { unsafe pthread_rwlock_unlock(lock) }
        return try body(&value)
    }
}
