package import Gzip
package import HTTPTypes
package import NIOSSL

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
    /// A part is full at this many bytes of names and metadata, too. Default 1 MiB.
    package var partByteCountMax = 1 << 20
    /// The longest path with its query, in bytes. Default 8 KiB. Longer ones are answered 414.
    package var targetByteCountMax = 8 << 10
    /// All header fields of a request together, in bytes. Default 16 KiB. Beyond it the connection is closed.
    package var headerByteCountMax = 16 << 10
    /// How long a connection may be silent, in seconds, before it is closed. Default 60.
    package var idleTimeoutSeconds: Int64 = 60
    /// How many connections may be open. Default 10,000. Further ones wait in the kernel's queue.
    package var connectionCountMax = 10_000
    /// What a body must bring once it takes longer than a moment, in bytes a second. Default 500; 0 for no limit.
    package var bodyBytesPerSecondMin = 500
    /// Over how many seconds that is measured. Default 10.
    package var bodyWindowSeconds: Int64 = 10
    /// How long a client may take for the handshake of TLS, in seconds. Default 10.
    package var handshakeSeconds: Int64 = 10
    /// Asked for each connection: with which certificate. Nil for cleartext.
    package var certificate: (@Sendable () -> NIOSSLContext)?
    /// Answers of at least so many bytes are packed with gzip for those who take it. Default 2048: below it, less is saved than
    /// a packet.
    package var packByteCountMin = 2048
    /// What a packed body may become.
    package var unpacking = GzipInflater.Limits()
    /// Which web pages may read answers. Nil for none, without asking.
    package var crossOrigin: CrossOrigin?
    /// Peers that are believed when they say for whom they ask.
    package var trustedProxies = TrustedProxies()
    /// Where those peers say from which country a request comes, if anywhere.
    package var countryHeader: HTTPField.Name?
    /// Where requests are written down, if anywhere. Whoever makes it runs it.
    package var accessLog: AccessLog?
    /// How long the answer to a request beyond a rate is held back. Default 100 ms; zero for not at all.
    package var holdingBack = Duration.milliseconds(100)
    /// How many answers are held back at once. Default 10,000.
    package var heldBackCountMax = 10_000
    /// The page that explains error codes; each has a section of its name.
    package var errorDocumentation = "https://laurel.example/docs/errors.md"

    package init() {}
}
