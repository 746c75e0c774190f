import Foundation
import Logging
import NIOPosix
import Regions
import ServiceLifecycle
import Synchronization

/// Reads the file of regions every few seconds, and goes on with what is new in it as far as a running node can.
///
/// A file that has a mistake, or that moves homes, is refused as a whole: what was in force stays so, and the log says why, once.
final class RegionsWatcher: Service {
    private let path: String
    private let interval: Duration
    private let logger: Logger
    private let changed: @Sendable (RegionMap) -> Void
    private let state: Mutex<State>

    private struct State {
        var map: RegionMap
        /// What was read last; nil before, and of a file that can't be read.
        var text: String?
        var refusal: String?
    }

    /// - Parameters:
    ///   - map: what is in force at the start
    ///   - changed: told what is in force from now on
    init(
        _ path: String, _ map: RegionMap, every interval: Duration = .seconds(2), logger: Logger,
        changed: @escaping @Sendable (RegionMap) -> Void
    ) {
        self.path = path
        self.interval = interval
        self.logger = logger
        self.changed = changed
        state = Mutex(State(map: map))
    }

    /// In force.
    var map: RegionMap { state.withLock { $0.map } }
    /// Why what the file has now is not; nil if it is.
    var refusal: String? { state.withLock { $0.refusal } }

    func run() async throws {
        try? await cancelWhenGracefulShutdown {
            while true {
                try await Task.sleep(for: self.interval)
                // Files may be slow, so on a thread that may wait.
                try await NIOThreadPool.singleton.runIfActive { self.look() }
            }
        }
    }

    private func look() {
        let text = try? String(contentsOfFile: path, encoding: .utf8)
        let (map, isNews) = state.withLock { state in
            // One that is gone is told of once, too.
            let isNews = text == nil ? state.text != nil || state.refusal == nil : text != state.text
            state.text = text
            return (state.map, isNews)
        }
        guard isNews else { return }
        do {
            guard let text else { throw StartError("regions-file: \(path) can't be read") }
            let next = try RegionsFile.parse(text, path: path)
            let obstacles = map.obstacles(to: next)
            guard obstacles.isEmpty else {
                throw StartError(
                    (["regions-file: \(path) changes what only a restart may"] + obstacles.map { "  \($0)" })
                        .joined(separator: "\n"))
            }
            accept(next, insteadOf: map)
        } catch {
            let reason = "\(error)".replacing("\n ", with: ";")
            state.withLock { $0.refusal = reason }
            logger.error("\(reason); what was in force stays in force")
        }
    }

    private func accept(_ next: RegionMap, insteadOf map: RegionMap) {
        let wasRefused = state.withLock { state in
            defer { (state.map, state.refusal) = (next, nil) }
            return state.refusal != nil
        }
        let changes = map.changes(to: next)
        guard !changes.isEmpty else {
            if wasRefused { logger.notice("regions-file: \(path) is what is in force again") }
            return
        }
        changed(next)
        logger.notice("regions-file: read anew: \(changes.joined(separator: "; "))")
    }
}
