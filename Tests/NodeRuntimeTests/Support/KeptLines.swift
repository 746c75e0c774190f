import Logging
import Synchronization

/// What nodes say that is of consequence.
final class KeptLines: Sendable {
    private let kept = Mutex<[String]>([])
    private let level: Logger.Level

    init(_ level: Logger.Level = .error) { self.level = level }

    var lines: [String] { kept.withLock { $0 } }

    var logger: Logger {
        var logger = Logger(label: "kept") { [self] _ in Handler(kept: self) }
        logger.logLevel = level
        return logger
    }

    private struct Handler: LogHandler {
        let kept: KeptLines
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.error

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) { kept.kept.withLock { $0.append("\(event.message)") } }
    }
}
