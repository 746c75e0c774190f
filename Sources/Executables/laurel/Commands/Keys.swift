import ArgumentParser

struct Keys: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Keys of a project: list, create, show, change, rotate, revoke.",
        subcommands: [List.self, Create.self, Show.self, Change.self, Rotate.self, Revoke.self])

    static let columns = [
        Column("id"), Column("name"), Column("hint"), Column("status"), Column("scopes"), Column("expires_at"),
        Column("last_used_at"),
    ]
    static let fields = [
        Column("id"), Column("project"), Column("name"), Column("hint"), Column("status"), Column("scopes"),
        Column("leaderboards") { $0["leaderboards"] == .null ? "all" : $0["leaderboards"].text },
        Column("rate") { RateArgument.text($0["rate"]) }, Column("created_at"), Column("expires_at"),
        Column("revoked_at"), Column("replaced_by"), Column("last_used_at"), Column("version"),
    ]

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "The keys of a project, without the keys themselves.")
        @Option(help: "The project's id.") var project: String
        @OptionGroup var list: ListOptions
        @OptionGroup var options: AdminOptions

        func run() async throws {
            try await options.run {
                try options.show(
                    await $0.list("projects/\(escaped(project))/keys", query: list.query), as: columns)
            }
        }
    }

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "A new key. It is shown once.")
        @Option(help: "The project's id.") var project: String
        @Option(help: "What people call it.") var name: String
        @OptionGroup var grant: GrantOptions
        @OptionGroup var fresh: FreshKeyOptions
        @OptionGroup var options: AdminOptions

        func run() async throws {
            guard case .object(var body) = grant.body else { return }
            body["name"] = .string(name)
            try await fresh.make(options) {
                try await $0.send(.post, "projects/\(escaped(project))/keys", body: .object(body))
            }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "One key, without the key itself.")
        @Argument(help: "The key's id.") var key: String
        @OptionGroup var options: AdminOptions

        func run() async throws {
            try await options.run { try options.show(await $0.send(.get, "keys/\(escaped(key))"), as: fields) }
        }
    }

    struct Change: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Change what a key is called, and what it is for.")
        @Argument(help: "The key's id.") var key: String
        @Option(help: "What people call it.") var name: String?
        @OptionGroup var grant: GrantOptions
        @OptionGroup var change: ChangeOptions
        @OptionGroup var options: AdminOptions

        func run() async throws {
            guard case .object(var body) = grant.body else { return }
            if let name { body["name"] = .string(name) }
            guard !body.isEmpty else { throw Failure(.usage, "There is nothing to change.") }
            try await options.run {
                let answer = try await $0.send(
                    .patch, "keys/\(escaped(key))", body: .object(body), version: change.ifVersion)
                try options.show(answer, as: fields)
            }
        }
    }

    struct Rotate: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Another key in its place. The old one goes on being valid for a while.")
        @Argument(help: "The key's id.") var key: String
        @Option(help: "How long the old one stays valid, in seconds: 0 to 2592000. Default 86400.")
        var overlap: Int64?
        @OptionGroup var fresh: FreshKeyOptions
        @OptionGroup var change: ChangeOptions
        @OptionGroup var options: AdminOptions

        func run() async throws {
            try await fresh.make(options) {
                try await $0.send(
                    .post, "keys/\(escaped(key))/rotate",
                    body: .members(("overlap_seconds", overlap.map(Value.integer))), version: change.ifVersion)
            }
        }
    }

    struct Revoke: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "End a key, at once and for good.")
        @Argument(help: "The key's id.") var key: String
        @OptionGroup var change: ChangeOptions
        @OptionGroup var options: AdminOptions

        func run() async throws {
            try await options.run {
                let answer = try await $0.send(.post, "keys/\(escaped(key))/revoke", version: change.ifVersion)
                try options.show(answer, as: fields)
            }
        }
    }
}

/// What a key is for.
struct GrantOptions: ParsableArguments {
    @Option(help: "read, write, admin: several with commas. Default for a new key read,write.") var scopes: String?
    @Option(
        name: .customLong("leaderboard"),
        help: "The id of a leaderboard that it is for, or its beginning and *. Several times for several; all: for all."
    )
    var leaderboards: [String] = []
    @Option(help: "A rate of its own, such as 100/s or 50/10s:200, or none.") var rate: RateArgument?
    @Option(help: "When it ends, such as 2027-01-01T00:00:00Z, or never.") var expires: String?

    var body: Value {
        .members(
            ("scopes", scopes.map { .array($0.split(separator: ",").map { .string(String($0)) }) }),
            (
                "leaderboards",
                leaderboards.isEmpty ? nil : leaderboards == ["all"] ? .null : .array(leaderboards.map(Value.string))
            ), ("rate", rate?.value), ("expires_at", expires.map { $0 == "never" ? .null : .string($0) }))
    }
}

/// Where a key goes that is shown once.
struct FreshKeyOptions: ParsableArguments {
    @Option(help: "Write the key into this new file, for its owner's eyes only, instead of printing it.")
    var keyFile: String?

    func make(_ options: AdminOptions, _ send: (AdminClient) async throws -> Value) async throws {
        try await options.make("key", file: keyFile, fields: Keys.fields, send)
    }
}
