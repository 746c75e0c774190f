internal import Logging
internal import NATSClient
internal import Synchronization

/// The connections of a log: the one in use, and one to each server, made when another way must be tried.
///
/// Which replica answers a direct get is not ours to choose, whatever the connection: JetStream takes one at random. So
/// several questions stand for several replicas, and many for all.
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

    /// A connection of one's choice: every one of `count` choices goes another way, and 0 is the one in use.
    func connection(_ choice: Int) async -> NATSConnection {
        let addresses = options.servers
        let choice = choice % count
        return choice == 0 ? main : pinned(addresses[choice - 1]) ?? main
    }

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
