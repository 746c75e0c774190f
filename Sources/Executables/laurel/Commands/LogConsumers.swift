import ArgumentParser

extension Log {
    struct Consumers: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Who must not miss a record of a cluster's log, and has it kept.",
            subcommands: [List.self, Remove.self], defaultSubcommand: List.self)

        static let columns: [Column] = [
            Column("consumer") { $0["name"].text }, Column("log"),
            Column("shards") { consumer in
                let shards = consumer["shards"].elements.map(\.text)
                return shards.isEmpty ? "all" : shards.joined(separator: " ")
            },
            Column("unacknowledged"), Column("oldest"), Column("holds_cut"),
        ]

        struct List: AsyncParsableCommand {
            static let configuration = CommandConfiguration(
                abstract: "Durable consumers: what each has not acknowledged, and whether the log is kept for its sake."
            )
            @OptionGroup var options: AdminOptions

            func run() async throws {
                try await options.run { client in
                    let answer = try await client.send(.get, "log/consumers")
                    try options.show(answer["items"].elements, as: columns)
                    guard let first = answer["unanswered"].elements.first else { return }
                    throw Failure(
                        .unavailable,
                        "The consumers of \(first["log"].text) can't be listed: \(Output.printable(first["problem"].text))"
                    )
                }
            }
        }

        struct Remove: AsyncParsableCommand {
            static let configuration = CommandConfiguration(
                abstract:
                    "Forget a consumer, in all logs that have it. What it has not acknowledged is not kept for it any more."
            )
            @Argument(help: "The consumer's name.") var consumer: String
            @Option(help: "Only in the log of this name.") var log: String?
            @Flag(help: "Say what it has not acknowledged, and change nothing.") var dryRun = false
            @OptionGroup var confirmation: Confirmation
            @OptionGroup var options: AdminOptions

            func run() async throws {
                if !dryRun {
                    try confirmation.check(
                        "Consumer \(consumer) will miss what it has not acknowledged: --dry-run says how much that is.")
                }
                try await options.run { client in
                    let body = Value.members(
                        ("consumer", .string(consumer)), ("log", log.map(Value.string)),
                        ("dry_run", dryRun ? .boolean(true) : nil))
                    let answer = try await client.send(.post, "log/consumers/remove", body: body, within: 60)
                    if options.json { return try Output.json(answer) }
                    Output.say(Table(columns: Consumers.columns, items: answer["consumers"].elements).text)
                }
            }
        }
    }
}
