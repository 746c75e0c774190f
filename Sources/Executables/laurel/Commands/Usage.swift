import ArgumentParser

struct Usage: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "What a project has used.", subcommands: [Show.self])

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Counters of days, their totals, and what is used now.")
        @Argument(help: "The project's id.") var project: String
        @Option(help: "The first day, such as 2026-11-01. Default: 29 days before the last.") var from: String?
        @Option(help: "The last day. Default: today, by UTC.") var to: String?
        @OptionGroup var options: AdminOptions

        func run() async throws {
            try await options.run {
                let usage = try await $0.send(
                    .get, "projects/\(escaped(project))/usage", query: [("from", from), ("to", to)])
                if options.json { return try Output.json(usage) }
                let days = usage["days"].elements.flatMap { day in
                    Usage.rows(day["day"].text, day["metrics"])
                }
                let rows = days + Usage.rows("total", usage["total"]) + Usage.rows("now", usage["now"])
                Output.say(Table(columns: ["day", "metric", "value"].map { Column($0) }, items: rows).text)
            }
        }
    }

    private static func rows(_ day: String, _ metrics: Value) -> [Value] {
        guard case .object(let counts) = metrics else { return [] }
        return counts.sorted { $0.key < $1.key }.map {
            .object(["day": .string(day), "metric": .string($0.key), "value": $0.value])
        }
    }
}
