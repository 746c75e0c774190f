import Foundation
import JetStreamSupport
import NATSClient
import Synchronization
import TestSupport

/// Three real NATS servers and some nodes that share their log, on ports of their own.
final class LaureldCluster {
    let log: JetStreamCluster
    private(set) var nodes: [ClusterNode] = []
    private let directory: TemporaryDirectory
    private let settings: (Int) -> [String]
    private let surroundings: Surroundings
    private var gossipPorts: [Int] = []
    private var linkPorts: [Int] = []

    /// What stands between a node and the rest of the world.
    struct Surroundings {
        /// By the node's index: where it finds the log's servers, if not where they are.
        var logPorts: [Int: [Int]] = [:]
        /// What starts its program.
        var command: [Int: [String]] = [:]
    }

    convenience init(
        nodes count: Int, settings: [String] = [], log: JetStreamCluster? = nil,
        surroundings: Surroundings = Surroundings(), starting: Bool = true
    ) throws {
        try self.init(nodes: count, log: log, surroundings: surroundings, starting: starting) { _ in settings }
    }

    /// - Parameters:
    ///   - log: its NATS servers
    ///   - starting: false to start each with `add`
    ///   - settings: of the node of that index
    init(
        nodes count: Int, log: JetStreamCluster? = nil, surroundings: Surroundings = Surroundings(),
        starting: Bool = true, settings: @escaping (Int) -> [String]
    ) throws {
        directory = try TemporaryDirectory()
        self.log = try log ?? JetStreamCluster()
        self.settings = settings
        self.surroundings = surroundings
        let keys = directory.path + "/gossip.keys"
        try "1 \(String(repeating: "5a", count: 32))\n".write(toFile: keys, atomically: true, encoding: .utf8)
        gossipPorts = try (0..<count).map { _ in try freePort() }
        linkPorts = try (0..<count).map { _ in try freePort() }
        if starting { for index in 0..<count { try add(index) } }
    }

    /// The node of that index, from the start or again.
    @discardableResult
    func add(_ index: Int) throws -> ClusterNode {
        let data = data(of: index)
        if index > 0, !FileManager.default.fileExists(atPath: data) {
            // One key opens the project on every node.
            try FileManager.default.createDirectory(atPath: data, withIntermediateDirectories: true)
            try FileManager.default.copyItem(atPath: nodes[0].data + "/admin.key", toPath: data + "/admin.key")
        }
        let node = try ClusterNode(
            data: data, settings: settings(of: index), environment: Self.environment,
            command: surroundings.command[index] ?? [])
        if index < nodes.count { nodes[index] = node } else { nodes.append(node) }
        return node
    }

    func data(of index: Int) -> String { "\(directory.path)/node-\(index + 1)" }

    static let environment = [
        "LAUREL_PEPPER": String(repeating: "6b", count: 32), "LAUREL_CLUSTER_LOG_PASSWORD": "log pass",
        "LAUREL_CLUSTER_LOG_SYSTEM_PASSWORD": "system pass",
    ]

    func settings(of index: Int) -> [String] {
        let ports = surroundings.logPorts[index] ?? log.addresses.map(\.port)
        let servers = ports.map { "127.0.0.1:\($0)" }.joined(separator: ",")
        let seeds = gossipPorts.map { "127.0.0.1:\($0)" }.joined(separator: ",")
        let own = [
            "shards=8", "control=sqlite:\(directory.path)/control.sqlite", "cluster=test", "cluster-log=\(servers)",
            "cluster-log-user=laurel", "cluster-log-system-user=system", "cluster-log-bytes=268435456",
            "cluster-log-create=true", "cluster-gossip=127.0.0.1:\(gossipPorts[index])", "cluster-seeds=\(seeds)",
            "cluster-keys=\(directory.path)/gossip.keys", "cluster-zone=zone-\(index + 1)", "shutdown-seconds=10",
            "cluster-listen=127.0.0.1:\(linkPorts[index])", "cluster-cleartext=true",
        ]
        return own + settings(index)
    }

    /// Takes the disk of a node away that has ended.
    func empty(_ index: Int) throws { try FileManager.default.removeItem(atPath: nodes[index].data) }

    func stop() {
        for node in nodes { node.kill() }
        log.stop()
        directory.remove()
    }

    deinit { stop() }

    /// Asks nodes that run, one after the other, until one does it. Answers which, and what it said.
    func ask(
        first: Int = 0, _ body: (Client) throws -> Client.Response
    ) throws -> (node: Int, response: Client.Response) {
        var last: [Int: String] = [:]
        do {
            return try eventually("a node answers") {
                for offset in nodes.indices {
                    let index = (first + offset) % nodes.count
                    guard nodes[index].isRunning, let response = try? body(nodes[index].client) else { continue }
                    if response.status < 500 { return (index, response) }
                    last[index] = response.text
                }
                return nil
            }
        } catch {
            throw Failure("\(error); last answers: \(last)\n\(story)")
        }
    }

    /// The last lines that each node has printed.
    var story: String {
        nodes.map { $0.process.output.text.split(separator: "\n").suffix(30).joined(separator: "\n") }
            .joined(separator: "\n--\n")
    }
}

/// One node of a cluster.
final class ClusterNode {
    let data: String
    let process: ChildProcess
    let client: Client
    private(set) var isRunning = true

    init(data: String, settings: [String], environment: [String: String], command: [String] = []) throws {
        self.data = data
        process = try Laureld.launch(data: data, settings: settings, environment: environment, command: command)
        let port = try Laureld.port(of: process)
        let key = try String(contentsOfFile: data + "/admin.key", encoding: .utf8).trimmingCharacters(in: .newlines)
        client = Client(port: port, key: key)
    }

    func kill() {
        guard isRunning else { return }
        isRunning = false
        process.signal(SIGKILL)
        _ = try? process.wait()
    }

    func pause() { process.signal(SIGSTOP) }
    func resume() { process.signal(SIGCONT) }

    @discardableResult
    func stop() throws -> ChildProcess.Status {
        isRunning = false
        process.signal(SIGTERM)
        return try process.wait()
    }
}
