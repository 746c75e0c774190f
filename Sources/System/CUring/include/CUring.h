// liburing's header clashes with swift-system's CSystem module when both come in through module maps, so it is
// included by the .c file only and Swift sees the few calls the log needs.
#ifndef LAUREL_CURING_H
#define LAUREL_CURING_H

#include <stdint.h>

/// An io_uring that carries one write-and-sync at a time. Used by one thread only.
typedef struct uring_handle uring_handle;

/// Makes a ring. Answers 0, or a negated errno: -ENOSYS and -EPERM where the kernel or a seccomp filter refuses.
int uring_open(uring_handle **ring);

void uring_close(uring_handle *ring);

/// Starts a write of `count` bytes linked to an fdatasync, and returns without waiting for either. The bytes must stay
/// where they are until `uring_wait` has answered. Answers 0 or a negated errno; then nothing was started.
int uring_submit(uring_handle *ring, int descriptor, const void *bytes, uint32_t count, uint64_t offset);

/// Waits for both halves of what was submitted. A write that fails or comes out short cancels the sync, whose result is
/// then -ECANCELED. Answers 0 or a negated errno; then the outcome is unknown and the bytes may still be read.
int uring_wait(uring_handle *ring, int32_t *write_result, int32_t *sync_result);

/// Takes both exclusive locks on an open file, flock and the open file description's, without waiting.
/// Answers 0, or -1 with errno set. (In Swift, the structure `flock` hides the function.)
int posix_lock_file(int descriptor);

/// Names the calling thread, for debuggers and `top`: at most 15 bytes. (Swift's Glibc lacks the call.)
void posix_name_thread(const char *name);

#endif
