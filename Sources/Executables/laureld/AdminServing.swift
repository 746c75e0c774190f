import AdminAPI
import ControlPlane
import Hummingbird
import Leaderboards
import Logging
import NIOCore
import NodeRuntime
import ServiceLifecycle

/// The admin API of a node, where it is served.
struct AdminServing {
    var settings: Settings
    var transport: Transport
    var directory: DataDirectory
    var store: any ControlStore
    var pepper: KeyPepper
    var hooks: Administration.Hooks
    var console: Console
    var logger: Logger

    /// Nil if the settings say that there is none. Shows the operator's token when it is made.
    func service() async throws -> (any Service)? {
        guard let (host, port) = settings.admin else { return nil }
        let (token, isNew) = try directory.operatorToken()
        if isNew {
            console.say(
                "Operator's token for the admin API, shown this once and kept in \(directory.operatorTokenPath):")
            console.say("  \(token.text)")
        }
        var configuration = AdminConfiguration()
        configuration.host = host
        configuration.port = port
        transport.configure(&configuration, settings)
        let scheme = configuration.certificate == nil ? "http" : "https"
        let administration = Administration(
            store: store, pepper: pepper, hooks: hooks, clock: { SystemClock().now() },
            random: DataDirectory.randomBytes)
        let console = console
        return makeAdminServer(
            configuration: configuration, administration: administration, token: token,
            onRunning: { channel in
                console.say("Laurel is administered on \(scheme)://\(channel.localAddress.map(Serve.text) ?? "?")")
            }, logger: logger)
    }
}
