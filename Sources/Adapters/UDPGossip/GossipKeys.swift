internal import Crypto

/// A secret that all nodes of a cluster share, and the number by which they name it.
package struct GossipKey: Sendable {
    package let id: UInt32
    let secret: SymmetricKey

    package static let secretBytes = 32

    /// Nil unless the secret has 32 bytes.
    package init?(id: UInt32, secret: [UInt8]) {
        guard secret.count == Self.secretBytes else { return nil }
        self.id = id
        self.secret = SymmetricKey(data: secret)
    }
}

/// The keys by which datagrams are accepted, and the one by which they are sent.
///
/// To change keys without a gap: give all nodes the new one beside the old; when all have it, let all send by it; when all
/// do, take the old one away.
package struct GossipKeyRing: Sendable {
    private let keys: [GossipKey]
    let sending: GossipKey

    package static let countMax = 8

    /// Nil if there are more than 8, two have one number, or none has the number to send by.
    package init?(_ keys: [GossipKey], sendingBy id: UInt32) {
        guard keys.count <= Self.countMax, Set(keys.map(\.id)).count == keys.count,
            let sending = keys.first(where: { $0.id == id })
        else { return nil }
        self.keys = keys
        self.sending = sending
    }

    subscript(id: UInt32) -> GossipKey? { keys.first { $0.id == id } }
}
