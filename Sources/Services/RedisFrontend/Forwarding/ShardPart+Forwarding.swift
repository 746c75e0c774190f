internal import Leaderboards
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
            guard let commands = nextCommands() else {
                addAnswered()
                continue
            }
            do throws(ServiceError) {
                for reply in try await forwarder.forward(commands, at: place, after: error) { add(reply: reply) }
                // The next ones are asked of this node first, as these were.
                error = nil
            } catch {
                writer.error(CommandError(error))
                fail(writer.buffer)
            }
        }
    }

    /// Nil if the next step was answered already.
    private func nextCommands() -> ForwardedCommands? {
        var writer = ReplyWriter()
        var count = 0
        var isRepeatable = true
        withBytes { bytes in
            for step in steps[doneCount...] {
                if step.kind == .answered || ForwardedCommands.isEnough(count, writer) { break }
                if step.kind == .prepared {
                    let command = preparedCommand(step)
                    writer.command(command.arguments)
                    if command.isWrite { isRepeatable = false }
                } else {
                    writer.command(step, key: key(of: step).id, in: bytes)
                    if step.isDirectWrite { isRepeatable = false }
                }
                count += 1
            }
        }
        guard count > 0 else { return nil }
        return ForwardedCommands(
            CommandsRequest(project: project, version: version, writer), count: count, isRepeatable: isRepeatable)
    }
}
