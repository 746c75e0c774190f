#define _GNU_SOURCE
#include "CUring.h"

#include <errno.h>
#include <fcntl.h>
#include <liburing.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/prctl.h>

enum { WRITE = 1, SYNC = 2 };

struct uring_handle {
    struct io_uring ring;
    int pending;
    // The kernel took the write without the sync: a link ends with the submission, so the two lost their order.
    int unlinked;
};

static void note_partial_submission(uring_handle *ring) {
    if (io_uring_sq_ready(&ring->ring) == 1) ring->unlinked = 1;
}

int uring_open(uring_handle **ring) {
    uring_handle *handle = calloc(1, sizeof *handle);
    if (!handle) return -ENOMEM;
    int result = io_uring_queue_init(4, &handle->ring, 0);
    if (result < 0) {
        free(handle);
        return result;
    }
    *ring = handle;
    return 0;
}

void uring_close(uring_handle *ring) {
    io_uring_queue_exit(&ring->ring);
    free(ring);
}

int uring_submit(uring_handle *ring, int descriptor, const void *bytes, uint32_t count, uint64_t offset) {
    struct io_uring_sqe *write = io_uring_get_sqe(&ring->ring);
    struct io_uring_sqe *sync = io_uring_get_sqe(&ring->ring);
    if (!write || !sync) return -EBUSY;
    io_uring_prep_write(write, descriptor, bytes, count, offset);
    io_uring_sqe_set_data64(write, WRITE);
    write->flags |= IOSQE_IO_LINK;
    io_uring_prep_fsync(sync, descriptor, IORING_FSYNC_DATASYNC);
    io_uring_sqe_set_data64(sync, SYNC);
    // Both entries sit in the ring from here on. Should the kernel take none of them now, it takes them with the wait.
    ring->pending = 2;
    int result;
    do result = io_uring_submit(&ring->ring);
    while (result == -EINTR);
    note_partial_submission(ring);
    return 0;
}

int uring_wait(uring_handle *ring, int32_t *write_result, int32_t *sync_result) {
    while (ring->pending > 0) {
        struct io_uring_cqe *completion;
        int result = io_uring_submit_and_wait(&ring->ring, 1);
        note_partial_submission(ring);
        if (result == -EINTR || result == -EAGAIN || result == -EBUSY) continue;
        if (result < 0) return result;
        while (io_uring_peek_cqe(&ring->ring, &completion) == 0) {
            *(io_uring_cqe_get_data64(completion) == WRITE ? write_result : sync_result) = completion->res;
            io_uring_cqe_seen(&ring->ring, completion);
            ring->pending--;
        }
    }
    return ring->unlinked ? -EIO : 0;
}

int posix_lock_file(int descriptor) {
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    if (flock(descriptor, LOCK_EX | LOCK_NB) < 0) return -1;
    return fcntl(descriptor, F_OFD_SETLK, &whole);
}

void posix_name_thread(const char *name) { prctl(PR_SET_NAME, name, 0, 0, 0); }
