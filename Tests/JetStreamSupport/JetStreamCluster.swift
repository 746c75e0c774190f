import Foundation
package import NATSClient
internal import TestSupport

/// Three real servers with the configuration that clusters run with, `cluster/jetstream/server.conf`, on one machine.
package final class JetStreamCluster: Sendable {
    package let servers: [NATSServer]
    private let directory: TemporaryDirectory

    package static let user = Authentication.password(user: "laurel", password: "log pass")
    package static let system = Authentication.password(user: "system", password: "system pass")

    /// - Parameters:
    ///   - change: makes another configuration of the usual one.
    ///   - environment: what the server of that index gets besides.
    package init(
        count: Int = 3, _ change: (String) -> String = { $0 },
        environment more: (Int) -> [String: String] = { _ in [:] }
    ) throws {
        directory = try TemporaryDirectory()
        var configuration = try String(
            contentsOfFile: NATSServer.repository + "/cluster/jetstream/server.conf", encoding: .utf8)
        if count == 1 {
            // One alone forms no cluster.
            configuration.replace(/cluster \{(?:.|\n)*?\n\}\n/, with: "")
        }
        let path = directory.path + "/server.conf"
        try change(configuration).write(toFile: path, atomically: true, encoding: .utf8)
        let ports = try (0..<2 * count).map { _ in try freePort() }
        let routes = ports[count...].map { "\"nats://127.0.0.1:\($0)\"" }.joined(separator: ",")
        servers = try (0..<count).map { [directory] index in
            let name = "log-\(index + 1)"
            let environment = [
                "LAUREL_NATS_NAME": name, "LAUREL_NATS_LISTEN": "127.0.0.1:\(ports[index])",
                "LAUREL_NATS_CLUSTER_LISTEN": "127.0.0.1:\(ports[count + index])", "LAUREL_NATS_ROUTES": "[\(routes)]",
                "LAUREL_NATS_STORE": "\(directory.path)/\(name)", "LAUREL_NATS_STORE_BYTES": "4GB",
                "LAUREL_NATS_SYSTEM_USER": "system", "LAUREL_NATS_SYSTEM_PASSWORD": "\"system pass\"",
                "LAUREL_NATS_USER": "laurel", "LAUREL_NATS_PASSWORD": "\"log pass\"",
            ]
            return try NATSServer(
                name: name, port: ports[index], configuration: path,
                environment: environment.merging(more(index)) { $1 },
                directory: directory.path)
        }
    }

    deinit { stop() }

    package var addresses: [ServerAddress] { servers.map(\.address) }

    package func server(named name: String) -> NATSServer? { servers.first { $0.name == name } }

    /// Where a server keeps its streams.
    package func store(of server: NATSServer) -> String { "\(directory.path)/\(server.name)/jetstream" }

    package func stop() {
        for server in servers { server.kill() }
        directory.remove()
    }
}
