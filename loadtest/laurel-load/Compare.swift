import ArgumentParser
import LoadHarness

/// `laurel-load compare`
struct Compare: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run servers in turns, A B A B, and print ratios with their spread.",
        discussion: """
            With a scenario the servers run already: --server a=redis://127.0.0.1:6380 --server b=redis://127.0.0.1:6379.
            With a table they are started and stopped here: --server 'redis=redis-server --port {port} --dir {dir}'.
            The first server is the subject; ratios are its figures to those of each of the others.
            """)

    @Argument(help: "A scenario: a file, or a name from `laurel-load scenarios`.")
    var scenario: String?
    @Option(help: "A table of rows, such as loadtest/tables/redis.yaml.")
    var table: String?
    @Option(help: "NAME=ADDRESS, or with a table NAME=COMMAND with {port} and {dir} in it. At least two.")
    var server: [String]
    @Option(help: "NAME=KEY or NAME=@FILE, with {dir} for the server's own folder.")
    var key: [String] = []
    @Option(help: "Turns of each server.")
    var repeats = 3
    @Option(help: "Members of a table's board, or instead of the scenario's.")
    var members: Int?
    @Option(help: "Length of a turn in seconds, instead of the table's or scenario's.")
    var duration: Double?
    @Option(name: .customLong("scenarios"), help: "Where scenarios lie.")
    var folder = ScenarioCatalogue.usualFolder
    @Option(help: "Where servers of a table get their folders; the disk matters for durable rows.")
    var directory = "/tmp"
    @Option(help: "The core of servers that are started here.")
    var serverCore = 0
    @Option(help: "The core of the client.")
    var clientCore = 1
    @Flag(help: "Keep nothing to a core.")
    var noPinning = false
    @Option(help: "Write PATH.json and PATH.md as well.")
    var report: String?
    @Flag(help: "Load servers on other machines. Do so only where you may.")
    var allowRemote = false

    func validate() throws {
        guard (scenario == nil) != (table == nil) else { throw ValidationError("name a scenario, or a --table") }
        guard server.count >= 2 else { throw ValidationError("name at least two servers") }
        guard (1...100).contains(repeats) else { throw ValidationError("--repeats is 1 to 100") }
        guard (0.1...86_400).contains(duration ?? 1) else { throw ValidationError("--duration is 0.1 to 86400") }
        guard (1...10_000_000).contains(members ?? 1) else { throw ValidationError("--members is 1 to 10000000") }
    }

    func run() throws {
        let servers = try specifications()
        let comparison = try table.map { try compare(table: $0, servers) } ?? compareScenario(servers)
        print(comparison.markdown, terminator: "")
        if let report {
            try writeText(try JSONReport.text(comparison), to: report + ".json")
            try writeText(comparison.markdown, to: report + ".md")
        }
        if comparison.answersAgree == false || !comparison.remarks.isEmpty { throw ExitCode.failure }
    }

    private func specifications() throws -> [ServerSpecification] {
        do {
            let keys = try ServerSpecification.keys(key)
            let servers = try server.map { try ServerSpecification($0, keys: keys) }
            for server in servers {
                if case .running(let target) = server.place { try target.check(allowsRemote: allowRemote) }
            }
            guard Set(servers.map(\.name)).count == servers.count else {
                throw ValidationError("two servers have one name")
            }
            return servers
        } catch let problem as HarnessError {
            throw ValidationError("\(problem)")
        }
    }

    private func compare(table file: String, _ servers: [ServerSpecification]) throws -> Comparison {
        var table = try ComparisonTable(file: file)
        if let duration { table.seconds = duration }
        return try TableComparison(
            table: table, servers: servers, members: members ?? 1_000_000, repeats: repeats,
            serverCore: noPinning ? nil : serverCore, clientCore: noPinning ? nil : clientCore, directory: directory,
            say: { Console.say("\($0)\n") }
        ).run()
    }

    private func compareScenario(_ servers: [ServerSpecification]) throws -> Comparison {
        var scenario = try named(self.scenario ?? "", in: folder)
        if let duration { scenario.durationSeconds = duration }
        if let members {
            scenario.members = members
            scenario.preload = min(scenario.preload, members)
        }
        if !noPinning { try Cores.pin(to: clientCore) }
        let displays = Dictionary(uniqueKeysWithValues: servers.map { ($0.name, ProgressDisplay($0.name)) })
        defer { for display in displays.values { display.finish() } }
        return try ScenarioComparison(scenario: scenario, servers: servers, repeats: repeats) { server, progress in
            displays[server]?.show(progress)
        }.run()
    }
}
