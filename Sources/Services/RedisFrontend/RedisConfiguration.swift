package import NIOSSL

/// How the Redis front end listens, and what a client may do there.
package struct RedisConfiguration: Sendable {
    package var host = "127.0.0.1"
    package var port = 6380
    /// Connections beyond are told so and closed.
    package var connectionCountMax = 10_000
    /// The greatest argument, in bytes. A name has 255 at most; what else a command takes is short.
    package var argumentByteCountMax = 1 << 20
    /// About the greatest reply, in bytes: one of more than a sixty-fourth as many entries is refused.
    package var replyByteCountMax = 256 << 20
    /// How long a client may owe its key, the rest of a command, or the reading of its replies.
    package var patienceSeconds = 60
    /// About how long a client that asked for more than its limits have is not read. Zero for not at all.
    package var holdingBack = Duration.milliseconds(100)
    /// Writes are answered before they are durable, which INFO and CONFIG GET tell.
    package var isRelaxed = false
    /// Commands that a transaction may hold.
    package var transactionCommandCountMax = 10_000
    /// What they may change together, in bytes: no more than fits into a record of the log.
    package var transactionByteCountMax = 2 << 20

    /// How old what is read may be after READONLY, in a cluster.
    package var readOnlyAgeMax = Duration.seconds(5)

    /// Asked for each connection: with which certificate. Nil for cleartext.
    package var certificate: (@Sendable () -> NIOSSLContext)?

    package init() {}
}
