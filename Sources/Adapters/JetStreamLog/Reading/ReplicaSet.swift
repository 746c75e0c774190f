internal import Logging
internal import NATSClient
internal import Synchronization

/// The connections of a log: the one in use, and one to each server, made when another replica must be asked.
///
/// A server that holds a replica answers direct gets itself, so a connection is as good as a replica.
final class ReplicaSet: Sendable {
    let main: NATSConnection
    private let options: ClientOptions
    private let logger: Logger
    private let state = Mutex(State())

    private struct State {
        var pinned: [ServerAddress: NATSConnection] = [:]
        var isClosed = false
    }

    init(main: NATSConnection, options: ClientOptions, logger: Logger) {
        self.main = main
        self.options = options
        self.logger = logger
    }

    /// A connection of one's choice: `0` is the one in use, others go round the servers.
    func connection(_ choice: Int) async -> NATSConnection {
        let addresses = options.servers
        return choice == 0 ? main : pinned(addresses[(choice - 1) % addresses.count]) ?? main
    }

    /// The choices that are servers, each by itself.
    var servers: Range<Int> { 1..<count }

    /// How many choices there are.
    var count: Int { 1 + options.servers.count }

    private func pinned(_ address: ServerAddress) -> NATSConnection? {
        state.withLock { state in
            if state.isClosed { return nil }
            if let connection = state.pinned[address] { return connection }
            var options = options
            options.servers = [address]
            options.discoversServers = false
            let connection = NATSConnection(options, on: main.eventLoop, logger: logger)
            state.pinned[address] = connection
            return connection
        }
    }

    /// Questions on their way and to come are answered with `.closed`.
    func beginClosing() {
        main.beginClosing()
        for connection in state.withLock({ Array($0.pinned.values) }) { connection.beginClosing() }
    }

    func close() async {
        let pinned = state.withLock { state in
            state.isClosed = true
            return Array(state.pinned.values)
        }
        for connection in pinned { await connection.close() }
        await main.close()
    }
}
