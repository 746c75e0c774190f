import ArgumentParser

struct Shards: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "The shards of a cluster: list, show, move, unpin, rebalance, verify, quarantine, release.",
        subcommands: [
            List.self, Show.self, Move.self, Unpin.self, Rebalance.self, Verify.self, Quarantine.self, Release.self,
        ])

    static let columns: [Column] = [
        Column("shard"), Column("state"), Column("owner"), Column("epoch"), Column("number"), Column("checkpoint"),
        Column("followers") { shard in
            let followers = shard["followers"].elements.map { "\($0["node"].text)(-\($0["lag"].text))" }
            return followers.isEmpty ? "-" : followers.joined(separator: " ")
        },
        Column("pinned_to"), Column("reason"),
    ]

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "All shards: who owns each, who follows it and how many records behind.")
        @OptionGroup var options: AdminOptions

        func run() async throws {
            try await options.run { try options.show(await $0.send(.get, "shards")["items"].elements, as: columns) }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "One shard, as each node sees it.")
        @Argument(help: "The shard's number.") var shard: Int
        @OptionGroup var options: AdminOptions

        func run() async throws {
            let number = String(shard)
            try await options.run {
                let found = try await $0.send(.get, "shards/\(escaped(number))")
                if options.json { return try Output.json(found) }
                let fields = columns + ["target", "leaderboards", "memory_bytes"].map { Column($0) }
                Output.say(Table.lines(of: found, fields))
                Output.say("")
                Output.say(Table(columns: Shards.views, items: found["views"].elements).text)
            }
        }
    }

    private static let views = [
        "node", "role", "behind", "epoch", "number", "position", "hash", "checkpoint", "leaderboards",
        "memory_bytes", "problem", "quarantine",
    ].map { Column($0) }

    struct Move: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Pin a shard to a node, and hand it over there. The node follows it first.")
        @Argument(help: "The shard's number.") var shard: Int
        @Option(help: "The node's id.") var to: String
        @OptionGroup var order: OrderOptions
        @OptionGroup var waiting: WaitOptions
        @OptionGroup var options: AdminOptions

        func run() async throws {
            let number = String(shard)
            try await options.run { client in
                func send() async throws -> Value {
                    let body = Value.members(
                        ("to", .string(to)), ("dry_run", order.dryRun ? .boolean(true) : nil))
                    return try await client.send(.post, "shards/\(escaped(number))/move", body: body)
                }
                var answer = try await send()
                if order.dryRun { return try options.show(moves: answer) }
                let patience = Patience(seconds: waiting.timeout)
                var progress = Progress()
                defer { progress.end() }
                // The pin holds once the node has the shard; somebody has to say so, and that is this command.
                while answer["orders"].elements.first?["state"] == .string("preparing") {
                    progress.show("shard \(number): node \(to) follows it first")
                    try await patience.wait(for: "Following shard \(number)")
                    answer = try await send()
                }
                while !waiting.noWait {
                    let found = try await client.send(.get, "shards/\(escaped(number))")
                    progress.show(
                        "shard \(number): owned by node \(found["owner"].text), record \(found["number"].text)")
                    if found["owner"] == .string(to) { break }
                    try await patience.wait(for: "Handing over shard \(number)")
                }
                progress.end()
                try options.show(moves: answer)
            }
        }
    }

    struct Unpin: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lift a shard's pin: it stays where it is, unless balance wants otherwise.")
        @Argument(help: "The shard's number.") var shard: Int
        @OptionGroup var order: OrderOptions
        @OptionGroup var options: AdminOptions

        func run() async throws {
            let number = String(shard)
            try await options.run {
                try options.show(moves: await $0.send(.post, "shards/\(escaped(number))/unpin", body: order.body))
            }
        }
    }

    struct Rebalance: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Lift all pins, and say what moves because of it.")
        @OptionGroup var order: OrderOptions
        @OptionGroup var options: AdminOptions

        func run() async throws {
            try await options.run {
                try options.show(moves: await $0.send(.post, "shards/rebalance", body: order.body))
            }
        }
    }

    struct Verify: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Compare what owner and followers have of a shard, or of all, at the same record.")
        @Argument(help: "The shard's number. Default: all.") var shard: Int?
        @OptionGroup var options: AdminOptions

        func run() async throws {
            try await options.run { client in
                var shards = shard.map { [String($0)] } ?? []
                if shard == nil {
                    shards = try await client.send(.get, "shards")["items"].elements.map { $0["shard"].text }
                }
                var found: [Value] = []
                var progress = Progress()
                for number in shards {
                    progress.show("verifying shard \(number), \(found.count) of \(shards.count) done")
                    do {
                        found.append(
                            try await client.send(
                                .post, "shards/\(escaped(number))/verify", within: 300))
                    } catch let failure as Failure where shards.count > 1 && failure.code == .conflict {
                        // Nobody owns it: the others can be compared all the same.
                        found.append(
                            .members(
                                ("shard", .integer(Int64(number) ?? 0)), ("same", .boolean(false)),
                                ("problem", .string(failure.description))))
                    }
                }
                progress.end()
                try options.show(found, as: Verify.columns)
                try Verify.check(found)
            }
        }

        private static let columns: [Column] = [
            Column("shard"), Column("number"), Column("owner"), Column("same"), Column("hash"),
            Column("findings") { comparison in
                if case .string(let problem) = comparison["problem"] { return problem }
                return comparison["followers"].elements.map { follower in
                    let differences = follower["differences"].elements.map(\.text).joined(separator: ", ")
                    return "\(follower["node"].text) \(follower["finding"].text)"
                        + (differences.isEmpty ? "" : " (\(differences))")
                }.joined(separator: "; ")
            },
        ]

        private static func check(_ found: [Value]) throws {
            let unequal = found.filter { $0["same"] != .boolean(true) }
            guard !unequal.isEmpty else { return }
            let numbers = unequal.map { $0["shard"].text }.joined(separator: ", ")
            let differs = unequal.contains { $0["followers"].elements.contains { $0["finding"] == .string("differs") } }
            throw Failure(
                differs ? .unsound : .unavailable,
                differs
                    ? "Nodes have different content of shards \(numbers)." : "Shards \(numbers) could not be compared.")
        }
    }

    struct Quarantine: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Have nobody touch a shard, through restarts, until it is released. It answers nothing meanwhile."
        )
        @Argument(help: "The shard's number.") var shard: Int
        @Option(help: "Why, for people.") var reason: String
        @OptionGroup var options: AdminOptions

        func run() async throws {
            let number = String(shard)
            try await options.run {
                let body = Value.members(("reason", .string(reason)))
                let answer = try await $0.send(.post, "shards/\(escaped(number))/quarantine", body: body)
                try options.show(answer["orders"].elements.first ?? .null, as: Shards.orders)
            }
        }
    }

    static let orders = ["kind", "shard", "state", "reason", "by", "at"].map { Column($0) }
}
