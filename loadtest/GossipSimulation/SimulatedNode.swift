package import Gossip

/// One node of a simulated cluster: a membership, and the process around it, which may be stopped for a while or dead.
package struct SimulatedNode {
    package internal(set) var membership: Membership
    package internal(set) var isRunning = true
    /// Nanoseconds until which the process gets no processor time.
    var pausedUntil: Int64 = 0
    /// What came in meanwhile and lies in the socket.
    var inbox: [(bytes: [UInt8], from: Endpoint)] = []
    /// Nanoseconds that each datagram takes; until when those that came will have taken; and how many those are.
    var datagramCost: Int64 = 0
    var busyUntil: Int64 = 0
    var waiting = 0
    /// For when a timer is set; those set for other times are passed over.
    var timer: Int64 = .max

    /// About what a socket's buffer holds.
    static let inboxMax = 256

    init(_ membership: Membership) { self.membership = membership }
}

/// Something that a node came to believe.
package struct Observation: Hashable, Sendable {
    package var time: Instant
    /// Index of the node.
    package var observer: Int
    package var member: Member
    /// Index of the node that it is about.
    package var subject: Int
}
