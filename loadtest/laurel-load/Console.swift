import Glibc
import LoadHarness
import Synchronization

/// What is said while a run goes on. All of it goes to standard error, since the report goes to standard output.
enum Console {
    static var isTerminal: Bool { isatty(STDERR_FILENO) == 1 }

    static func say(_ text: String) {
        let bytes = Array(text.utf8)
        _ = write(STDERR_FILENO, bytes, bytes.count)
    }

    static func complain(_ text: String) { say("laurel-load: \(text)\n") }
}

/// Progress: on a terminal a line that is written anew, elsewhere a line every few seconds.
final class ProgressDisplay: Sendable {
    private static let quietSeconds = 5.0

    private let isTerminal = Console.isTerminal
    private let label: String
    private let state = Mutex(State())

    private struct State {
        var lastStage = ""
        var lastSaid = -Double.infinity
        var isOpen = false
    }

    init(_ label: String = "") { self.label = label.isEmpty ? "" : label + ": " }

    func show(_ progress: RunProgress) {
        let text = label + Self.text(progress)
        state.withLock { state in
            if isTerminal {
                Console.say("\r\u{1B}[K" + text)
                state.isOpen = true
                return
            }
            let stage = "\(progress.stage)"
            guard stage != state.lastStage || progress.seconds - state.lastSaid >= Self.quietSeconds else { return }
            if stage != state.lastStage { state.lastSaid = -Double.infinity }
            state.lastStage = stage
            state.lastSaid = progress.seconds
            Console.say(text + "\n")
        }
    }

    /// Leaves the line to what comes after.
    func finish() {
        state.withLock { state in
            if state.isOpen { Console.say("\r\u{1B}[K") }
            state.isOpen = false
        }
    }

    private static func text(_ progress: RunProgress) -> String {
        let bar = bar(progress.share)
        switch progress.stage {
        case .preparing(let what): return "\(bar) preparing \(what)"
        case .running:
            guard let interval = progress.interval else { return bar }
            var text = "\(bar) \(Figures.seconds(progress.seconds))  \(Figures.rate(interval.perSecond))/s"
            text += "  p50 \(Figures.latency(interval.p50))  p99 \(Figures.latency(interval.p99))"
            if interval.waiting > 0 { text += "  waiting \(Figures.rate(Double(interval.waiting)))" }
            if progress.failed > 0 { text += "  failed \(Figures.count(progress.failed))" }
            return text
        }
    }

    private static func bar(_ share: Double) -> String {
        let width = 20
        let full = Int((share * Double(width)).rounded())
        return String(repeating: "━", count: full) + String(repeating: "╌", count: width - full)
            + " \(Int((share * 100).rounded())) %"
    }
}
