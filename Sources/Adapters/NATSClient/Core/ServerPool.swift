/// Which server to connect to next, and when.
///
/// The one tried longest ago is next. A server that failed is left alone for a time that doubles, with jitter, so that
/// clients that lost a server together don't come back together.
struct ServerPool {
    /// A cluster names its servers; a made-up list does not make us remember without end.
    static let discoveredCountMax = 32

    private struct Server {
        let address: ServerAddress
        let isConfigured: Bool
        var failureCount = 0
        var notBefore: ContinuousClock.Instant?
    }

    /// The next one first.
    private var servers: [Server]
    private let backoff: ClosedRange<Duration>

    init(_ options: ClientOptions, _ generator: inout SeededGenerator) {
        var seen: Set<ServerAddress> = []
        let configured = options.servers.filter { seen.insert($0).inserted }
        servers = configured.shuffled(using: &generator).map { Server(address: $0, isConfigured: true) }
        backoff = options.backoff
    }

    var addresses: [ServerAddress] { servers.map(\.address) }

    /// The server to try now, or when there will be one.
    mutating func next(at now: ContinuousClock.Instant) -> Next {
        if let index = servers.firstIndex(where: { $0.notBefore.map { $0 <= now } ?? true }) {
            let server = servers.remove(at: index)
            servers.append(server)
            return .server(server.address)
        }
        return .wait(until: servers.compactMap(\.notBefore).min() ?? now)
    }

    enum Next: Hashable {
        case server(ServerAddress)
        case wait(until: ContinuousClock.Instant)
    }

    mutating func succeeded(_ address: ServerAddress) {
        update(address) {
            $0.failureCount = 0
            $0.notBefore = nil
        }
    }

    /// An attempt failed, or a connection ended.
    mutating func failed(_ address: ServerAddress, at now: ContinuousClock.Instant, _ generator: inout SeededGenerator)
    {
        let backoff = backoff
        update(address) { server in
            var wait = backoff.lowerBound
            for _ in 0..<min(server.failureCount, 20) where wait < backoff.upperBound { wait *= 2 }
            server.failureCount += 1
            server.notBefore = now + generator.jittered(min(wait, backoff.upperBound))
        }
    }

    /// The cluster said where its servers are. Those that it no longer names are forgotten, unless they were configured.
    mutating func discovered(_ addresses: [ServerAddress]) {
        let named = Set(addresses)
        servers.removeAll { !$0.isConfigured && !named.contains($0.address) }
        for address in addresses where !servers.contains(where: { $0.address == address }) {
            guard servers.count(where: { !$0.isConfigured }) < Self.discoveredCountMax else { return }
            servers.append(Server(address: address, isConfigured: false))
        }
    }

    private mutating func update(_ address: ServerAddress, _ body: (inout Server) -> Void) {
        guard let index = servers.firstIndex(where: { $0.address == address }) else { return }
        body(&servers[index])
    }
}
