/// How the Redis front end listens, and what a client may do there.
package struct RedisConfiguration: Sendable {
    package var host = "127.0.0.1"
    package var port = 6380
    /// Connections beyond are told so and closed.
    package var connectionCountMax = 10_000
    /// The greatest argument, in bytes. A name has 255 at most; what else a command takes is short.
    package var argumentByteCountMax = 1 << 20
    /// Commands that a transaction may hold.
    package var transactionCommandCountMax = 10_000

    package init() {}
}
