import ArgumentParser
import Foundation

/// The administration of a Laurel node, from the command line: a client of its admin API, and nothing more.
@main
struct Laurel: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "laurel", abstract: "Administer a Laurel node: its tenants, its cluster, and backups.",
        discussion: """
            It talks to the node's admin API (laureld --admin). The token, the operator's or a member's, comes from \
            --token @FILE, from LAUREL_TOKEN or LAUREL_OPERATOR_TOKEN, or from ./laurel-data/operator.key.

            Exit codes: 0 done, 1 refused, 2 wrong usage, 3 not found, 4 conflict, 5 unreachable or unavailable, \
            6 done, and what was found is not as it should be.
            """,
        version: "0.1.0",
        subcommands: [
            Tenants.self, Projects.self, Members.self, Keys.self, Plans.self, Limits.self, Settings.self, Filter.self,
            Usage.self, Audit.self, Anomalies.self, Cluster.self, Nodes.self, Shards.self, Regions.self, Log.self,
            Checkpoint.self, Backup.self, Restore.self, Migrate.self,
        ])

    static func main() async {
        do {
            var command = try parseAsRoot()
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch let failure as Failure {
            Output.complain(failure.description)
            Glibc.exit(failure.code.rawValue)
        } catch  where exitCode(for: error) == .success {
            // Help, the version, a completion script.
            exit(withError: error)
        } catch {
            Output.complain(fullMessage(for: error))
            Glibc.exit(Failure.Code.usage.rawValue)
        }
    }
}

/// Why a command was not done.
struct Failure: Error, CustomStringConvertible {
    var code: Code
    var description: String

    init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }

    /// What the process ends with. `docs/cli.md` lists them.
    enum Code: Int32 {
        case refused = 1
        case usage = 2
        case notFound = 3
        case conflict = 4
        case unavailable = 5
        /// Something was looked at, and is not as it should be.
        case unsound = 6
    }
}
