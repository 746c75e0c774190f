/// Pieces to write and to remove, all or nothing.
package struct CheckpointBatch: Sendable {
    /// From here on a batch is better committed than filled further: a flush costs the same for little as for much.
    package static let byteCountTarget = 16 << 20
    /// No store takes more, so that the memory of a commit is bounded.
    package static let byteCountMax = 64 << 20
    /// Writes and removals together. No store takes more.
    package static let pieceCountMax = 1 << 16

    package private(set) var writes: [(key: CheckpointKey, bytes: [UInt8])] = []
    /// Applied after the writes: a piece both written and removed is gone.
    package private(set) var removals: [CheckpointKey] = []
    package private(set) var byteCount = 0

    package init() {}

    package mutating func write(_ bytes: [UInt8], to key: CheckpointKey) {
        byteCount += bytes.count
        writes.append((key, bytes))
    }

    package mutating func remove(_ key: CheckpointKey) { removals.append(key) }

    package var pieceCount: Int { writes.count + removals.count }
    package var isEmpty: Bool { writes.isEmpty && removals.isEmpty }

    /// Commit now and begin another.
    package var isFull: Bool { byteCount >= Self.byteCountTarget || pieceCount >= Self.pieceCountMax / 2 }

    /// What every store checks before it touches anything.
    package func validate() throws(CheckpointStoreError) {
        guard byteCount <= Self.byteCountMax else {
            throw .failed("a batch of \(byteCount) bytes; at most \(Self.byteCountMax) are taken")
        }
        guard pieceCount <= Self.pieceCountMax else {
            throw .failed("a batch of \(pieceCount) pieces; at most \(Self.pieceCountMax) are taken")
        }
    }
}
