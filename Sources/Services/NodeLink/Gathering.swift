internal import NIOCore
internal import Synchronization

/// What comes from any thread for one event loop, and is taken there together: all that a turn of the loop brings costs one wake-up,
/// and one call of the kernel.
final class Gathering<Element: Sendable>: Sendable {
    private let eventLoop: any EventLoop
    private let state = Mutex<(elements: [Element], isScheduled: Bool)>(([], false))

    init(on eventLoop: any EventLoop) { self.eventLoop = eventLoop }

    /// - Parameter take: called on the event loop, with what was added since it was last called
    func add(_ element: Element, _ take: @escaping @Sendable ([Element]) -> Void) {
        let isFirst = state.withLock { state in
            state.elements.append(element)
            defer { state.isScheduled = true }
            return !state.isScheduled
        }
        guard isFirst else { return }
        eventLoop.execute {
            let elements = self.state.withLock { state in
                defer { state = ([], false) }
                return state.elements
            }
            take(elements)
        }
    }
}
