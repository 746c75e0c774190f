import ArgumentParser
import Foundation

extension Regions {
    /// The node takes one step each time that it is asked; this command asks until all is done.
    struct Promote: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Put the mirror of a region in that one's place, step by step. It can be run again.",
            discussion: """
                Asked of a node that mirrors the region. It seals the old region's log, after which nothing is acknowledged \
                there any more, waits until the mirror has everything, writes down what is lost, waits until the connection \
                between the NATS servers of both regions is cut, and has the mirror take records.
                """)
        @Argument(help: "The region's name.") var region: String
        @Flag(help: "Say what would be done next, and change nothing.") var dryRun = false
        @Flag(
            help:
                "Even if the old region can't be reached. You answer for it that none of its NATS servers runs or will be started again with what it has; what the mirror lacks is lost."
        ) var acceptLoss = false
        @Option(help: "How long to wait for the mirror, and for the connection to be cut, in seconds.") var timeout =
            300
        @OptionGroup var confirmation: Confirmation
        @OptionGroup var options: AdminOptions

        func run() async throws {
            if !dryRun {
                try confirmation.check("The old region's log is sealed for good: --dry-run says what is next.")
            }
            try await options.run { client in
                let answer = dryRun ? try await send(client) : try await promote(client)
                if options.json { return try Output.json(answer) }
                if dryRun { Output.say("Next: \(Self.text(answer, isAhead: true))") }
                Output.say(Table(columns: Self.columns, items: answer["logs"].elements).text)
                if !dryRun {
                    Output.say(
                        "\nStart nodes of region \(region) on these NATS servers, and give all regions the next epoch: docs/operating/regions.md"
                    )
                }
            }
        }

        private func send(_ client: AdminClient) async throws -> Value {
            let body = Value.members(
                ("accept_loss", acceptLoss ? .boolean(true) : nil), ("dry_run", dryRun ? .boolean(true) : nil))
            return try await client.send(.post, "regions/\(escaped(region))/promote", body: body, within: 120)
        }

        /// Answers the last step, with the last record of each shard as it was found on the way.
        private func promote(_ client: AdminClient) async throws -> Value {
            let end = ContinuousClock.now + .seconds(timeout)
            var progress = Progress()
            defer { progress.end() }
            var shards: Value?
            while true {
                let answer = try await send(client)
                if !answer["shards"].elements.isEmpty { shards = answer["shards"] }
                let text = Self.text(answer, isAhead: false)
                progress.show(text)
                switch answer["step"].text {
                case "done":
                    guard case .object(var members) = answer else { return answer }
                    members["shards"] = shards ?? members["shards"]
                    return .object(members)
                case "cut", "catch_up":
                    guard ContinuousClock.now < end else {
                        throw Failure(.unavailable, "\(text): that takes longer than --timeout. Run it again.")
                    }
                    try await Task.sleep(for: .milliseconds(500))
                default: progress.end()
                }
            }
        }

        /// - Parameter isAhead: whether it is not done yet
        private static func text(_ answer: Value, isAhead: Bool) -> String {
            let streams = answer["streams"].elements.map(\.text).joined(separator: ", ")
            switch answer["step"].text {
            case "seal":
                return isAhead ? "seal the origins of \(streams)" : "fenced: the origins of \(streams) are sealed"
            case "catch_up": return "waiting until \(streams) have everything"
            case "note":
                return isAhead
                    ? "write down where \(streams) end, and what is lost" : "written down where \(streams) end"
            case "cut":
                return
                    "waiting until the connection to the old region's NATS servers is cut: take the leafnode remotes out of these servers' configuration, and restart them one by one"
            case "take_over": return isAhead ? "have \(streams) take records" : "\(streams) take records"
            default: return isAhead ? "nothing, no stream is a mirror any more" : "done"
            }
        }

        private static let columns: [Column] = [
            Column("log") { $0["name"].text }, Column("mirror"), Column("last"), Column("origin_last"),
            Column("origin_sealed"), Column("fenced"),
            Column("lost") { log in
                switch (log["noted_last"], log["loss_window_ms"]) {
                case (.null, _): "-"
                case (_, .integer(0)): "nothing"
                case (_, .null): "not known"
                case (_, let window): "the last \(window.text) ms"
                }
            },
        ]
    }
}
