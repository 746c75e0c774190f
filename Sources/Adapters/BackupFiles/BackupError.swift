package import Leaderboards

/// Why a backup can't be taken, read or restored, in words for whoever asked for it.
package enum BackupError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The backup, or what it is taken of, is not what was written.
    case damaged(String)
    /// It can't be done as it was asked.
    case refused(String)
    /// Where it is taken from can't be reached now.
    case unavailable(String)
    /// A file can't be read or written.
    case file(String)
    /// The log begins behind the position that was asked for.
    case truncated
    /// Nobody who was asked has a checkpoint of the shard that the log continues.
    case noCheckpoint(ShardID)

    package var description: String {
        switch self {
        case .damaged(let reason), .refused(let reason), .unavailable(let reason), .file(let reason): reason
        case .truncated: "the log no longer has the records"
        case .noCheckpoint(let shard): "there is no checkpoint of shard \(shard) from which the log goes on"
        }
    }
}

/// An error on its way over HTTP, at the end of a stream that had begun. Numbers once used stay used.
struct BackupFailure {
    enum Code: UInt64 {
        case truncated = 1
        case noCheckpoint = 2
        case damaged = 3
        case unavailable = 4
    }

    let code: Code
    let text: String

    init(_ error: any Error) {
        text = "\(error)"
        code =
            switch error as? BackupError {
            case .truncated: .truncated
            case .noCheckpoint: .noCheckpoint
            case .damaged: .damaged
            case .refused, .unavailable, .file, nil: .unavailable
            }
    }

    static func error(_ code: UInt64, of shard: ShardID?, _ text: String) -> BackupError {
        switch Code(rawValue: code) {
        case .truncated: .truncated
        case .noCheckpoint: shard.map { .noCheckpoint($0) } ?? .unavailable(text)
        case .damaged: .damaged(text.isEmpty ? "the node's log is damaged; its own log says more" : text)
        case .unavailable, nil: .unavailable(text.isEmpty ? "the node can't read its log now" : text)
        }
    }
}
