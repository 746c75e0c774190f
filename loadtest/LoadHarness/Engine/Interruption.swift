internal import Glibc
internal import Synchronization

/// Ctrl-C, and a polite kill: a run then ends, and still reports what it knows.
package enum Interruption {
    private static let requests = Atomic<Int>(0)

    package static var isRequested: Bool { requests.load(ordering: .relaxed) > 0 }

    package static func listen() {
        for number in [SIGINT, SIGTERM] {
            signal(number) { _ in
                // Whoever asks twice does not want to wait for answers.
                if Interruption.requests.wrappingAdd(1, ordering: .relaxed).oldValue > 0 { _exit(130) }
            }
        }
    }
}
