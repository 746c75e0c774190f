import ArgumentParser

struct Projects: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "A tenant's environments: list, create, show, rename, delete.",
        subcommands: [List.self, Create.self, Show.self, Rename.self, Delete.self])

    static let columns = ["id", "tenant", "name", "environment", "status", "created_at"].map { Column($0) }
    static let fields = columns + [Column("version")]

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "The projects of a tenant, or all.")
        @Option(help: "The tenant's id.") var tenant: String?
        @OptionGroup var list: ListOptions
        @OptionGroup var options: AdminOptions

        func run() async throws {
            try await options.run {
                try options.show(await $0.list("projects", query: list.query + [("tenant", tenant)]), as: columns)
            }
        }
    }

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "A new project.")
        @Option(help: "The tenant's id.") var tenant: String
        @Option(help: "What people call it.") var name: String
        @Option(help: "Its id, 1 to 64 of a-z 0-9 _ -. Default: one that nobody has.") var id: String?
        @Option(help: "live or test: what its keys begin with. Default live.") var environment: String?
        @OptionGroup var options: AdminOptions

        func run() async throws {
            try await options.run {
                let body = Value.members(
                    ("name", .string(name)), ("id", id.map(Value.string)),
                    ("environment", environment.map(Value.string)))
                let answer = try await $0.send(.post, "tenants/\(escaped(tenant))/projects", body: body)
                try options.show(answer, as: fields)
            }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "One project.")
        @Argument(help: "The project's id.") var project: String
        @OptionGroup var options: AdminOptions

        func run() async throws {
            try await options.run {
                try options.show(await $0.send(.get, "projects/\(escaped(project))"), as: fields)
            }
        }
    }

    struct Rename: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Call a project something else.")
        @Argument(help: "The project's id.") var project: String
        @Argument(help: "Its new name.") var name: String
        @OptionGroup var change: ChangeOptions
        @OptionGroup var options: AdminOptions

        func run() async throws {
            try await options.run {
                let answer = try await $0.send(
                    .patch, "projects/\(escaped(project))", body: .members(("name", .string(name))),
                    version: change.ifVersion)
                try options.show(answer, as: fields)
            }
        }
    }

    struct Delete: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Delete a project, for good. All its keys end.")
        @Argument(help: "The project's id.") var project: String
        @OptionGroup var confirmation: Confirmation
        @OptionGroup var change: ChangeOptions
        @OptionGroup var options: AdminOptions

        func run() async throws {
            try confirmation.check("This deletes project \(project).")
            try await options.run {
                let answer = try await $0.send(
                    .delete, "projects/\(escaped(project))", version: change.ifVersion)
                try options.show(answer, as: fields)
            }
        }
    }
}
