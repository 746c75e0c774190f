import ArgumentParser

struct Regions: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "The regions, as the node sees them: list, show, status, promote.",
        subcommands: [List.self, Show.self, Status.self, Promote.self])

    static let columns: [Column] = [
        Column("region") { $0["name"].text }, Column("cluster"), Column("state"), Column("latency", latency),
        Column("gateway"), Column("epoch"),
        Column("mirror") { region in
            guard case .object = region["mirror"] else { return "-" }
            guard region["mirror"]["age_ms"] != .null else { return region["mirror"]["state"].text }
            return "\(milliseconds(region["mirror"]["age_ms"])) old"
        },
    ]

    @Sendable private static func latency(_ value: Value) -> String { milliseconds(value["latency_ms"]) }

    private static func milliseconds(_ value: Value) -> String {
        switch value {
        case .integer(let number): "\(number) ms"
        case .decimal(let number): "\(number) ms"
        default: "-"
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "All regions: how each is reached, how far away it is, and how old its mirror is here.")
        @OptionGroup var options: AdminOptions

        func run() async throws {
            try await options.run { try options.show(await $0.send(.get, "regions")["items"].elements, as: columns) }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "One region: its gateways, what is at home there, and how far its mirror is.")
        @Argument(help: "The region's name.") var region: String
        @OptionGroup var options: AdminOptions

        func run() async throws {
            try await options.run {
                let found = try await $0.send(.get, "regions/\(escaped(region))")
                if options.json { return try Output.json(found) }
                Output.say(Regions.text(of: found))
            }
        }
    }

    struct Status: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "All regions and the homes of leaderboards on one screen. Exit code 0 if all is well, 6 if not.")
        @OptionGroup var options: AdminOptions

        func run() async throws {
            try await options.run { client in
                let status = try await client.send(.get, "regions")
                if options.json { try Output.json(status) } else { Output.say(Regions.text(ofAll: status)) }
                guard status["healthy"] == .boolean(true) else {
                    throw Failure(.unsound, "Not all is well between the regions, seen from \(status["region"].text).")
                }
            }
        }
    }

    private static func text(ofAll status: Value) -> String {
        var head =
            "Region \(status["region"].text), epoch \(status["epoch"].text): "
            + (status["healthy"] == .boolean(true) ? "all is well" : "look at this")
        for problem in status["problems"].elements { head += "\n  \(Output.printable(problem.text))" }
        let homes = status["homes"]
        // As the file has them: the first that matches decides.
        let last = Value.members(
            ("project", .string("*")), ("leaderboard", .string("*")), ("home", homes["default"]))
        return [
            head, Table(columns: columns, items: status["items"].elements).text,
            "Homes\n" + Table(columns: homeColumns, items: homes["rules"].elements + [last]).text,
        ].joined(separator: "\n\n")
    }

    private static func text(of region: Value) -> String {
        var parts = [
            Table.lines(of: region, columns + ["log_domain", "default_home"].map { Column($0) }),
            "Gateways\n" + Table(columns: gatewayColumns, items: region["gateways"].elements).text,
        ]
        if !region["rules"].elements.isEmpty {
            parts.append(
                "At home there\n" + Table(columns: Array(homeColumns.dropLast()), items: region["rules"].elements).text)
        }
        if !region["logs"].elements.isEmpty {
            parts.append("Mirror\n" + Table(columns: logColumns, items: region["logs"].elements).text)
        }
        return parts.joined(separator: "\n\n")
    }

    private static let homeColumns = ["project", "leaderboard", "home"].map { Column($0) }
    private static let gatewayColumns = [
        Column("address"), Column("latency", latency), Column("failures"), Column("chosen"), Column("epoch"),
    ]
    private static let logColumns = ["group", "end", "origin_end", "behind", "problem"].map { Column($0) }
}
