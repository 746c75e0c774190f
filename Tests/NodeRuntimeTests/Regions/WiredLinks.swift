import NodeRuntime
import Synchronization

/// The way to other regions' gateways, within the process. Those of a region are asked in turn.
final class WiredLinks: RegionLinks {
    /// Gets what was asked for and the answer; answers what arrives.
    typealias Fault = @Sendable (PeerOperation, [UInt8]) throws(ServiceError) -> [UInt8]

    private struct State {
        var gateways: [String: [GatewayService]] = [:]
        var isCut = false
        var fault: Fault?
        var callCounts: [PeerOperation: Int] = [:]
    }

    private let state = Mutex(State())

    func set(_ region: String, _ gateways: GatewayService...) { state.withLock { $0.gateways[region] = gateways } }
    func set(_ fault: Fault?) { state.withLock { $0.fault = fault } }
    func cut() { state.withLock { $0.isCut = true } }
    func mend() { state.withLock { $0.isCut = false } }
    func count(of operation: PeerOperation) -> Int { state.withLock { $0.callCounts[operation] ?? 0 } }

    func call(
        _ operation: PeerOperation, _ request: [UInt8], to region: String, within time: Duration
    ) async throws(ServiceError) -> [UInt8] {
        let (gateway, fault) = state.withLock { state -> (GatewayService?, Fault?) in
            state.callCounts[operation, default: 0] += 1
            guard !state.isCut, let gateway = state.gateways[region]?.first else { return (nil, nil) }
            state.gateways[region]!.removeFirst()
            state.gateways[region]!.append(gateway)
            return (gateway, state.fault)
        }
        guard let gateway, let answer = await gateway.answer(operation, request) else {
            throw .unavailable("region \(region) can't be reached", retryAfter: 1)
        }
        guard let fault else { return answer }
        return try fault(operation, answer)
    }
}
