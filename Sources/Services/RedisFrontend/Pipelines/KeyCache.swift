internal import Leaderboards
internal import NIOCore
internal import NodeRuntime
internal import RESP

/// A key that commands name, and where its set is.
final class KeyReference: Sendable {
    let key: LeaderboardKey
    let place: ShardPlace

    init(_ key: LeaderboardKey, at place: ShardPlace) {
        self.key = key
        self.place = place
    }
}

/// The keys that clients of one event loop named last, so that finding the place of one, which takes a cryptographic hash,
/// is not done again for each command.
///
/// Used on its event loop only, and `@unchecked Sendable` for that reason. As many keys are remembered as there are slots.
final class KeyCache: @unchecked Sendable {
    private static let keyByteCountMax = 512

    private let service: any SortedSetService
    private var slots: [Slot?]

    private struct Slot {
        let project: String
        let bytes: [UInt8]
        let reference: KeyReference
    }

    /// - Parameter slotCount: a power of two
    init(service: any SortedSetService, slotCount: Int = 4096) {
        self.service = service
        slots = Array(repeating: nil, count: slotCount)
    }

    /// Nil if the bytes are no key.
    func reference(_ bytes: UnsafeRawBufferPointer, project: String) -> KeyReference? {
        guard bytes.count <= Self.keyByteCountMax else { return nil }
        let index = slot(of: bytes)
        if let slot = slots[index], slot.bytes.count == bytes.count, bytes.elementsEqual(slot.bytes),
            slot.project == project
        {
            return slot.reference
        }
        guard let id = String(validating: bytes, as: UTF8.self) else { return nil }
        let key = LeaderboardKey(project: project, id: id)
        let reference = KeyReference(key, at: service.place(of: key))
        slots[index] = Slot(project: project, bytes: Array(bytes), reference: reference)
        return reference
    }

    private func slot(of bytes: UnsafeRawBufferPointer) -> Int {
        // FNV mixes the last bytes little, and names often differ in those only.
        Int(truncatingIfNeeded: (bytes.fnv1a &* 0x9E37_79B9_7F4A_7C15) >> 40) & (slots.count - 1)
    }
}
