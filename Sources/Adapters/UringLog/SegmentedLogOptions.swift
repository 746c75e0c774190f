package import Leaderboards
internal import Sharding

/// How a log is kept. Every value may differ between nodes and from one opening to the next.
package struct SegmentedLogOptions: Sendable {
    /// How groups reach the disk.
    package enum WriteMethod: Sendable, Hashable {
        /// Small groups plainly, large ones through a ring, where the kernel allows a ring.
        case automatic
        /// Through a ring, always. Opening fails where there is none.
        case ring
        /// pwrite, then fdatasync.
        case plain
    }

    /// Size of a segment's file in bytes, a multiple of 4096. Space is given back by whole segments, and a record must
    /// fit into one: `LogRecord.byteCountMax` needs 16 MiB.
    package var segmentByteCount = 64 << 20
    /// Records that arrive while a group is being synced collect up to this many bytes; later appends wait their turn.
    package var groupByteCountMax = 4 << 20
    package var writeMethod = WriteMethod.automatic
    /// With `.automatic`, the size in bytes from which on a group goes through the ring.
    package var ringByteCountMin = 64 << 10
    /// Whether a thread of its own makes the next segment ready, so that beginning it stalls no append. It costs the
    /// space of one more segment.
    package var preparesAhead = true
    /// How many segments are verified at once at the opening.
    package var verifyingThreads = 2

    package init() {}

    // The group that marks the end of a run has its place in every segment.
    private var segmentBodyByteCountMax: Int {
        segmentByteCount - SegmentHeader.byteCount - 2 * GroupHeader.byteCount
    }

    /// The most a record may have to fit into a segment.
    var recordByteCountMax: Int { min(LogRecord.byteCountMax, segmentBodyByteCountMax) }

    /// How many bytes of records a group collects, unless one record has more.
    var groupBodyByteCountMax: Int { min(groupByteCountMax, segmentBodyByteCountMax) }

    var problem: String? {
        if segmentByteCount % 4096 != 0 || segmentByteCount < 2 * SegmentHeader.byteCount || segmentByteCount > 4 << 30
        {
            return "segmentByteCount is \(segmentByteCount): it must be a multiple of 4096 from 8192 to 4 GiB"
        }
        if groupByteCountMax < 1 || groupByteCountMax > 64 << 20 {
            return "groupByteCountMax is \(groupByteCountMax): it must be 1 to 64 MiB"
        }
        if verifyingThreads < 1 { return "verifyingThreads is \(verifyingThreads): it must be at least 1" }
        return nil
    }
}

/// Safeguards that a test may switch off to show that its checker notices. Nothing else has a use for it.
package struct TestingGuards: Sendable {
    package static let all = TestingGuards()

    /// Off: groups are written without a sync.
    package var syncs = true
    /// Off: checksums and hash chains are not compared.
    package var verifies = true

    package init() {}
}

/// Something the operator should know about, while the log goes on.
package enum LogNotice: Sendable, Hashable, CustomStringConvertible {
    /// The kernel gives no ring. Every group is written plainly.
    case ringUnavailable(SystemError)
    /// The last group had not been synced when the process or the machine stopped. Nothing in it was acknowledged.
    case tornTailDropped(file: String, position: LogPosition, byteCount: Int)
    /// The next segment could not be made ready. It is tried again when it is needed.
    case preparationFailed(SystemError)
    /// The log accepts nothing any more.
    case failed(String)

    package var description: String {
        switch self {
        case .ringUnavailable(let error): "no io_uring (\(error)): writing with pwrite and fdatasync"
        case .tornTailDropped(let file, let position, let byteCount):
            "\(file): dropped a torn tail of \(byteCount) bytes at position \(position)"
        case .preparationFailed(let error): "could not prepare the next segment: \(error)"
        case .failed(let reason): "the log failed: \(reason)"
        }
    }
}

/// What an opening found.
package struct RecoverySummary: Sendable, Hashable {
    package internal(set) var segments = 0
    package internal(set) var records = 0
    /// Bytes of valid groups.
    package internal(set) var byteCount = 0
    /// Bytes at the end that were no valid group. Where the file was recycled, those that can be told apart.
    package internal(set) var tornByteCount = 0
    package internal(set) var wasClosed = true
    package internal(set) var firstPosition = LogPosition.start
    /// Where the next group goes.
    package internal(set) var endPosition = LogPosition.start
    package internal(set) var duration = Duration.zero
}

/// Where a log is not what it should be.
package struct LogDamage: Error, Hashable, Sendable, CustomStringConvertible {
    package let file: String
    package let offset: Int
    package let position: LogPosition?
    package let problem: String

    package init(file: String, offset: Int, position: LogPosition?, problem: String) {
        self.file = file
        self.offset = offset
        self.position = position
        self.problem = problem
    }

    package var description: String {
        "\(file) at byte \(offset)\(position.map { ", position \($0)" } ?? ""): \(problem)"
    }
}

/// Why a log can't be opened.
package enum LogOpenError: Error, Hashable, Sendable {
    case invalidOptions(String)
    /// Another process, or this one, has the log open.
    case locked(by: Int32?)
    /// Acknowledged records are missing or changed. Restore the file, or give the log up: it is not repaired here.
    case damaged(LogDamage)
    /// Written by a newer Laurel.
    case unknownVersion(file: String, UInt32)
    case noSpace(SystemError)
    case failed(SystemError)

    init(_ error: SystemError) { self = error.isNoSpace ? .noSpace(error) : .failed(error) }
}

extension LogOpenError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .invalidOptions(let problem): problem
        case .locked(let holder): "the log is open in \(holder.map { "process \($0)" } ?? "another process")"
        case .damaged(let damage): "the log is damaged: \(damage)"
        case .unknownVersion(let file, let version): "\(file) has format \(version), which this version can't read"
        case .noSpace(let error), .failed(let error): error.description
        }
    }
}
