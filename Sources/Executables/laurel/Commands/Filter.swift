import ArgumentParser

struct Filter: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "What a project's request filter does and has met.", subcommands: [Show.self])

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Mode and threshold, and for each rule how often it was met since the node's start.")
        @Argument(help: "The project's id.") var project: String
        @Flag(help: "Only rules that were met.") var met = false
        @OptionGroup var options: AdminOptions

        func run() async throws {
            try await options.run {
                let filter = try await $0.send(.get, "projects/\(escaped(project))/filter")
                let rules = filter["rules"].elements.filter { !met || Filter.isMet($0) }
                if options.json {
                    guard case .object(var document) = filter else { return }
                    document["rules"] = .array(rules)
                    return try Output.json(.object(document))
                }
                Output.say(Table.lines(of: filter, ["project", "mode", "threshold"].map { Column($0) }))
                Output.say("")
                Output.say(Table(columns: Filter.columns, items: rules).text)
            }
        }
    }

    private static let columns = ["id", "score", "enabled", "reported", "refused", "title"].map { Column($0) }

    private static func isMet(_ rule: Value) -> Bool {
        rule["reported"] != .integer(0) || rule["refused"] != .integer(0)
    }
}
