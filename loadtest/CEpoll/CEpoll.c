// Here only: in a header it would make other types of the C library's than Swift's own module has.
#define _GNU_SOURCE
#include "CEpoll.h"

#include <sched.h>
#include <stddef.h>
#include <sys/prctl.h>

int laurel_epoll_wait(int epoll, struct epoll_event *events, int count_max, int64_t nanoseconds) {
    if (nanoseconds == 0) return epoll_wait(epoll, events, count_max, 0);
    if (nanoseconds < 0) return epoll_wait(epoll, events, count_max, -1);
    struct timespec limit = {.tv_sec = nanoseconds / 1000000000, .tv_nsec = nanoseconds % 1000000000};
    return epoll_pwait2(epoll, events, count_max, &limit, NULL);
}

int laurel_epoll_add(int epoll, int socket, uint32_t token) {
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data.u32 = token};
    return epoll_ctl(epoll, EPOLL_CTL_ADD, socket, &event);
}

uint32_t laurel_epoll_token(const struct epoll_event *event) { return event->data.u32; }

int laurel_pin_to_core(int core) {
    cpu_set_t cores;
    CPU_ZERO(&cores);
    CPU_SET(core, &cores);
    return sched_setaffinity(0, sizeof cores, &cores);
}

void laurel_exact_timers(void) { prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0); }
