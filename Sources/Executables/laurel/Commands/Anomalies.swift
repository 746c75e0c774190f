import ArgumentParser

struct Anomalies: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "What keys, projects and leaderboards do and did not use to do.", subcommands: [List.self])

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "What was found, the newest first.")
        @Option(help: "Only those of the project with this id.") var project: String?
        @Option(help: "Only those of the tenant with this id.") var tenant: String?
        @Option(help: "At most so many, 1 to 1000.") var limit = 50
        @OptionGroup var options: AdminOptions

        func run() async throws {
            guard 1...1000 ~= limit else { throw Failure(.usage, "--limit takes a number from 1 to 1000.") }
            guard project == nil || tenant == nil else {
                throw Failure(.usage, "A project has one tenant: say --project or --tenant.")
            }
            try await options.run {
                let path = project.map { "projects/\(escaped($0))/anomalies" } ?? "anomalies"
                let found = try await $0.list(path, query: [("tenant", tenant)], countMax: limit)
                let columns = ["at", "project", "key", "leaderboard", "kind", "explanation"].map { Column($0) }
                try options.show(found, as: columns)
            }
        }
    }
}
