package import CommitLogs
package import Leaderboards
internal import Sharding

/// Told once, from any thread, what became of an append.
package typealias AppendCompletion = @Sendable (Result<LogPosition, AppendError>) -> Void

/// An append whose record is in a group.
struct GroupedAppend {
    let shard: ShardID
    /// Of the record, from the start of the group.
    let offset: Int
    let number: UInt64
    let epoch: UInt64
    let hash: ChainHash
    let completion: AppendCompletion
}

/// The group in the making: the bytes as they will be written, and who waits for them.
///
/// Several take turns: one fills under the queue's lock while the others belong to the writer.
@safe final class GroupBuffer {
    private var storage: UnsafeMutableRawBufferPointer
    private(set) var bodyByteCount = 0
    private(set) var appends: [GroupedAppend] = []

    init() { unsafe storage = Self.allocate(64 << 10) }

    deinit { unsafe storage.deallocate() }

    var isEmpty: Bool { appends.isEmpty }
    var byteCount: Int { GroupHeader.byteCount + bodyByteCount }

    func add(_ record: EncodedRecord, link: RecordLink, completion: @escaping AppendCompletion) {
        let offset = byteCount
        reserve(offset + record.bytes.count)
        unsafe record.bytes.withUnsafeBytes { bytes in
            unsafe UnsafeMutableRawBufferPointer(rebasing: storage[offset...]).copyMemory(from: bytes)
        }
        bodyByteCount += record.bytes.count
        appends.append(
            GroupedAppend(
                shard: record.shard, offset: offset, number: link.number, epoch: link.epoch, hash: record.hash,
                completion: completion))
    }

    /// Writes the header in front of the records. The bytes stay valid until the next `add` or `removeAll`.
    func seal(at position: UInt64, kind: GroupHeader.Kind, seed: UInt32) -> UnsafeRawBufferPointer {
        let bytes = unsafe UnsafeMutableRawBufferPointer(rebasing: storage[..<byteCount])
        let body = unsafe UnsafeRawBufferPointer(rebasing: bytes[GroupHeader.byteCount...])
        // One group is in flight at a time, so everything below this one is durable.
        let header = unsafe GroupHeader(
            position: position, durableEnd: position, bodyByteCount: bodyByteCount, recordCount: appends.count,
            bodyChecksum: GroupHeader.bodyChecksum(body, seed: seed), kind: kind)
        unsafe header.encode(into: bytes, seed: seed)
        return UnsafeRawBufferPointer(bytes)
    }

    func removeAll() {
        bodyByteCount = 0
        appends.removeAll(keepingCapacity: true)
    }

    private func reserve(_ byteCount: Int) {
        guard unsafe byteCount > storage.count else { return }
        var capacity = unsafe storage.count
        while capacity < byteCount { capacity *= 2 }
        let larger = unsafe Self.allocate(capacity)
        unsafe larger.copyMemory(from: UnsafeRawBufferPointer(storage))
        unsafe storage.deallocate()
        unsafe storage = larger
    }

    private static func allocate(_ byteCount: Int) -> UnsafeMutableRawBufferPointer {
        .allocate(byteCount: byteCount, alignment: 4096)
    }
}
