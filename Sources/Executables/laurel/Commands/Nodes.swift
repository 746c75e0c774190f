import ArgumentParser

struct Nodes: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "The nodes of a cluster: list, drain, resume, remove.",
        subcommands: [List.self, Drain.self, Resume.self, Remove.self])

    static let columns: [Column] = [
        Column("id"), Column("address"), Column("zone") { $0["zone"].text.isEmpty ? "-" : $0["zone"].text },
        Column("weight"), Column("state") { Nodes.state($0) },
        Column("version") { $0["version"].text.isEmpty ? "-" : $0["version"].text }, Column("owned"),
        Column("followed"), Column("quarantined"),
        Column("load") { if case .integer(let load) = $0["load"] { "\(Double(load) / 1000)" } else { "-" } },
        Column("problem"),
    ]

    /// Also what was ordered.
    private static func state(_ node: Value) -> String {
        var words = [node["state"].text]
        if node["drained"] == .boolean(true) { words.append("drained") }
        if node["removed"] == .boolean(true) { words.append("removed") }
        return words.joined(separator: ", ")
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "All nodes, and how many shards each owns and follows.")
        @OptionGroup var options: AdminOptions

        func run() async throws {
            try await options.run { try options.show(await $0.send(.get, "nodes")["items"].elements, as: columns) }
        }
    }

    struct Drain: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract:
                "Have a node own and follow nothing, through restarts, until it is resumed. It goes on taking requests."
        )
        @Argument(help: "The node's id.") var node: String
        @OptionGroup var order: OrderOptions
        @OptionGroup var waiting: WaitOptions
        @OptionGroup var options: AdminOptions

        func run() async throws {
            try await options.run { client in
                let answer = try await client.send(.post, "nodes/\(escaped(node))/drain", body: order.body)
                if !order.dryRun, !waiting.noWait { try await wait(client) }
                try options.show(moves: answer)
            }
        }

        private func wait(_ client: AdminClient) async throws {
            let patience = Patience(seconds: waiting.timeout)
            var progress = Progress()
            defer { progress.end() }
            while true {
                let nodes = try await client.send(.get, "nodes")["items"].elements
                guard let found = nodes.first(where: { $0["id"] == .string(node) }) else { return }
                let (owned, followed) = (found["owned"], found["followed"])
                progress.show("node \(node): \(owned.text) shards owned, \(followed.text) followed")
                if owned == .integer(0), followed == .integer(0) { return }
                // Whoever is not there has nothing that could be waited for.
                if owned == .null, found["state"] == .string("dead") || found["state"] == .string("left") { return }
                try await patience.wait(for: "Draining node \(node)")
            }
        }
    }

    struct Resume: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Let a node that was drained or removed take shards again.")
        @Argument(help: "The node's id.") var node: String
        @OptionGroup var order: OrderOptions
        @OptionGroup var options: AdminOptions

        func run() async throws {
            try await options.run {
                try options.show(moves: await $0.send(.post, "nodes/\(escaped(node))/resume", body: order.body))
            }
        }
    }

    struct Remove: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Forget a node that is gone for good. If it comes back it takes no shards until it is resumed.")
        @Argument(help: "The node's id.") var node: String
        @Flag(
            help:
                "Even if it is alive, and then gives all its shards to others, or if it is dead and owns shards by their logs, which others take over. Its pins are lifted."
        ) var force = false
        @OptionGroup var order: OrderOptions
        @OptionGroup var options: AdminOptions

        func run() async throws {
            try await options.run {
                let body = Value.members(
                    ("force", force ? .boolean(true) : nil), ("dry_run", order.dryRun ? .boolean(true) : nil))
                try options.show(moves: await $0.send(.post, "nodes/\(escaped(node))/remove", body: body))
            }
        }
    }
}
