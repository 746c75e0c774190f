import ArgumentParser

/// `laurel members token`: what a member acts with.
struct MemberTokens: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token", abstract: "Tokens by which a member acts: list, create, show, rotate, revoke.",
        subcommands: [List.self, Create.self, Show.self, Rotate.self, Revoke.self])

    static let columns = ["id", "name", "hint", "status", "created_at", "expires_at"].map { Column($0) }
    static let fields =
        [Column("id"), Column("member")] + columns.dropFirst()
        + ["revoked_at", "replaced_by", "version"].map { Column($0) }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "The tokens of a member, without the tokens themselves.")
        @Argument(help: "The member's id.") var member: String
        @OptionGroup var list: ListOptions
        @OptionGroup var options: AdminOptions

        func run() async throws {
            try await options.run {
                try options.show(
                    await $0.list("members/\(escaped(member))/tokens", query: list.query), as: columns)
            }
        }
    }

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "A new token of a member. It is shown once.")
        @Argument(help: "The member's id.") var member: String
        @Option(help: "What people call it, such as where it is kept.") var name: String
        @Option(help: "When it ends, such as 2027-01-01T00:00:00Z. Default: never.") var expires: String?
        @OptionGroup var fresh: FreshTokenOptions
        @OptionGroup var options: AdminOptions

        func run() async throws {
            let body = Value.members(("name", .string(name)), ("expires_at", expires.map(Value.string)))
            try await fresh.make(options) {
                try await $0.send(.post, "members/\(escaped(member))/tokens", body: body)
            }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "One token, without the token itself.")
        @Argument(help: "The token's id.") var id: String
        @OptionGroup var options: AdminOptions

        func run() async throws {
            try await options.run { try options.show(await $0.send(.get, "tokens/\(escaped(id))"), as: fields) }
        }
    }

    struct Rotate: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Another token in its place. The old one goes on being valid for a while.")
        @Argument(help: "The token's id.") var id: String
        @Option(help: "How long the old one stays valid, in seconds: 0 to 2592000. Default 86400.")
        var overlap: Int64?
        @OptionGroup var fresh: FreshTokenOptions
        @OptionGroup var change: ChangeOptions
        @OptionGroup var options: AdminOptions

        func run() async throws {
            try await fresh.make(options) {
                try await $0.send(
                    .post, "tokens/\(escaped(id))/rotate",
                    body: .members(("overlap_seconds", overlap.map(Value.integer))), version: change.ifVersion)
            }
        }
    }

    struct Revoke: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "End a token, at once and for good.")
        @Argument(help: "The token's id.") var id: String
        @OptionGroup var change: ChangeOptions
        @OptionGroup var options: AdminOptions

        func run() async throws {
            try await options.run {
                let answer = try await $0.send(.post, "tokens/\(escaped(id))/revoke", version: change.ifVersion)
                try options.show(answer, as: fields)
            }
        }
    }
}

/// Where a token goes that is shown once.
struct FreshTokenOptions: ParsableArguments {
    @Option(help: "Write the token into this new file, for its owner's eyes only, instead of printing it.")
    var tokenFile: String?

    func make(_ options: AdminOptions, _ send: (AdminClient) async throws -> Value) async throws {
        try await options.make("token", file: tokenFile, fields: MemberTokens.fields, send)
    }
}
