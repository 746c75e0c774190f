package import NIOCore

/// The way to the other nodes of a cluster.
///
/// A call goes to one node and no further: who is asked for something that another node owns says so, and the caller decides.
package protocol PeerLinks: Sendable {
    /// Sends a request and answers with what came back. Throws `.unavailable` if it was not sent, `.overloaded` if too much is under
    /// way already, and `.outcomeUnknown` if it was sent and no answer came in time.
    func call(
        _ operation: PeerOperation, _ request: [UInt8], to node: UInt64, within time: Duration
    ) async throws(ServiceError) -> [UInt8]

    /// The same without a task: `answered` is called once, on the link's event loop, and must not keep it. False if links can't do
    /// that; then nothing was begun.
    func begin(
        _ operation: PeerOperation, _ request: [UInt8], to node: UInt64, within time: Duration,
        _ answered: @escaping PeerAnswered
    ) -> Bool
}

package typealias PeerAnswered = @Sendable (Result<[UInt8], ServiceError>) -> Void

extension PeerLinks {
    package func begin(
        _ operation: PeerOperation, _ request: [UInt8], to node: UInt64, within time: Duration,
        _ answered: @escaping PeerAnswered
    ) -> Bool { false }
}

/// Where nodes are found.
package protocol PeerDirectory: Sendable {
    /// Nil if nobody knows.
    func address(of node: UInt64) -> PeerAddress?
    /// All nodes that there are, this one included, as far as it is known.
    func nodes() -> [UInt64]
}

extension PeerDirectory {
    package func nodes() -> [UInt64] { [] }
}

/// Where a node takes calls of other nodes, and where its Redis clients can be sent to, if that is known.
package struct PeerAddress: Hashable, Sendable {
    package var host: String
    package var port: Int
    /// Where clients reach its Redis listener.
    package var redis: Endpoint?

    package struct Endpoint: Hashable, Sendable {
        package var host: String
        package var port: Int

        package init(host: String, port: Int) {
            self.host = host
            self.port = port
        }
    }

    package init(host: String, port: Int, redis: Endpoint? = nil) {
        self.host = host
        self.port = port
        self.redis = redis
    }
}

/// What is at the other end: carries calls out, and calls nobody itself.
package protocol PeerHandler: Sendable {
    /// Nil if it does not know the operation.
    func answer(_ operation: PeerOperation, _ request: [UInt8]) async -> [UInt8]?

    /// The same without a task, for what is carried out where shards are: `answered` is called once, on whatever event loop. False if
    /// it is to be asked of `answer`; then nothing was begun. Called on the event loop of the connection, which it must not keep.
    func begin(
        _ operation: PeerOperation, _ request: [UInt8], on eventLoop: any EventLoop,
        _ answered: @escaping @Sendable ([UInt8]) -> Void
    ) -> Bool
}

extension PeerHandler {
    package func begin(
        _ operation: PeerOperation, _ request: [UInt8], on eventLoop: any EventLoop,
        _ answered: @escaping @Sendable ([UInt8]) -> Void
    ) -> Bool { false }
}

/// What nodes ask of each other, by the names that go over the wire. A name once used keeps its meaning and layout.
package enum PeerOperation: String, Sendable, CaseIterable {
    case submit
    case create
    case update
    case delete
    case describe
    case removeEntry = "remove-entry"
    case page
    case entries
    // About shards as a whole: answers for each of those that were asked for.
    case keys
    case usage
    case usageOfAll = "usage-of-all"
    case reportUsage = "report-usage"
    // Commands of a Redis client.
    case commands = "redis-commands"
    case transaction = "redis-transaction"
    case fingerprints = "redis-fingerprints"
    // Between regions, beside those about leaderboards and commands.
    case regionGreeting = "region-greeting"
    case projectKeys = "project-keys"
    case originCheckpoints = "origin-checkpoints"
    case originChunk = "origin-checkpoint-chunk"
    // What nodes have of shards, and checkpoints on their way.
    case checkpoints
    case checkpointChunk = "checkpoint-chunk"
    // For operators: what a node says of itself.
    case nodeReport = "node-report"
    case ordersChanged = "orders-changed"
    case holdShard = "hold-shard"
    case shardFingerprint = "shard-fingerprint"
    case checkpointReport = "checkpoint-report"
}
