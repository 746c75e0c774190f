package import Gossip
internal import Glibc
package import Placement

/// What a gossiping node needs to know.
package struct UDPGossipConfiguration: Sendable {
    package var id: NodeID
    /// Nodes of another one hear nothing of this one, even with the same keys.
    package var cluster: String
    /// Address to listen on.
    package var host: String
    package var port: Int
    /// What is told to others. If its endpoint has port 0, the one that the socket got is told.
    package var description: NodeDescription
    package var seeds: [Endpoint]
    package var keys: GossipKeyRing
    /// Rises with each start of the node.
    package var incarnation: UInt64
    package var settings = GossipSettings()

    package init(
        id: NodeID, cluster: String, host: String, port: Int, description: NodeDescription, seeds: [Endpoint],
        keys: GossipKeyRing, incarnation: UInt64 = Self.currentMilliseconds
    ) {
        self.id = id
        self.cluster = cluster
        self.host = host
        self.port = port
        self.description = description
        self.seeds = seeds
        self.keys = keys
        self.incarnation = incarnation
    }

    /// Since 1970.
    package static var currentMilliseconds: UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return UInt64(time.tv_sec) * 1000 + UInt64(time.tv_nsec) / 1_000_000
    }
}

/// What went through the socket, and what did not.
package struct UDPGossipCounters: Hashable, Sendable {
    package var datagramsReceived = 0
    package var bytesReceived = 0
    package var datagramsSent = 0
    package var bytesSent = 0
    /// Longer than 1400 bytes, or too short, or of another version.
    package var malformed = 0
    /// By a key that this node does not have.
    package var unknownKey = 0
    /// Changed on their way, made up, or of another cluster.
    package var notAuthentic = 0
    /// Not sent since the socket did not take any more.
    package var sendsDropped = 0
    /// Not handed on since nobody fetched them. Whoever finds it risen asks for all members and pieces.
    package var eventsDropped = 0
    /// How often the socket was lost and opened again.
    package var reopened = 0
    package var membership = GossipCounters()

    package init() {}
}
