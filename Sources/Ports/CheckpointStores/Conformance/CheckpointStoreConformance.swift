/// The checks that every `CheckpointStore` must pass, whatever keeps its bytes.
///
/// Each runs on a place of its own, empty at the start, and throws a `Failure` that says what was expected.
///
/// ```swift
/// @Test(arguments: CheckpointStoreConformance.checks)
/// func `A store in memory keeps the promises`(_ check: CheckpointStoreConformance.Check) async throws {
///     try await check.run(InMemoryCheckpointDisk())
/// }
/// ```
package enum CheckpointStoreConformance {
    /// One promise.
    package struct Check: Sendable, CustomStringConvertible {
        package let title: String
        package let run: @Sendable (any CheckpointStorePlace) async throws -> Void

        package var description: String { title }
    }

    /// A promise not kept.
    package struct Failure: Error, CustomStringConvertible {
        package let description: String

        package init(description: String) { self.description = description }
    }

    package static let checks: [Check] = pieceChecks + batchChecks + faultChecks + modelChecks
}

/// Keeps what stores write: the same disk, opened again and again, by one store at a time.
package protocol CheckpointStorePlace: Sendable {
    func open() throws -> any CheckpointStore

    /// Changes a stored piece behind the store's back. No store is open meanwhile. Pieces to be damaged are large
    /// and don't compress, so that a place may find them by their bytes.
    func damage(_ key: CheckpointKey) throws
}

extension InMemoryCheckpointDisk: CheckpointStorePlace {
    package func open() -> any CheckpointStore { InMemoryCheckpointStore(disk: self) }
}

extension CheckpointStoreConformance {
    static func expect(_ condition: Bool, _ promise: @autoclosure () -> String) throws {
        guard condition else { throw Failure(description: promise()) }
    }

    static func expect(
        _ store: any CheckpointStore, has key: CheckpointKey, _ expected: [UInt8]?, _ occasion: String
    ) throws {
        let found = try store.piece(key)
        try expect(
            found == expected,
            "\(occasion): \(key) should be \(summary(of: expected)) but is \(summary(of: found))")
    }

    static func expect(
        _ store: any CheckpointStore, has key: CheckpointKey, seed: UInt64, count: Int, _ occasion: String
    ) throws {
        try expect(store, has: key, bytes(seed: seed, count: count), occasion)
    }

    /// What no compression makes smaller, the same for the same seed (SplitMix64).
    package static func bytes(seed: UInt64, count: Int) -> [UInt8] {
        var generator = SeededGenerator(seed: seed)
        return [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            var word: UInt64 = 0
            for index in 0..<count {
                if index % 8 == 0 { word = generator.next() }
                buffer.initializeElement(at: index, to: UInt8(truncatingIfNeeded: word >> (index % 8 * 8)))
            }
            initialized = count
        }
    }

    private static func summary(of bytes: [UInt8]?) -> String {
        guard let bytes else { return "absent" }
        return "\(bytes.count) bytes beginning \(bytes.prefix(8))"
    }
}

/// SplitMix64.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { self.state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
