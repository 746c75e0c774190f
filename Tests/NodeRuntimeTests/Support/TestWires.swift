import NodeRuntime
import Synchronization

/// Calls between nodes of one process, which the test can break, and falsify.
final class TestWires: Sendable {
    /// Gets who asked whom for what, and the answer; answers what arrives.
    typealias Fault = @Sendable (PeerOperation, _ node: UInt64, [UInt8]) throws(ServiceError) -> [UInt8]

    private struct State {
        var nodes: [UInt64: Node] = [:]
        var fault: Fault?
        var callCounts: [PeerOperation: Int] = [:]
    }

    private let state = Mutex(State())

    func links(of number: UInt64, _ node: Node) -> any PeerLinks {
        state.withLock { $0.nodes[number] = node }
        return Links(wires: self)
    }

    func set(_ fault: Fault?) { state.withLock { $0.fault = fault } }

    func count(of operation: PeerOperation) -> Int { state.withLock { $0.callCounts[operation] ?? 0 } }

    private struct Links: PeerLinks {
        let wires: TestWires

        func call(
            _ operation: PeerOperation, _ request: [UInt8], to node: UInt64, within time: Duration
        ) async throws(ServiceError) -> [UInt8] {
            let (found, fault) = wires.state.withLock { state in
                state.callCounts[operation, default: 0] += 1
                return (state.nodes[node], state.fault)
            }
            guard let found, let answer = await PeerService(found).answer(operation, request) else {
                throw .unavailable("no such node", retryAfter: 1)
            }
            guard let fault else { return answer }
            return try fault(operation, node, answer)
        }
    }
}
