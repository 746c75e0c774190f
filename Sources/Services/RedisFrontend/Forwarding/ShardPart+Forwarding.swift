internal import Leaderboards
internal import NIOCore
internal import NodeRuntime
internal import RESP

// A part whose shard another node owns: what is left of it goes there, as commands, and its replies come back as if they had been
// written here.
extension ShardPart {
    /// Goes through the steps whose replies were not taken. Ends the round.
    func forward(_ forwarder: CommandForwarder, after error: ServiceError) async {
        startAnew()
        var writer = ReplyWriter(version: version)
        var error: ServiceError? = error
        while !isDone, roundIsOpen {
            let commands = steps[doneCount...].prefix { $0.kind != .answered }.lazy.map { self.command(of: $0) }
            guard !commands.isEmpty else {
                addAnswered()
                continue
            }
            do throws(ServiceError) {
                let replies = try await forwarder.forward(
                    commands, at: place, project: project, version: version, after: error)
                for reply in replies { add(reply: reply) }
                // The next ones are asked of this node first, as these were.
                error = nil
            } catch {
                writer.error(CommandError(error))
                fail(writer.buffer)
            }
        }
    }

    private func command(of step: Step) -> PreparedCommand {
        if step.kind == .prepared { return preparedCommand(step) }
        return PreparedCommand(step, of: key(of: step), member: member(of: step))
    }
}

extension PreparedCommand {
    /// A direct step in full.
    init(_ step: Step, of key: LeaderboardKey, member: Argument) {
        func words(_ name: String, _ others: Argument...) -> Arguments {
            Arguments([Array(name.utf8)[...], Array(key.id.utf8)[...]] + others)
        }
        func text(_ value: some CustomStringConvertible) -> Argument { Array(value.description.utf8)[...] }
        let arguments =
            switch step.kind {
            case .add: words("zadd", text(step.score), member)
            case .increment: words("zincrby", text(step.score), member)
            case .score: words("zscore", member)
            case .rank: words(step.isReversed ? "zrevrank" : "zrank", member)
            case .count: words("zcard")
            case .range where step.withScores:
                words(step.isReversed ? "zrevrange" : "zrange", text(step.first), text(step.last), text("withscores"))
            case .range: words(step.isReversed ? "zrevrange" : "zrange", text(step.first), text(step.last))
            case .prepared, .answered: preconditionFailure("not a direct step")
            }
        guard let command = try? PreparedCommand(arguments, project: key.project) else {
            preconditionFailure("a direct step is a command")
        }
        self = command
    }
}
