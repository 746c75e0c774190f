import Foundation

/// How far something is that takes long: on standard error, one line that is written over where that is a terminal.
struct Progress {
    private let isTerminal = isatty(STDERR_FILENO) == 1
    private var last = ""

    mutating func show(_ text: String) {
        let text = Output.printable(text)
        guard text != last else { return }
        let padding = String(repeating: " ", count: max(0, last.count - text.count))
        last = text
        write(isTerminal ? "\r" + text + padding : text + "\n")
    }

    /// Behind the last one.
    mutating func end() {
        if isTerminal, !last.isEmpty { write("\n") }
        last = ""
    }

    /// A line that stays.
    @Sendable static func say(_ line: String) { FileHandle.standardError.write(Data((line + "\n").utf8)) }

    private func write(_ text: String) { FileHandle.standardError.write(Data(text.utf8)) }
}

/// What waits until something holds.
struct Patience {
    private let end: ContinuousClock.Instant

    init(seconds: Int) { end = .now + .seconds(seconds) }

    /// Lets half a second pass.
    func wait(for what: String) async throws {
        guard ContinuousClock.now < end else {
            throw Failure(.unavailable, "\(what) takes longer than --timeout; it goes on by itself.")
        }
        try await Task.sleep(for: .milliseconds(500))
    }
}
