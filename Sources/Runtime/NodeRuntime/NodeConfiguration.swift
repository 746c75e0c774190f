internal import Glibc
package import Leaderboards
package import Sharding

/// What a node may use and how it behaves. Limits that decide outcomes stand in `ShardSettings`.
package struct NodeConfiguration: Sendable {
    /// How many shards the data is divided into. Fixed when a data directory is created.
    package var shardCount = 256
    package var shard = ShardSettings()
    /// Bytes of commands that may wait in one shard for the log; more is answered with 503.
    package var pendingBytesMax = RecordRoom().pendingByteCountMax
    /// Requests that may wait in one shard; more are answered with 503.
    package var waitersMax = 20_000
    /// What a project may ask of a shard in one turn, in commands, before others have theirs…
    package var turnQuantum = 2048
    /// …and how much beyond it may wait, runs of commands and requests: of one project…
    package var queuedOfProjectMax = 10_000
    /// …and of all; more is answered with 503.
    package var queuedMax = 20_000
    package var durability = Durability.durable
    /// With relaxed durability: how long a record gathers commands before it is appended…
    package var relaxedDelay: Duration = .milliseconds(100)
    /// …and beyond how many bytes of a shard that wait for the log answers wait as well.
    package var relaxedBytesMax = 2 << 20
    /// A shard is checkpointed when its log has grown by this much…
    package var checkpointBytes = 64 << 20
    /// …or, after a checkpoint that wrote at least this much, by as much as that wrote…
    package var largeCheckpointBytes = 16 << 20
    /// …or when its last checkpoint is this old and something changed.
    package var checkpointAge: Duration = .seconds(60)
    /// What leaderboards in memory may take together; beyond it, the longest unused leave.
    package var memoryBytesMax = 4 << 30
    /// How long the actor may work on a checkpoint between two commands, in bytes written down.
    package var checkpointSliceBytes = 256 << 10
    /// How long a checkpoint rests while commands come, as a multiple of how long it has worked.
    package var checkpointRest = 4
    /// The name of this node in records.
    package var node: UInt64 = 1
    /// A random number of this start of the process.
    package var incarnation: UInt64 = 1

    package init() {}
}

/// When an answer is given.
package enum Durability: Sendable {
    /// When what it depends on would survive a power cut.
    case durable
    /// At once. What was answered in the last tenth of a second or two, or longer ago if the disk is slow, can be lost.
    case relaxed
}

/// Where a node takes the time from.
package protocol NodeClock: Sendable {
    /// Milliseconds of the calendar's time.
    func now() -> Timestamp
    /// Time that passes whatever is done to the calendar, and while the machine sleeps; counted from any moment.
    func uptime() -> Duration
    /// Randomness for seeds.
    func randomNumber() -> UInt64
    /// Waits; returns early when the task is cancelled.
    func sleep(for duration: Duration) async throws
}

/// The machine's clock and randomness.
package struct SystemClock: NodeClock {
    package init() {}

    package func now() -> Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
    }

    package func uptime() -> Duration {
        var time = timespec()
        clock_gettime(CLOCK_BOOTTIME, &time)
        return .seconds(Int64(time.tv_sec)) + .nanoseconds(Int64(time.tv_nsec))
    }

    package func randomNumber() -> UInt64 { UInt64.random(in: .min ... .max) }

    package func sleep(for duration: Duration) async throws { try await Task.sleep(for: duration) }
}
