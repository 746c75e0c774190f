/// How the gateway listens and what it takes. All of it is the node's own affair: nodes may differ.
package struct HTTPConfiguration: Sendable {
    /// The address to listen on. Default: this machine only.
    package var host = "127.0.0.1"
    /// The TCP port; 0 lets the system choose. Default 8080.
    package var port = 8080
    /// The longest body of a request that is read as a whole, in bytes. Default 1 MiB. Longer ones are answered 413.
    package var bodyByteCountMax = 1 << 20
    /// How many scores one `{"updates":[…]}` may hold. Default 1000.
    package var updateCountMax = 1000
    /// The longest line of a bulk upload, in bytes. Default 64 KiB. Longer ones are errors of their own.
    package var lineByteCountMax = 64 << 10
    /// How many lines of a bulk upload go to the shards together. Default 1000. More are faster and take more memory.
    package var partLineCountMax = 1000
    /// The longest path with its query, in bytes. Default 8 KiB. Longer ones are answered 414.
    package var targetByteCountMax = 8 << 10
    /// All header fields of a request together, in bytes. Default 16 KiB. Beyond it the connection is closed.
    package var headerByteCountMax = 16 << 10
    /// How long a connection may be silent, in seconds, before it is closed. Default 60.
    package var idleTimeoutSeconds: Int64 = 60
    /// How many connections may be open. Default 10,000. Further ones wait in the kernel's queue.
    package var connectionCountMax = 10_000
    /// The page that explains error codes; each has a section of its name.
    package var errorDocumentation = "https://laurel.example/docs/errors.md"

    package init() {}
}
