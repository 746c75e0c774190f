import ArgumentParser

struct Checkpoint: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "The checkpoints that nodes have: list, verify.", subcommands: [List.self, Verify.self])

    private static let columns = [
        "node", "shard", "generation", "number", "position", "hash", "leaderboards", "entries", "bytes",
    ].map { Column($0) }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "What each checkpoint reflects.")
        @Argument(help: "The shard's number. Default: all.") var shard: Int?
        @OptionGroup var options: AdminOptions

        func run() async throws {
            try await options.run {
                let found = try await $0.send(.get, "checkpoints", query: [("shard", shard.map(String.init))])
                try options.show(found["items"].elements, as: columns)
                try Checkpoint.check(found["unanswered"].elements)
            }
        }
    }

    struct Verify: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Read checkpoints completely, and compute the hash of their content anew.")
        @Argument(help: "The shard's number. Default: all.") var shard: Int?
        @OptionGroup var options: AdminOptions

        func run() async throws {
            try await options.run { client in
                var shards = shard.map { [String($0)] } ?? []
                if shard == nil { shards = try await Checkpoint.shards(client) }
                var found: [Value] = []
                var unanswered: [Value] = []
                var progress = Progress()
                for (place, number) in shards.enumerated() {
                    progress.show("verifying shard \(number), \(place) of \(shards.count) done")
                    let answer = try await client.send(
                        .post, "shards/\(escaped(number))/checkpoints/verify", within: 300)
                    found += answer["items"].elements
                    unanswered += answer["unanswered"].elements
                }
                progress.end()
                try options.show(found, as: columns + [Column("content"), Column("problem")])
                let damaged = found.filter { $0["problem"] != .null }
                guard damaged.isEmpty else {
                    let lines = damaged.map {
                        "Checkpoint \($0["generation"].text) of shard \($0["shard"].text) on node \($0["node"].text) is damaged: \($0["problem"].text)"
                    }
                    throw Failure(.unsound, lines.map(Output.printable).joined(separator: "\n"))
                }
                try Checkpoint.check(unanswered)
            }
        }
    }

    /// Those that have any.
    private static func shards(_ client: AdminClient) async throws -> [String] {
        let found = try await client.send(.get, "checkpoints")["items"].elements
        var shards: [String] = []
        for checkpoint in found where !shards.contains(checkpoint["shard"].text) {
            shards.append(checkpoint["shard"].text)
        }
        return shards.sorted { (Int($0) ?? 0) < (Int($1) ?? 0) }
    }

    private static func check(_ unanswered: [Value]) throws {
        guard let first = unanswered.first else { return }
        throw Failure(
            .unavailable, "Node \(first["node"].text) does not answer: \(Output.printable(first["problem"].text))")
    }
}
