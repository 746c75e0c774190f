internal import NIOCore
internal import NodeRuntime
internal import RESP

// A part whose shard another node owns: what is left of it goes there, as commands, and its replies come back as if they had been
// written here. It is sent at once to who is known to own the shard, without a task; whatever becomes of that but replies, a task
// tries again.
extension ShardPart {
    /// Sends what is left to the node that owns the shard, if that is known to be another one. False if it is to be asked for here.
    ///
    /// Precondition: every reply that there is was taken.
    var isBegunElsewhere: Bool {
        // What may be old may be here.
        guard ageMax == nil, let owner = forwarder?.routing.owner(at: place) else { return false }
        return begin(at: owner)
    }

    /// For what nothing was done of here. False if the server ends.
    func forward(after error: ServiceError) -> Bool {
        if case .moved(let owner?) = error, begin(at: owner) { return true }
        return startTask(after: error)
    }

    /// False if it takes a task: nothing was sent then.
    private func begin(at owner: UInt64) -> Bool {
        while !isDone, isNextAnswered { addAnswered() }
        guard !isDone, roundIsOpen else {
            end()
            return true
        }
        guard let forwarder else { return false }
        return forwarder.begin(nextCommands(), at: owner) { [self] result in
            switch result {
            case .success(let replies):
                add(replies)
                if !begin(at: owner) { end() }
            case .failure(let error):
                if startTask(after: error, from: owner) { return }
                fail(error)
                end()
            }
        }
    }

    private func startTask(after error: ServiceError, from owner: UInt64? = nil) -> Bool {
        guard let forwarder else { return false }
        return forwarder.start { [self] in
            await forward(forwarder, after: error, from: owner)
            end()
        }
    }

    private func forward(_ forwarder: CommandForwarder, after error: ServiceError, from owner: UInt64?) async {
        var first: (error: ServiceError, owner: UInt64?)? = (error, owner)
        while !isDone, roundIsOpen {
            if isNextAnswered {
                addAnswered()
                continue
            }
            do throws(ServiceError) {
                add(try await forwarder.forward(nextCommands(), at: place, after: first?.error, from: first?.owner))
                // The next ones are asked of this node first.
                first = nil
            } catch {
                fail(error)
            }
        }
    }

    /// Precondition: the next step was not answered already.
    private func nextCommands() -> ForwardedCommands {
        var writer = ReplyWriter()
        writer.buffer.reserveCapacity(min(64 * rest.count, ForwardedCommands.byteCountMax))
        var count = 0
        var isRepeatable = true
        withContents { bytes, contents in
            // What came one behind the other goes in one piece.
            var piece = 0..<0
            for step in rest {
                if step.kind == .answered || ForwardedCommands.isEnough(count, writer) { break }
                count += 1
                if step.kind == .prepared ? preparedCommand(step).isWrite : step.isDirectWrite { isRepeatable = false }
                if step.isDirect, let range = contents.wholeRange(of: Int(step.index), in: bytes) {
                    if range.lowerBound == piece.upperBound, piece.count < ForwardedCommands.byteCountMax / 2 {
                        piece = piece.lowerBound..<range.upperBound
                        continue
                    }
                    writer.buffer.writeBytes(UnsafeRawBufferPointer(rebasing: bytes[piece]))
                    piece = range
                    continue
                }
                writer.buffer.writeBytes(UnsafeRawBufferPointer(rebasing: bytes[piece]))
                piece = 0..<0
                if step.isDirect {
                    writer.command(contents[Int(step.index)], in: bytes)
                } else {
                    writer.command(preparedCommand(step).arguments)
                }
            }
            writer.buffer.writeBytes(UnsafeRawBufferPointer(rebasing: bytes[piece]))
        }
        return ForwardedCommands(
            CommandsRequest(project: project, version: version, writer), count: count, isRepeatable: isRepeatable)
    }

    private func fail(_ error: ServiceError) {
        var writer = ReplyWriter(version: version)
        writer.error(CommandError(error))
        fail(writer.buffer)
    }
}
