/// Why a record can't be applied. Each is corruption or a fault in determinism: the shard must not be served.
package enum ReplayError: Error, Hashable, Sendable {
    /// The bytes are not what was written.
    case malformed(ByteReader.Problem)
    /// An operation this version does not know.
    case unknownOperation(UInt8)
    /// A payload of a version that this one does not know.
    case unknownPayload(UInt8)
    case unknownLeaderboard(UInt32)
    /// What the record builds on can't be read from the checkpoint.
    case unreadableCheckpoint(LoadError)
    /// Applying the operation gave another outcome than the one recorded.
    case outcomeDiffers(String)
    /// The record does not follow the one before.
    case outOfOrder(String)

    /// Neither: a newer Laurel wrote it, and understands it.
    package var isOfNewerVersion: Bool {
        switch self {
        case .unknownOperation, .unknownPayload: true
        case .malformed, .unknownLeaderboard, .unreadableCheckpoint, .outcomeDiffers, .outOfOrder: false
        }
    }
}
