import ArgumentParser
import CIntrinsics
import NIOCore
import NIOPosix

/// The Laurel server. Without an argument it is a complete node: data in `./laurel-data`, HTTP on 127.0.0.1:8080.
@main
struct Laureld: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "laureld", abstract: "A leaderboard server: exact ranks, nothing acknowledged is lost.",
        version: "0.1.0", subcommands: [Serve.self, Verify.self], defaultSubcommand: Serve.self)

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

    /// The processors that this process may run on: more threads than that would only push each other aside.
    private static var usableCoreCount: Int {
        max(1, min(Int(intrinsic_usable_core_count()), System.coreCount))
    }
}
