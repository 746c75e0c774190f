import Synchronization

/// A value that several threads change.
final class Mutable<Value: Sendable>: Sendable {
    private let state: Mutex<Value>

    init(_ value: Value) { state = Mutex(value) }

    var value: Value {
        get { state.withLock { $0 } }
        set { state.withLock { $0 = newValue } }
    }

    /// In one step.
    func change(_ body: (inout Value) -> Void) { state.withLock { body(&$0) } }
}

struct TooLong: Error {}

/// Asks again and again, until something is so.
func eventually(_ condition: () async throws -> Bool) async throws {
    let end = ContinuousClock.now + .seconds(60)
    while try await !condition() {
        guard ContinuousClock.now < end else { throw TooLong() }
        await Task.yield()
    }
}
