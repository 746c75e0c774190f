import Leaderboards
import NodeRuntime
import Placement
import Synchronization

/// What operators ordered, as a test has it; survives the nodes, as a database does.
final class ToldOrders: ClusterOrders {
    private let state = Mutex(ShardOrders())

    func current() -> ShardOrders { state.withLock { $0 } }
    func report(_ shard: ShardID, reason: String) { state.withLock { $0.quarantines[shard] = reason } }
    func refresh() async {}
    func change(_ body: (inout ShardOrders) -> Void) { state.withLock { body(&$0) } }
}

/// Calls between the nodes of a `ClusterPlace`, without sockets.
final class DirectLinks: PeerLinks, PeerDirectory {
    private let nodes = Mutex<[UInt64: Node]>([:])

    init(_ members: [ClusterPlace.Member]) {
        nodes.withLock { for member in members { $0[member.id.number] = member.node } }
    }

    /// Nobody reaches it any more.
    func cut(_ node: NodeID) { nodes.withLock { $0[node.number] = nil } }

    func address(of node: UInt64) -> PeerAddress? { nil }

    func call(
        _ operation: PeerOperation, _ request: [UInt8], to node: UInt64, within time: Duration
    ) async throws(ServiceError) -> [UInt8] {
        guard let node = nodes.withLock({ $0[node] }) else { throw .unavailable("it can't be reached", retryAfter: 1) }
        guard let answer = await PeerService(node).answer(operation, request) else {
            throw .unavailable("it does not know the question", retryAfter: 1)
        }
        return answer
    }
}

extension ClusterPlace.Member {
    /// What an operator asks of it, and through it of the others.
    func inspector(_ links: DirectLinks) -> ClusterInspector {
        ClusterInspector(node, routed: RoutedService(node, links: links, directory: links), clusterName: "test")
    }
}
