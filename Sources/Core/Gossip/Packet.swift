package import Placement

/// What one datagram says: a message, and news that ride along.
package struct Packet: Hashable, Sendable {
    package var from: NodeID
    package var message: Message
    package var updates: [Update]

    package init(from: NodeID, _ message: Message, updates: [Update] = []) {
        self.from = from
        self.message = message
        self.updates = updates
    }

    package enum Message: Hashable, Sendable {
        /// Answer with an ack of this number, if you are who I think.
        case ping(sequence: UInt32, target: NodeID)
        /// Ping that one for me, and tell me the number back: an ack if it answers, or else a nack, which says that you at
        /// least are well.
        case pingRequest(sequence: UInt32, target: NodeID, endpoint: Endpoint)
        case ack(sequence: UInt32)
        case nack(sequence: UInt32)
        /// Only news.
        case gossip
        /// What I know, as digests. Who knows something else sends it.
        case syncOffer(SyncDigest)
        /// A part of all I know, as news. Send me yours of these sections, please.
        case syncState(wanted: SyncSections)
    }
}

/// Sums of hashes of all that a node knows: equal if and, but for chance, only if the same is known.
package struct SyncDigest: Hashable, Sendable {
    package var members: UInt64
    package var pieces: UInt64
}

package struct SyncSections: OptionSet, Hashable, Sendable {
    package let rawValue: UInt8

    package init(rawValue: UInt8) { self.rawValue = rawValue }

    package static let members = SyncSections(rawValue: 1)
    package static let pieces = SyncSections(rawValue: 2)
}

/// A piece of news.
package enum Update: Hashable, Sendable {
    case alive(NodeID, incarnation: UInt64, NodeDescription)
    case suspect(NodeID, incarnation: UInt64, accuser: NodeID)
    /// Left, if it says so itself.
    case dead(NodeID, incarnation: UInt64, accuser: NodeID)
    case piece(Piece)

    /// Whether it says that the node is not well.
    func doubts(_ id: NodeID) -> Bool {
        switch self {
        case .suspect(id, _, _), .dead(id, _, _): true
        default: false
        }
    }
}
