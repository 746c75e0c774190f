#ifndef LAUREL_CEPOLL_H
#define LAUREL_CEPOLL_H

#include <stdint.h>
#include <sys/epoll.h>
#include <time.h>

/// What Swift's own module of the C library leaves out: waiting for many sockets, and on which core this thread runs.

/// Waits as `epoll_wait` does, but with a limit in nanoseconds; a negative one means none.
int laurel_epoll_wait(int epoll, struct epoll_event *events, int count_max, int64_t nanoseconds);

/// Watches a socket for both directions, edge by edge. 0, or -1 with `errno`.
int laurel_epoll_add(int epoll, int socket, uint32_t token);

/// The token that the socket of an event was added with.
uint32_t laurel_epoll_token(const struct epoll_event *event);

/// Keeps this thread, and what it starts later, on one core. 0, or -1 with `errno`.
int laurel_pin_to_core(int core);

/// Lets timed waits of this thread end when they should, and not up to 50 microseconds later.
void laurel_exact_timers(void);

/// Nanoseconds of a clock that nobody sets.
static inline int64_t laurel_monotonic_nanoseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

#endif
