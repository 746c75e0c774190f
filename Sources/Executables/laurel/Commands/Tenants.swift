import ArgumentParser

struct Tenants: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Customers: list, create, show, rename, suspend, resume, delete, set-plan.",
        subcommands: [
            List.self, Create.self, Show.self, Rename.self, Suspend.self, Resume.self, Delete.self, SetPlan.self,
        ])

    static let columns = ["id", "name", "plan", "status", "created_at"].map { Column($0) }
    static let fields = columns + [Column("version")]

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "All tenants.")
        @OptionGroup var list: ListOptions
        @OptionGroup var options: AdminOptions

        func run() async throws {
            try await options.run { try options.show(await $0.list("tenants", query: list.query), as: columns) }
        }
    }

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "A new tenant.")
        @Option(help: "What people call it.")
        var name: String
        @Option(help: "Its id, 1 to 64 of a-z 0-9 _ -. Default: one that nobody has.")
        var id: String?
        @Option(help: "The id of its plan. Default free.")
        var plan: String?
        @OptionGroup var options: AdminOptions

        func run() async throws {
            try await options.run { client in
                let body = Value.members(
                    ("name", .string(name)), ("id", id.map(Value.string)), ("plan", plan.map(Value.string)))
                try options.show(await client.send(.post, "tenants", body: body), as: fields)
            }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "One tenant.")
        @Argument(help: "The tenant's id.") var tenant: String
        @OptionGroup var options: AdminOptions

        func run() async throws {
            try await options.run {
                try options.show(await $0.send(.get, "tenants/\(escaped(tenant))"), as: fields)
            }
        }
    }

    struct Rename: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Call a tenant something else.")
        @Argument(help: "The tenant's id.") var tenant: String
        @Argument(help: "Its new name.") var name: String
        @OptionGroup var change: ChangeOptions
        @OptionGroup var options: AdminOptions

        func run() async throws {
            try await options.run {
                let body = Value.members(("name", .string(name)))
                let answer = try await $0.send(
                    .patch, "tenants/\(escaped(tenant))", body: body, version: change.ifVersion)
                try options.show(answer, as: fields)
            }
        }
    }

    struct Suspend: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Turn all requests of a tenant away. Its data stays.")
        @Argument(help: "The tenant's id.") var tenant: String
        @OptionGroup var change: ChangeOptions
        @OptionGroup var options: AdminOptions

        func run() async throws {
            try await options.run {
                let answer = try await $0.send(
                    .post, "tenants/\(escaped(tenant))/suspend", version: change.ifVersion)
                try options.show(answer, as: fields)
            }
        }
    }

    struct Resume: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Serve a suspended tenant again.")
        @Argument(help: "The tenant's id.") var tenant: String
        @OptionGroup var change: ChangeOptions
        @OptionGroup var options: AdminOptions

        func run() async throws {
            try await options.run {
                let answer = try await $0.send(
                    .post, "tenants/\(escaped(tenant))/resume", version: change.ifVersion)
                try options.show(answer, as: fields)
            }
        }
    }

    struct Delete: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Delete a tenant with its projects, for good. All its keys end.")
        @Argument(help: "The tenant's id.") var tenant: String
        @OptionGroup var confirmation: Confirmation
        @OptionGroup var change: ChangeOptions
        @OptionGroup var options: AdminOptions

        func run() async throws {
            try confirmation.check("This deletes tenant \(tenant) and all its projects.")
            try await options.run {
                let answer = try await $0.send(
                    .delete, "tenants/\(escaped(tenant))", version: change.ifVersion)
                try options.show(answer, as: fields)
            }
        }
    }

    struct SetPlan: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Give a tenant another plan.")
        @Argument(help: "The tenant's id.") var tenant: String
        @Argument(help: "The plan's id.") var plan: String
        @OptionGroup var change: ChangeOptions
        @OptionGroup var options: AdminOptions

        func run() async throws {
            try await options.run {
                let answer = try await $0.send(
                    .put, "tenants/\(escaped(tenant))/plan", body: .members(("plan", .string(plan))),
                    version: change.ifVersion)
                try options.show(answer, as: fields)
            }
        }
    }
}
