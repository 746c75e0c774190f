import ArgumentParser

struct Limits: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "What bounds a project: the quotas of its plan, and its rates.",
        subcommands: [Show.self, Set.self])

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Quotas, what is used of them, and rates.")
        @Argument(help: "The project's id.") var project: String
        @OptionGroup var options: AdminOptions

        func run() async throws {
            try await options.run {
                let limits = try await $0.send(.get, "projects/\(escaped(project))/limits")
                if options.json { return try Output.json(limits) }
                Output.say(Table(columns: Limits.columns, items: Limits.rows(limits)).text)
            }
        }
    }

    struct Set: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Change a project's rates. Quotas are those of the plan: tenants set-plan, plans set.")
        @Argument(help: "The project's id.") var project: String
        @Option(help: "Of the whole project, such as 100/s or 50/10s:200, or none.") var rate: RateArgument?
        @Option(help: "Of each key that has none of its own.") var keyRate: RateArgument?
        @Option(help: "Of each user whom a player token names.") var userRate: RateArgument?
        @Option(help: "Of each address.") var addressRate: RateArgument?
        @OptionGroup var change: ChangeOptions
        @OptionGroup var options: AdminOptions

        func run() async throws {
            let body = Value.members(
                ("rate", rate?.value), ("key_rate", keyRate?.value), ("user_rate", userRate?.value),
                ("address_rate", addressRate?.value))
            guard body != .object([:]) else { throw Failure(.usage, "There is nothing to change.") }
            try await options.run {
                let path = "projects/\(escaped(project))"
                _ = try await $0.send(.patch, path + "/settings", body: body, version: change.ifVersion)
                let limits = try await $0.send(.get, path + "/limits")
                if options.json { return try Output.json(limits) }
                Output.say(Table(columns: Limits.columns, items: Limits.rows(limits)).text)
            }
        }
    }

    private static let columns = ["limit", "of", "value", "used"].map { Column($0) }

    private static func rows(_ limits: Value) -> [Value] {
        let plan = "plan \(limits["plan"].text)"
        let rates = ["rate", "key_rate", "user_rate", "address_rate"]
        return QuotaOptions.names.map { name in
            row(name, plan, LimitArgument.text(limits["quota"][name]), limits["use"][name].text)
        } + [row("rate", plan, RateArgument.text(limits["quota"]["rate"]), "-")]
            + rates.map { row($0, "project", RateArgument.text(limits["rates"][$0]), "-") }
    }

    private static func row(_ limit: String, _ owner: String, _ value: String, _ used: String) -> Value {
        .object([
            "limit": .string(limit), "of": .string(owner), "value": .string(value), "used": .string(used),
        ])
    }
}
