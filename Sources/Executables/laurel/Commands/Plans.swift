import ArgumentParser

struct Plans: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "What tenants may use: list, create, show, set.",
        subcommands: [List.self, Create.self, Show.self, Set.self])

    static let columns = [Column("id"), Column("name")] + QuotaOptions.columns { $0["quota"] }
    static let fields = columns + [Column("version")]

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "All plans.")
        @OptionGroup var options: AdminOptions

        func run() async throws {
            try await options.run { try options.show(await $0.send(.get, "plans")["items"].elements, as: columns) }
        }
    }

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "A new plan. What is not said is unlimited.")
        @Argument(help: "Its id, 1 to 64 of a-z 0-9 _ -.") var plan: String
        @Option(help: "What people call it.") var name: String
        @OptionGroup var quota: QuotaOptions
        @OptionGroup var options: AdminOptions

        func run() async throws {
            try await options.run {
                let body = Value.members(("id", .string(plan)), ("name", .string(name)), ("quota", quota.body))
                try options.show(await $0.send(.post, "plans", body: body), as: fields)
            }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "One plan.")
        @Argument(help: "The plan's id.") var plan: String
        @OptionGroup var options: AdminOptions

        func run() async throws {
            try await options.run { try options.show(await $0.send(.get, "plans/\(escaped(plan))"), as: fields) }
        }
    }

    struct Set: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Change a plan, at once for all tenants that have it.")
        @Argument(help: "The plan's id.") var plan: String
        @Option(help: "What people call it.") var name: String?
        @OptionGroup var quota: QuotaOptions
        @OptionGroup var change: ChangeOptions
        @OptionGroup var options: AdminOptions

        func run() async throws {
            guard name != nil || quota.body != .object([:]) else {
                throw Failure(.usage, "There is nothing to change.")
            }
            try await options.run {
                let body = Value.members(("name", name.map(Value.string)), ("quota", quota.body))
                let answer = try await $0.send(
                    .patch, "plans/\(escaped(plan))", body: body, version: change.ifVersion)
                try options.show(answer, as: fields)
            }
        }
    }
}

/// The bounds of a plan.
struct QuotaOptions: ParsableArguments {
    @Option(help: "Requests of a project in a month, or unlimited.") var requestsPerMonth: LimitArgument?
    @Option(help: "Leaderboards of a project, or unlimited.") var leaderboards: LimitArgument?
    @Option(help: "Entries of a project, or unlimited.") var entries: LimitArgument?
    @Option(help: "Bytes that a project stores, or unlimited.") var storedBytes: LimitArgument?
    @Option(help: "Live connections of a project, or unlimited.") var streams: LimitArgument?
    @Option(help: "Projects of a tenant, or unlimited.") var projects: LimitArgument?
    @Option(help: "Valid keys of a project, or unlimited.") var keys: LimitArgument?
    @Option(help: "The rate of a project, such as 100/s or 50/10s:200, or none.") var rate: RateArgument?

    var body: Value {
        .members(
            ("requests_per_month", requestsPerMonth?.value), ("leaderboards", leaderboards?.value),
            ("entries", entries?.value), ("stored_bytes", storedBytes?.value), ("streams", streams?.value),
            ("projects", projects?.value), ("keys", keys?.value), ("rate", rate?.value))
    }

    static let names = [
        "requests_per_month", "leaderboards", "entries", "stored_bytes", "streams", "projects", "keys",
    ]

    /// Each bound, taken from where `quota` finds them.
    static func columns(_ quota: @escaping @Sendable (Value) -> Value) -> [Column] {
        names.map { name in Column(name) { LimitArgument.text(quota($0)[name]) } }
            + [Column("rate") { RateArgument.text(quota($0)["rate"]) }]
    }
}
