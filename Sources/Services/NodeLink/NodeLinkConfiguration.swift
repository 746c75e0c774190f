package import NIOSSL

/// How a node talks with the others of its cluster.
package struct NodeLinkConfiguration: Sendable {
    /// The cluster's name: nodes of another one are refused.
    package var cluster: String
    /// This node's number, the same as in its records.
    package var node: UInt64
    /// What others are called by, if not by their numbers: a gateway of a region is whoever answers at its address.
    package var meantNode: UInt64?
    /// Where calls are taken.
    package var host = "127.0.0.1"
    package var port = 0
    package var security: LinkSecurity

    /// Calls that may be under way to one node…
    package var callCountMax = 8192
    /// …and the bytes of their requests together; more are answered that too much is waiting.
    package var callByteCountMax = 64 << 20
    /// Bytes of one request or answer.
    package var messageByteCountMax = 128 << 20
    /// Calls of one connection that are carried out at once; what comes behind is read when one has ended.
    package var servedCountMax = 4096
    /// Connections of other nodes; more are closed.
    package var connectionCountMax = 1024
    /// How long a connection and the greeting may take, in seconds.
    package var greetingSeconds: Int64 = 3
    /// How long a node that stops waits for others to close their connections, in seconds.
    package var farewellSeconds: Int64 = 5
    /// How long a node that could not be reached is left alone, in milliseconds; each time twice as long…
    package var firstPauseMilliseconds: Int64 = 50
    /// …up to this.
    package var longestPauseMilliseconds: Int64 = 1000

    package init(cluster: String, node: UInt64, security: LinkSecurity) {
        self.cluster = cluster
        self.node = node
        self.security = security
    }
}

/// How nodes know each other.
package enum LinkSecurity: Sendable {
    /// Both sides show a certificate of the cluster's authority. Asked for each connection.
    case mutualTLS(server: @Sendable () -> NIOSSLContext, client: @Sendable () -> NIOSSLContext)
    /// Not at all. Only between processes of one machine: other addresses are refused.
    case cleartextOnLoopback

    func admits(host: String) -> Bool {
        switch self {
        case .mutualTLS: true
        case .cleartextOnLoopback:
            host == "localhost" || host == "::1" || host.wholeMatch(of: /127(\.\d{1,3}){3}/) != nil
        }
    }
}
