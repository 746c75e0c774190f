import ArgumentParser
import Foundation
import NIOCore
import NIOPosix

/// The Laurel server. Without an argument it is a complete node: data in `./laurel-data`, HTTP on 127.0.0.1:8080.
@main
struct Laureld: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "laureld", abstract: "A leaderboard server: exact ranks, nothing acknowledged is lost.",
        version: "0.1.0", subcommands: [Serve.self, Verify.self, Backup.self, Restore.self],
        defaultSubcommand: Serve.self)

    static func main() {
        NIOSingletons.groupLoopCountSuggestion = usableCoreCount
        // Before any task starts: a request may then stay on the thread of its connection, instead of hopping between
        // threads. What that gains could not be told from noise so far (docs/benchmarks.md).
        _ = NIOSingletons.unsafeTryInstallSingletonPosixEventLoopGroupAsConcurrencyGlobalExecutor()
        do {
            var command = try parseAsRoot()
            try command.run()
        } catch {
            exit(withError: error)
        }
    }

    /// The processors that this process may run on: more threads than that would only push each other aside. (Swift's Glibc
    /// has no `sched_getaffinity`, so the kernel's own text is read.)
    private static var usableCoreCount: Int {
        guard let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8),
            let line = status.split(separator: "\n").first(where: { $0.hasPrefix("Cpus_allowed:") })
        else { return System.coreCount }
        let count = line.dropFirst("Cpus_allowed:".count).reduce(0) {
            $0 + ($1.hexDigitValue?.nonzeroBitCount ?? 0)
        }
        return max(1, min(count, System.coreCount))
    }
}
