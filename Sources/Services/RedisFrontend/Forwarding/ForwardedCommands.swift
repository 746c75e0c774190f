internal import NIOCore
internal import NodeRuntime
internal import RESP

/// Commands on their way to the node that owns their keys: the first of those that are to go there.
struct ForwardedCommands: Sendable {
    let request: CommandsRequest
    let count: Int
    /// Doing all of them twice is the same as doing them once.
    let isRepeatable: Bool

    /// Commands that go together at most, and about how many bytes of theirs: few enough to be one record.
    static let commandCountMax = 256
    static let byteCountMax = 1 << 18

    init(_ request: CommandsRequest, count: Int, isRepeatable: Bool) {
        self.request = request
        self.count = count
        self.isRepeatable = isRepeatable
    }

    init(firstOf commands: some Sequence<PreparedCommand>, project: String, version: ProtocolVersion) {
        var writer = ReplyWriter()
        var count = 0
        var isRepeatable = true
        for command in commands {
            if Self.isEnough(count, writer) { break }
            writer.command(command.arguments)
            if command.isWrite { isRepeatable = false }
            count += 1
        }
        self.init(
            CommandsRequest(project: project, version: version, writer), count: count, isRepeatable: isRepeatable)
    }

    static func isEnough(_ count: Int, _ writer: ReplyWriter) -> Bool {
        count == commandCountMax || writer.buffer.readableBytes >= byteCountMax
    }
}

// Commands as clients send them are arrays of bulks, as some replies are.
extension ReplyWriter {
    mutating func command(_ arguments: Arguments) {
        arrayHeader(arguments.count)
        for argument in arguments[0...] { bulk(argument) }
    }

    /// A direct step in full.
    ///
    /// - Parameter bytes: where its member lies
    mutating func command(_ step: Step, key: String, in bytes: UnsafeRawBufferPointer) {
        let member = UnsafeRawBufferPointer(rebasing: bytes[step.member.range])
        switch step.kind {
        case .add, .increment:
            begin(step.kind == .add ? "zadd" : "zincrby", key, argumentCount: 2)
            bulk(step.score.description)
            bulk(member)
        case .score:
            begin("zscore", key, argumentCount: 1)
            bulk(member)
        case .rank:
            begin(step.isReversed ? "zrevrank" : "zrank", key, argumentCount: 1)
            bulk(member)
        case .count: begin("zcard", key, argumentCount: 0)
        case .range:
            begin(step.isReversed ? "zrevrange" : "zrange", key, argumentCount: step.withScores ? 3 : 2)
            bulk(step.first.description)
            bulk(step.last.description)
            if step.withScores { bulk("withscores") }
        case .prepared, .answered: preconditionFailure("not a direct step")
        }
    }

    private mutating func begin(_ name: String, _ key: String, argumentCount: Int) {
        arrayHeader(argumentCount + 2)
        bulk(name)
        bulk(key)
    }
}
