package import Leaderboards
internal import Synchronization

/// Who else reads the shared log at this node, and from where on each needs it: what lies there is not taken away, however full the
/// log is.
///
/// The owner of a shard, wherever it is, asks all nodes for their floors before it cuts. A node that can't be asked holds the cut
/// up only until the log is nearly full, so who must not miss a record says where it is at more than one node.
package final class AckFloors: Sendable {
    private let floors = Mutex<[ShardID: [String: LogPosition]]>([:])

    package init() {}

    /// `name` needs the shard's log from `position` on.
    package func hold(_ shard: ShardID, from position: LogPosition, for name: String) {
        floors.withLock { $0[shard, default: [:]][name] = position }
    }

    package func release(_ shard: ShardID, for name: String) {
        floors.withLock { _ = $0[shard]?.removeValue(forKey: name) }
    }

    package func floor(of shard: ShardID) -> LogPosition? {
        floors.withLock { $0[shard]?.values.min() }
    }
}
