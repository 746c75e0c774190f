package import Admission
internal import Glibc
package import Leaderboards
internal import NIOCore

/// The two times that access depends on: the calendar's for what expires, one that never goes back for rates.
package struct AccessClock: Sendable {
    package let now: @Sendable () -> Timestamp
    package let uptime: @Sendable () -> MonotonicTime
    /// Waits; returns early when the task is cancelled.
    package let sleep: @Sendable (Duration) async throws -> Void

    package init(
        now: @escaping @Sendable () -> Timestamp, uptime: @escaping @Sendable () -> MonotonicTime,
        sleep: @escaping @Sendable (Duration) async throws -> Void
    ) {
        self.now = now
        self.uptime = uptime
        self.sleep = sleep
    }

    /// The machine's.
    package static let system = AccessClock(
        now: {
            var time = timespec()
            clock_gettime(CLOCK_REALTIME, &time)
            return Timestamp(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
        },
        uptime: { MonotonicTime(nanoseconds: NIODeadline.now().uptimeNanoseconds) },
        sleep: { try await Task.sleep(for: $0) })
}
