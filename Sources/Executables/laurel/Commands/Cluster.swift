import ArgumentParser

struct Cluster: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "A cluster as a whole.", subcommands: [Status.self])

    struct Status: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Nodes, shards, logs and what is under way, on one screen. Exit code 0 if all is well, 6 if not.")
        @Flag(help: "Show it anew each second, until interrupted.") var watch = false
        @OptionGroup var options: AdminOptions

        func run() async throws {
            try await options.run { client in
                while true {
                    let status = try await client.send(.get, "cluster")
                    if watch { Output.clear() }
                    if options.json { try Output.json(status) } else { Output.say(Cluster.text(of: status)) }
                    if watch {
                        try await Task.sleep(for: .seconds(1))
                        continue
                    }
                    guard status["healthy"] == .boolean(true) else {
                        throw Failure(.unsound, "Not all is well in cluster \(status["cluster"].text).")
                    }
                    return
                }
            }
        }
    }

    private static func text(of status: Value) -> String {
        var parts = [
            "Cluster \(status["cluster"].text): \(status["healthy"] == .boolean(true) ? "all is well" : "look at this")"
        ]
        for problem in status["problems"].elements { parts[0] += "\n  \(Output.printable(problem.text))" }
        parts.append(Table(columns: Nodes.columns, items: status["nodes"].elements).text)
        parts.append("Shards: \(shards(status["shards"]))")
        parts.append(Table(columns: logColumns, items: status["logs"].elements).text)
        if !status["consumers"].elements.isEmpty {
            parts.append(Table(columns: Log.Consumers.columns, items: status["consumers"].elements).text)
        }
        if !status["quarantines"].elements.isEmpty {
            parts.append(
                "Quarantined\n"
                    + Table(columns: [Column("shard"), Column("reason")], items: status["quarantines"].elements).text)
        }
        if !status["moves"].elements.isEmpty {
            parts.append(
                "Under way\n"
                    + Table(
                        columns: ["shard", "from", "to", "state"].map { Column($0) }, items: status["moves"].elements
                    ).text)
        }
        // What was given up stays so, and needs nobody's attention.
        let orders = status["orders"].elements.filter { $0["kind"] != .string("loss") }
        if !orders.isEmpty {
            parts.append(
                "Ordered\n"
                    + Table(
                        columns: ["kind", "shard", "node", "state", "by", "at", "reason"].map { Column($0) },
                        items: orders
                    ).text)
        }
        return parts.joined(separator: "\n\n")
    }

    private static func shards(_ counts: Value) -> String {
        let words = ["owned", "preparing", "moving", "unowned", "quarantined", "failed"]
        let all = words.filter { counts[$0] != .integer(0) }.map { "\(counts[$0].text) \($0)" }
        return all.isEmpty ? "none" : all.joined(separator: ", ")
    }

    private static let logColumns: [Column] = [
        Column("log") { $0["name"].text }, Column("leader"), Column("records"),
        Column("used") { log in
            guard case .integer(let used) = log["bytes"] else { return "-" }
            guard case .integer(let most) = log["bytes_max"], most > 0 else { return "\(used) B" }
            return "\(used) of \(most) B (\(used * 100 / most) %)"
        },
        Column("replicas") { "\($0["replicas_current"].text) of \($0["replicas"].text) current" }, Column("problem"),
    ]
}
