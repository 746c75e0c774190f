internal import NodeRuntime
internal import Regions
internal import Synchronization

/// The gateways of another region, as long as they are these.
final class AwayRegion: Sendable {
    let gateways: [GatewayAddress]
    let links: NodeLinks
    private let state: Mutex<State>

    private struct State {
        var choice: GatewayChoice
        /// What each has said of itself.
        var epochs: [UInt64?]
        var isReplaced = false
    }

    init(_ gateways: [GatewayAddress], _ links: NodeLinks, _ choice: GatewayChoice) {
        self.gateways = gateways
        self.links = links
        state = Mutex(State(choice: choice, epochs: gateways.map { _ in nil }))
    }

    var choice: GatewayChoice { state.withLock { $0.choice } }
    /// Whether others have taken their place.
    var isReplaced: Bool { state.withLock { $0.isReplaced } }

    func measured(_ time: Duration, of gateway: Int, epoch: UInt64) {
        state.withLock {
            $0.choice.measured(time, of: gateway)
            $0.epochs[gateway] = epoch
        }
    }

    func failed(_ gateway: Int) { state.withLock { $0.choice.failed(gateway) } }

    func measure(by measuring: Measuring) {
        state.withLock { $0.choice = $0.choice.among(Array(gateways.indices), measuring) }
    }

    /// Others take their place, and what is known of those that stay goes on.
    func replaced(by gateways: [GatewayAddress], _ links: NodeLinks, _ measuring: Measuring) -> AwayRegion {
        let places = gateways.map { self.gateways.firstIndex(of: $0) }
        let choice = state.withLock {
            $0.isReplaced = true
            return $0.choice.among(places, measuring)
        }
        return AwayRegion(gateways, links, choice)
    }

    var sights: [GatewaySight] {
        let (choice, epochs) = state.withLock { ($0.choice, $0.epochs) }
        return gateways.indices.map { index in
            var sight = GatewaySight(gateways[index])
            sight.latency = choice.estimates[index].latency
            sight.failureCount = choice.estimates[index].failureCount
            sight.isChosen = index == choice.chosen
            sight.epoch = epochs[index]
            return sight
        }
    }
}

/// Gateways by their place in the list, from 1 on.
struct GatewayDirectory: PeerDirectory {
    let gateways: [GatewayAddress]

    func address(of node: UInt64) -> PeerAddress? {
        guard 1...UInt64(gateways.count) ~= node else { return nil }
        let gateway = gateways[Int(node) - 1]
        return PeerAddress(host: gateway.host, port: gateway.port)
    }
}
