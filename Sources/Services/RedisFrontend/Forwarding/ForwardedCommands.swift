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
    static let commandCountMax = 1024
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

    /// One as it came.
    ///
    /// - Parameter arguments: where they lie in `bytes`
    mutating func command(_ arguments: UnsafeBufferPointer<ArgumentRange>, in bytes: UnsafeRawBufferPointer) {
        arrayHeader(arguments.count)
        for argument in arguments { bulk(UnsafeRawBufferPointer(rebasing: bytes[argument.range])) }
    }
}
