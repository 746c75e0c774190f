import ArgumentParser

extension Shards {
    struct Release: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take a shard up again. Its log is looked at anew: what is still damaged is quarantined again.",
            discussion: """
                With --accept-loss a shard whose log has lost its end goes on from what is left, and everything behind is void for \
                ever, on nodes and in checkpoints that come back later, too. --dry-run says what is known to be lost, and who has \
                more than the log. Before that, see to it that the log's servers and all nodes run, and keep a copy of their data.
                """)
        @Argument(help: "The shard's number.") var shard: Int
        @Flag(help: "Give up acknowledged records that the log has lost. Wants --yes.") var acceptLoss = false
        @Flag(help: "With --accept-loss: say what would be lost, and change nothing.") var dryRun = false
        @OptionGroup var confirmation: Confirmation
        @OptionGroup var options: AdminOptions

        func run() async throws {
            guard acceptLoss else {
                guard !dryRun else { throw Failure(.usage, "--dry-run is for --accept-loss.") }
                return try await release()
            }
            if !dryRun {
                try confirmation.check(
                    "This gives up what the log of shard \(shard) has lost: --dry-run says what that is.")
            }
            try await options.run { client in
                let found = try await send(("dry_run", .boolean(true)), to: client)
                guard !dryRun, found["problems"].elements.isEmpty else {
                    try show(found)
                    guard found["problems"].elements.isEmpty else {
                        throw Failure(.conflict, "Shard \(shard) can't go on from what its log has.")
                    }
                    return
                }
                // What was read is what is given up, or nothing is.
                try show(try await send(("last_record", found["last_record"]), to: client))
            }
        }

        private func release() async throws {
            let number = String(shard)
            try await options.run {
                let answer = try await $0.send(.post, "shards/\(escaped(number))/release")
                if options.json { return try Output.json(answer) }
                guard let order = answer["orders"].elements.first else {
                    return Output.say("There is no such order; the nodes look at shard \(number) again.")
                }
                try options.show(order, as: Shards.orders)
            }
        }

        private func send(_ member: (String, Value?), to client: AdminClient) async throws -> Value {
            let number = String(shard)
            // The log is read from the newest checkpoint to its end.
            return try await client.send(
                .post, "shards/\(escaped(number))/release",
                body: .members(("accept_loss", .boolean(true)), member), within: 300)
        }

        private func show(_ answer: Value) throws {
            if options.json { return try Output.json(answer) }
            Output.say(Table.lines(of: answer, Self.fields))
            if !answer["ahead"].elements.isEmpty {
                Output.say("\nMore than the log has was seen by\n")
                Output.say(Table(columns: Self.witnesses, items: answer["ahead"].elements).text)
            }
            for problem in answer["problems"].elements { Output.say("\n" + Output.printable(problem.text)) }
        }

        private static let fields: [Column] = [
            Column("shard"), Column("last_record"), Column("last_epoch"),
            Column("lost") { answer in
                guard answer["lost_from"] != .null else { return "nothing is known to be missing" }
                let (first, last) = (answer["lost_from"].text, answer["lost_to"].text)
                return first == last ? "record \(first)" : "records \(first) to \(last)"
            },
            Column("made_from") { answer in
                switch answer["made_from"] {
                case .null: "-"
                case .integer(0): "the log alone"
                default: "a checkpoint of record \(answer["made_from"].text)"
                }
            },
            Column("done") { $0["done"] == .boolean(true) ? "yes" : "no" },
        ]
        private static let witnesses = ["seen_in", "node", "generation", "number", "epoch"].map { Column($0) }
    }
}
