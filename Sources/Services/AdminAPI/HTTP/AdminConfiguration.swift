import Admission
package import NIOSSL

/// How the admin API listens and what it takes.
package struct AdminConfiguration: Sendable {
    /// The address to listen on. Default: this machine only.
    package var host = "127.0.0.1"
    /// The TCP port; 0 lets the system choose. Default 8081.
    package var port = 8081
    /// Asked for each connection: with which certificate, to speak HTTP/1.1 within TLS. Nil for cleartext.
    package var certificate: (@Sendable () -> NIOSSLContext)?
    /// The longest body, in bytes. Default 256 KiB. Longer ones are answered 413.
    package var bodyByteCountMax = 256 << 10
    /// All header fields of a request together, in bytes. Default 16 KiB. Beyond it the connection is closed.
    package var headerByteCountMax = 16 << 10
    /// How many connections may be open. Default 100. Further ones wait in the kernel's queue.
    package var connectionCountMax = 100
    /// How long a connection may be silent, in seconds, before it is closed. Default 60.
    package var idleTimeoutSeconds: Int64 = 60
    /// How many wrong tokens an address may send in a minute. Default 10. Beyond it they are answered 429.
    package var failuresPerMinute = 10
    /// The page that explains error codes; each has a section of its name.
    package var errorDocumentation = "https://laurel.example/docs/admin-api.md"

    package init() {}

    /// Whether only this machine reaches the address: without TLS tokens come in plain text.
    package static func isLoopback(_ host: String) -> Bool {
        if host == "localhost" { return true }
        let isBracketed = host.hasPrefix("[") && host.hasSuffix("]")
        guard let address = IPAddress(isBracketed ? host.dropFirst().dropLast() : host[...]) else { return false }
        return address.v4.map { $0 >> 24 == 127 } ?? (address == IPAddress("::1"))
    }
}
