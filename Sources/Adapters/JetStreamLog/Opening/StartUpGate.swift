/// Why a log is not opened. Each names what an operator has to change.
package enum StreamLogOpenError: Error, Hashable, Sendable {
    /// No server took a connection in time.
    case unreachable(String)
    case noJetStream(server: String)
    /// Before this version appends were not kept apart as they must be.
    case oldServer(String, version: String)
    /// A power cut would take acknowledged records with it.
    case doesNotSyncAlways(server: String)
    /// Too few servers said how they are configured: is the system account's user right, or the import made?
    case unproven(servers: [String])
    case replicas(found: Int, wanted: Int)
    /// The stream is set up in another way than it must be.
    case drift([String])
    /// There is no stream, and none is to be made.
    case noStream(String)
    case failed(String)
}

extension StreamLogOpenError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .unreachable(let reason): "no log server can be reached: \(reason)"
        case .noJetStream(let server): "the log server \(server) has no JetStream for this account"
        case .oldServer(let server, let version):
            "the log server \(server) has version \(version), and must have \(ServerVersion.least) or later"
        case .doesNotSyncAlways(let server):
            "the log server \(server) does not sync always: it must have 'sync_interval: always' in its configuration"
        case .unproven(let servers):
            "whether they sync always is not known of the log servers \(servers.joined(separator: ", "))"
        case .replicas(let found, let wanted): "the stream has \(found) replicas, and must have \(wanted)"
        case .drift(let fields): "the stream is set up differently: \(fields.joined(separator: "; "))"
        case .noStream(let name): "there is no stream \(name)"
        case .failed(let reason): "the log can't be opened: \(reason)"
        }
    }
}

struct ServerVersion: Hashable, Comparable, CustomStringConvertible {
    static let least = ServerVersion(major: 2, minor: 14)

    var major: Int
    var minor: Int

    init(major: Int, minor: Int) {
        self.major = major
        self.minor = minor
    }

    /// `2.14.1-beta.2` is 2.14; nil if it begins otherwise.
    init?(_ text: String) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count >= 2, let major = Int(parts[0]), let minor = Int(parts[1].prefix { $0.isNumber }) else {
            return nil
        }
        self.init(major: major, minor: minor)
    }

    static func < (left: ServerVersion, right: ServerVersion) -> Bool {
        (left.major, left.minor) < (right.major, right.minor)
    }

    var description: String { "\(major).\(minor)" }
}

/// Decides whether a log may be opened, by what its servers said.
///
/// Every server that answers must be right. One that doesn't may be down, which is what there are three for: a majority
/// that is proven is enough, since no record is acknowledged without a majority.
struct StartUpGate {
    struct Server: Hashable {
        var name: String
        var version: String
        /// Nil if it has no JetStream.
        var syncsAlways: Bool?
    }

    var wantedReplicaCount: Int
    /// Those that hold a replica.
    var replicas: [String]
    /// What each server that answered said.
    var answers: [String: Server]

    var unproven: [String] { replicas.filter { answers[$0] == nil }.sorted() }

    var verdict: StreamLogOpenError? {
        if replicas.count != wantedReplicaCount {
            return .replicas(found: replicas.count, wanted: wantedReplicaCount)
        }
        // Servers without a replica as well: a replica may be moved to them.
        for server in answers.values.sorted(by: { $0.name < $1.name }) {
            if let problem = Self.problem(of: server, isReplica: replicas.contains(server.name)) { return problem }
        }
        return unproven.count * 2 < replicas.count ? nil : .unproven(servers: unproven)
    }

    static func problem(of server: Server, isReplica: Bool) -> StreamLogOpenError? {
        guard let version = ServerVersion(server.version), version >= .least else {
            return .oldServer(server.name, version: server.version)
        }
        switch server.syncsAlways {
        case true?: return nil
        case false?: return .doesNotSyncAlways(server: server.name)
        case nil: return isReplica ? .noJetStream(server: server.name) : nil
        }
    }
}
