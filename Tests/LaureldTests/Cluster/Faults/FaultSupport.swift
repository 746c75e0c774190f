import Foundation
import JetStreamSupport
import NATSClient
import Testing

extension LaureldCluster {
    /// One shard, so that it is known who owns everything.
    static let oneShard = ["shards=1", "cluster-log-groups=1"]

    /// The node that said last that it owns a shard: of the highest epoch.
    func owner(of shard: Int = 0) -> Int? {
        let claims = nodes.enumerated().flatMap { index, node in
            node.process.output.text.matches(of: /epoch=([0-9]+).*this node owns shard ([0-9]+)/)
                .filter { Int($0.2) == shard }.map { (epoch: Int($0.1) ?? 0, node: index) }
        }
        return claims.max { $0.epoch < $1.epoch }?.node
    }

    /// How often a shard has changed hands, or been taken again.
    func claimCount() -> Int {
        nodes.reduce(0) { $0 + $1.process.output.text.matches(of: /this node owns shard/).count }
    }

    /// Waits until another node owns the shard.
    func waitForOwner(of shard: Int = 0, otherThan former: Int) throws -> Int {
        try eventually("another node owns shard \(shard)") { owner(of: shard).flatMap { $0 == former ? nil : $0 } }
    }

    /// A leaderboard that is there for certain, and its owner.
    func makeBoard(_ id: String = "b") throws {
        let definition = #"{"id":"\#(id)","columns":[{"name":"points","type":"integer","operator":"sum"}]}"#
        let answer = try ask { try $0.post("/v1/leaderboards", definition) }
        guard answer.response.status == 201 || answer.response.status == 409 else {
            throw Failure(answer.response.text)
        }
    }

    /// Adds a point by way of nodes that run, from `first` on, until it is acknowledged.
    func add(_ user: String = "u", to board: String = "b", first: Int = 0) throws {
        let body = #"{"leaderboard":"\#(board)","user":"\#(user)","score":1}"#
        let answer = try ask(first: first) { try $0.post("/v1/scores/update", body) }
        guard answer.response.status == 200 else { throw Failure(answer.response.text) }
    }
}

/// The way of each node to the log's servers, which can be cut, held up or made to lose what comes back.
struct LogPaths {
    /// By node, then by server.
    let proxies: [[FaultProxy]]

    /// Servers that tell clients of no others, so that there is no way around.
    static func servers() throws -> JetStreamCluster {
        try JetStreamCluster { $0.replacing("    name: laurel\n", with: "    name: laurel\n    no_advertise: true\n") }
    }

    init(nodes: Int, to log: JetStreamCluster) async throws {
        var proxies: [[FaultProxy]] = []
        for _ in 0..<nodes {
            var paths: [FaultProxy] = []
            for server in log.servers { paths.append(try await FaultProxy(to: server.port)) }
            proxies.append(paths)
        }
        self.proxies = proxies
    }

    var surroundings: LaureldCluster.Surroundings {
        LaureldCluster.Surroundings(
            logPorts: Dictionary(uniqueKeysWithValues: proxies.enumerated().map { ($0, $1.map(\.port)) }))
    }

    func cut(_ node: Int) { for proxy in proxies[node] { proxy.accept(false) } }
    func mend(_ node: Int) {
        for proxy in proxies[node] {
            proxy.treat(requests: .pass, replies: .pass)
            proxy.accept(true)
        }
    }
    /// What it sends is kept on the way until that is mended.
    func hold(_ node: Int) { for proxy in proxies[node] { proxy.treat(requests: .hold) } }
    func flap() { for proxy in proxies.joined() { proxy.cut() } }
    func loseReplies(of node: Int) { for proxy in proxies[node] { proxy.treat(replies: .drop) } }

    func close() async {
        for proxy in proxies.joined() { await proxy.close() }
    }
}

extension JetStreamCluster {
    /// The files of a stopped server that hold a group's records.
    func blocks(of server: NATSServer, group: Int) -> [String] {
        let store = store(of: server)
        let paths = FileManager.default.enumerator(atPath: store)?.compactMap { $0 as? String } ?? []
        return paths.filter { $0.contains("/streams/LRL-test-\(group)/") && $0.hasSuffix(".blk") }.sorted()
            .map { "\(store)/\($0)" }
    }
}
