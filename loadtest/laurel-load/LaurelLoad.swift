import ArgumentParser
import LoadHarness

/// Loads a server that keeps leaderboards, and says how it took that.
@main
struct LaurelLoad: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "laurel-load",
        abstract: "Load for Laurel, Redis and Valkey: scenarios as data, honest latencies, fair comparisons.",
        discussion: """
            Exit codes: 0 if every request was answered well (run), the answers agree (compare), nothing is lost \
            (verify); 1 if not; 2 if it could not be found out; 64 for a mistake in the command or in a file.
            """,
        subcommands: [Run.self, Compare.self, Verify.self, Scenarios.self])

    static func main() {
        do {
            var command = try parseAsRoot()
            try command.run()
        } catch let problem as HarnessError {
            Console.complain("\(problem)")
            exit(withError: ExitCode(2))
        } catch let problems as FileProblems {
            Console.complain("\(problems)")
            exit(withError: ExitCode.validationFailure)
        } catch {
            exit(withError: error)
        }
    }
}
