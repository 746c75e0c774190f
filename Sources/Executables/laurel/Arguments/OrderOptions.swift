import ArgumentParser

/// What commands take that may move shards.
struct OrderOptions: ParsableArguments {
    @Flag(help: "Say what would move, and change nothing.") var dryRun = false

    var body: Value { .members(("dry_run", dryRun ? .boolean(true) : nil)) }
}

/// What commands take that wait for shards to move.
struct WaitOptions: ParsableArguments {
    @Flag(help: "Don't wait until it is done.") var noWait = false
    @Option(help: "How long to wait, in seconds.") var timeout = 300
}

extension AdminOptions {
    /// What moves, or would.
    func show(moves answer: Value) throws {
        if json { return try Output.json(answer) }
        let moves = answer["moves"].elements
        guard !moves.isEmpty else { return Output.say("Nothing moves.") }
        Output.say(Table(columns: ["shard", "from", "to"].map { Column($0) }, items: moves).text)
    }
}
