import Admission
package import Hummingbird
import NIOCore
import Tenancy

/// What comes with a request besides itself.
package struct GatewayContext: InitializableFromSource, Sendable {
    /// Who is at the other end of the connection; nil if that is no address of the Internet.
    let peer: IPAddress?
    /// Whose the request is, the peer's or that of whom it asks for: see `TrustedProxies`.
    var client: IPAddress?
    /// Where it comes from, if a trusted proxy says so.
    var country: CountryCode?
    /// What is found out about the request, if anybody wants to know.
    var exchange: Exchange?

    package init(source: ApplicationRequestContextSource) {
        peer = IPAddress(source.channel.remoteAddress)
        client = peer
    }
}
