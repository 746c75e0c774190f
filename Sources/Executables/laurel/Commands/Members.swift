import ArgumentParser

struct Members: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Who may act for a tenant: list, add, show, set-role, remove, token.",
        subcommands: [List.self, Add.self, Show.self, SetRole.self, Remove.self, MemberTokens.self])

    static let columns = ["id", "email", "role", "status", "created_at"].map { Column($0) }
    static let fields = [Column("id"), Column("tenant")] + columns.dropFirst() + [Column("version")]

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "The members of a tenant.")
        @Option(help: "The tenant's id.") var tenant: String
        @OptionGroup var list: ListOptions
        @OptionGroup var options: AdminOptions

        func run() async throws {
            try await options.run {
                try options.show(
                    await $0.list("tenants/\(escaped(tenant))/members", query: list.query), as: columns)
            }
        }
    }

    struct Add: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "A new member. The first one of a tenant is an owner.")
        @Option(help: "The tenant's id.") var tenant: String
        @Option(help: "The e-mail address.") var email: String
        @Option(help: "owner, admin, developer or viewer.") var role: String
        @OptionGroup var options: AdminOptions

        func run() async throws {
            try await options.run {
                let body = Value.members(("email", .string(email)), ("role", .string(role)))
                let answer = try await $0.send(.post, "tenants/\(escaped(tenant))/members", body: body)
                try options.show(answer, as: fields)
            }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "One member.")
        @Argument(help: "The member's id.") var member: String
        @OptionGroup var options: AdminOptions

        func run() async throws {
            try await options.run { try options.show(await $0.send(.get, "members/\(escaped(member))"), as: fields) }
        }
    }

    struct SetRole: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Let a member do more, or less.")
        @Argument(help: "The member's id.") var member: String
        @Argument(help: "owner, admin, developer or viewer.") var role: String
        @OptionGroup var change: ChangeOptions
        @OptionGroup var options: AdminOptions

        func run() async throws {
            try await options.run {
                let answer = try await $0.send(
                    .patch, "members/\(escaped(member))", body: .members(("role", .string(role))),
                    version: change.ifVersion)
                try options.show(answer, as: fields)
            }
        }
    }

    struct Remove: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Let a member do nothing any more. One owner stays.")
        @Argument(help: "The member's id.") var member: String
        @OptionGroup var change: ChangeOptions
        @OptionGroup var options: AdminOptions

        func run() async throws {
            try await options.run {
                let answer = try await $0.send(
                    .delete, "members/\(escaped(member))", version: change.ifVersion)
                try options.show(answer, as: fields)
            }
        }
    }
}
