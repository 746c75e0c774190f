import ArgumentParser

struct Log: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "The log: the records of a shard, and for whom it is kept.",
        subcommands: [Inspect.self, Consumers.self])

    struct Inspect: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Headers of records, and whether numbers, hashes, epochs and writers are as they must be.")
        @Argument(help: "The shard's number.") var shard: Int
        @Option(help: "The position to begin at. Default: the oldest record.") var from: Int64?
        @Option(help: "At most so many records.") var limit = 100
        @OptionGroup var options: AdminOptions

        func run() async throws {
            guard limit > 0 else { throw Failure(.usage, "--limit takes a number from 1 on.") }
            try await options.run { client in
                let (records, problems) = try await read(client)
                if options.json {
                    try Output.json(
                        .object([
                            "items": .array(records), "problems": .array(problems.map(Value.string)),
                        ]))
                } else {
                    Output.say(Table(columns: Log.columns, items: records).text)
                }
                guard problems.isEmpty else {
                    throw Failure(.unsound, problems.map(Output.printable).joined(separator: "\n"))
                }
            }
        }

        private func read(_ client: AdminClient) async throws -> (records: [Value], problems: [String]) {
            let number = String(shard)
            var records: [Value] = []
            var problems: [String] = []
            var position = from
            var progress = Progress()
            defer { progress.end() }
            while true {
                // The last record comes once more, so that what follows is checked against it.
                let wanted = min(1000, limit - records.count + (records.isEmpty ? 0 : 1))
                let page = try await client.send(
                    .get, "shards/\(escaped(number))/log",
                    query: [("position", position.map(String.init)), ("limit", String(wanted))])
                let last = records.last?["position"]
                records += page["items"].elements.filter { $0["position"] != last }
                problems += page["problems"].elements.map(\.text).filter { !problems.contains($0) }
                guard case .integer(let next) = page["next"], records.count < limit else { return (records, problems) }
                progress.show("\(records.count) records of shard \(number) read")
                if case .integer(let again)? = records.last?["position"], records.last?["position"] != last {
                    position = again
                } else {
                    position = next
                }
            }
        }
    }

    private static let columns = [
        "number", "position", "epoch", "kind", "node", "incarnation", "bytes", "hash",
    ].map { Column($0) }
}
