internal import Admission
internal import ControlPlane
internal import Leaderboards
internal import Synchronization

/// A player whose token was verified.
final class PlayerAccess: Sendable {
    let caller: Caller
    let identity: RateIdentity
    let expiresAt: Timestamp
    /// With what it was verified: if that has changed, it must be again.
    let basis: Basis

    struct Basis: Hashable, Sendable {
        /// Of the project's record.
        var version: Int64
        /// Of the tenant's key set, if the key came from there.
        var keySet: UInt64?
    }

    init(_ caller: Caller, expiresAt: Timestamp, basis: Basis) {
        self.caller = caller
        self.expiresAt = expiresAt
        self.basis = basis
        identity = RateIdentity(user: caller.user ?? "", of: caller.project)
    }
}

/// Tokens that were verified, so that a player who comes often costs one hash each time.
///
/// Two generations: when the newer one is full it becomes the older one, and what nobody asked for meanwhile is forgotten.
struct PlayerCache: Sendable {
    private var current: [KeyDigest: PlayerAccess] = [:]
    private var previous: [KeyDigest: PlayerAccess] = [:]
    private let generationCountMax: Int

    /// - Parameter capacity: of both generations
    init(capacity: Int) { generationCountMax = max(1, capacity / 2) }

    subscript(digest: KeyDigest) -> PlayerAccess? {
        mutating get {
            if let player = current[digest] { return player }
            guard let player = previous.removeValue(forKey: digest) else { return nil }
            insert(player, digest)
            return player
        }
    }

    mutating func insert(_ player: PlayerAccess, _ digest: KeyDigest) {
        if current.count >= generationCountMax {
            previous = current
            current = [:]
        }
        current[digest] = player
    }

    var count: Int { current.count + previous.count }
}
