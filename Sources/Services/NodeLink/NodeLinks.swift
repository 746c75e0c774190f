package import Logging
package import NIOCore
package import NodeRuntime
internal import ServiceLifecycle
internal import Synchronization

/// The links to the other nodes, one connection to each, as a service that ends them.
package final class NodeLinks: PeerLinks, Service {
    private let configuration: NodeLinkConfiguration
    private let directory: any PeerDirectory
    private let eventLoops: any EventLoopGroup
    private let logger: Logger
    private let state = Mutex(State())

    private struct State {
        var links: [UInt64: PeerLink] = [:]
        var isStopped = false
    }

    package init(
        configuration: NodeLinkConfiguration, directory: any PeerDirectory, eventLoops: any EventLoopGroup,
        logger: Logger
    ) {
        self.configuration = configuration
        self.directory = directory
        self.eventLoops = eventLoops
        self.logger = logger
    }

    package func call(
        _ operation: PeerOperation, _ request: [UInt8], to node: UInt64, within time: Duration
    ) async throws(ServiceError) -> [UInt8] {
        let link = try link(to: node)
        return try await withCheckedContinuation { continuation in
            link.begin(operation, request, within: time) { continuation.resume(returning: $0) }
        }.get()
    }

    package func begin(
        _ operation: PeerOperation, _ request: [UInt8], to node: UInt64, within time: Duration,
        _ answered: @escaping PeerAnswered
    ) -> Bool {
        guard let link = try? link(to: node) else { return false }
        link.begin(operation, request, within: time, answered)
        return true
    }

    private func link(to node: UInt64) throws(ServiceError) -> PeerLink {
        let link = state.withLock { state -> PeerLink? in
            if state.isStopped { return nil }
            if let link = state.links[node] { return link }
            let link = PeerLink(to: node, configuration, directory, on: eventLoops.next(), logger: logger)
            state.links[node] = link
            return link
        }
        guard let link else { throw .unavailable("the node is stopping", retryAfter: 2) }
        return link
    }

    /// Waits for the end, and ends every link then.
    package func run() async throws {
        try? await gracefulShutdown()
        stop()
    }

    package func stop() {
        let links = state.withLock { state in
            state.isStopped = true
            defer { state.links = [:] }
            return state.links.values.map { $0 }
        }
        for link in links { link.stop() }
    }
}
