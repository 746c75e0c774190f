/// How a client connects, and what it keeps at most. Every value may differ between nodes.
package struct ClientOptions: Sendable {
    /// At least one. The first attempts go to these, in an order of the client's own.
    package var servers: [ServerAddress]
    /// Shown in the server's lists.
    package var name = "laurel"
    package var authentication = Authentication.none
    /// Nil: without TLS. Otherwise a connection without it is refused, whatever the server says.
    package var tls: TLSSettings?
    /// Whether servers that the cluster names are connected to as well.
    package var discoversServers = true
    /// From the first packet to being ready.
    package var connectTimeout: Duration = .seconds(2)
    /// How often the server is asked whether it is there, and how many questions may be without an answer.
    package var pingInterval: Duration = .seconds(2)
    package var unansweredPingCountMax = 2
    /// Between two attempts at the same server: at first, and at last.
    package var backoff: ClosedRange<Duration> = .milliseconds(20) ... .seconds(2)
    /// Requests without an outcome, and those that wait for late replies. Further ones are not sent.
    package var requestCountMax = 10_000
    /// Bytes given to the socket that it has not taken. Further requests are not sent.
    package var unsentByteCountMax = 32 << 20
    /// Messages of one subscription that its reader has not taken. Further ones are dropped, and that is said.
    package var unreadCountMax = 8192
    package var unreadByteCountMax = 16 << 20
    /// Of one message from the server.
    package var messageByteCountMax = 16 << 20

    package init(servers: [ServerAddress]) { self.servers = servers }
}

/// Certificates, as files in PEM.
package struct TLSSettings: Hashable, Sendable {
    /// Of those who may sign the server's certificate. Nil: the machine's.
    package var authorities: String?
    /// Our own certificate and its key, for servers that ask for one.
    package var certificate: String?
    package var key: String?
    /// The name that the server's certificate must bear. Nil: the host that is connected to.
    package var serverName: String?

    package init(
        authorities: String? = nil, certificate: String? = nil, key: String? = nil, serverName: String? = nil
    ) {
        self.authorities = authorities
        self.certificate = certificate
        self.key = key
        self.serverName = serverName
    }
}
