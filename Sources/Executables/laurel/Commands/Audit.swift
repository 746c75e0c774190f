import ArgumentParser

struct Audit: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Who changed what.", subcommands: [List.self])

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Changes, the newest first.")
        @Option(help: "Only those of the tenant with this id.") var tenant: String?
        @Option(help: "At most so many.") var limit = 50
        @OptionGroup var options: AdminOptions

        func run() async throws {
            guard limit > 0 else { throw Failure(.usage, "--limit takes a number from 1 on.") }
            try await options.run {
                let entries = try await $0.list("audit", query: [("tenant", tenant)], countMax: limit)
                let columns = ["at", "actor", "action", "target", "tenant", "detail"].map { Column($0) }
                try options.show(entries, as: columns)
            }
        }
    }
}
