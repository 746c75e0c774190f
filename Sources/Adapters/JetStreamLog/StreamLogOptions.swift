package import NATSClient

/// Where a log group is kept, and how.
package struct StreamLogOptions: Sendable {
    /// Who may be asked about the servers themselves.
    package enum Inspection: Sendable {
        /// A user of the system account, on a connection of its own that is used at the start only.
        case systemAccount(Authentication)
        /// The log's own user, who was given the service `$SYS.REQ.SERVER.PING.VARZ` by import.
        case ownAccount
    }

    package var group: LogGroup
    /// How to connect. The addresses should be those of all servers: others are a way to the log when one of them is none.
    package var client: ClientOptions
    package var inspection: Inspection
    /// The most that the stream may take on each server, in bytes; reserved there. A full stream refuses writes.
    package var byteCountMax = 8 << 30
    /// 3. Only tests with a single server have a reason for 1, and must say so.
    package var replicas = Replicas.three
    /// Words that a server must bear to get a replica, such as `zone:a`.
    package var placementTags: [String] = []
    /// Whether a stream that is not there is made. Only when a cluster is set up: a stream that vanished is no reason to
    /// begin anew.
    package var createsStream = false

    /// The JetStream domain whose stream of the same name this one mirrors. Nothing is appended to a mirror.
    package var originDomain: String?

    /// So long the servers know the ids of what was appended. What becomes of an append does not depend on it; only tests, which show
    /// that, have a reason for another.
    package var duplicateWindow: Duration = .seconds(120)

    /// So long an attempt to append waits for its reply before it is made again.
    package var attemptTimeout: Duration = .milliseconds(250)
    /// Between two attempts.
    package var retryPause: ClosedRange<Duration> = .milliseconds(5) ... .milliseconds(20)
    /// So long a log that seems to end too early is asked again, on all connections, before the shard is quarantined.
    package var regressionPatience: Duration = .seconds(10)
    /// So long a reader asks for records that must be there.
    package var readPatience: Duration = .seconds(15)
    /// So long an opening tries to reach the servers.
    package var openPatience: Duration = .seconds(60)
    /// How often followers ask for new records when there were none.
    package var pollInterval: Duration = .milliseconds(25)
    /// So long closing waits for appends that have no outcome yet.
    package var closePatience: Duration = .seconds(2)

    package enum Replicas: Int, Sendable {
        case three = 3
        case oneForTests = 1
    }

    package init(group: LogGroup, client: ClientOptions, inspection: Inspection) {
        self.group = group
        self.client = client
        self.inspection = inspection
    }
}

/// Something the operator should know about, while the log goes on.
package enum StreamLogNotice: Hashable, Sendable, CustomStringConvertible {
    /// A replica, which one can't be told, gave a record that is not what was written, or lacks one. Others are asked.
    case replicaDamaged(String)
    /// The shard takes no appends until somebody has looked.
    case quarantined(shard: UInt16, String)
    /// A server did not say how it is configured. A majority did.
    case unproven(server: String)

    package var description: String {
        switch self {
        case .replicaDamaged(let problem): "a replica is damaged: \(problem)"
        case .quarantined(let shard, let reason): "shard \(shard) is quarantined: \(reason)"
        case .unproven(let server): "log server \(server) did not answer whether it syncs always"
        }
    }
}
