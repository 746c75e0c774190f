/// An error reply, word for word as Redis 7.0.15 gives it.
struct CommandError: Error, Equatable {
    /// What stands between the "-" and the line's end. It may quote the client, so it need not be UTF-8.
    let bytes: [UInt8]

    init(_ text: String) { bytes = Array(text.utf8) }

    /// A text that quotes the client: a line break in it would break the protocol.
    fileprivate init(quoting bytes: some Collection<UInt8>) {
        self.bytes = bytes.map { $0 == 0x0A || $0 == 0x0D ? 0x20 : $0 }
    }

    var text: String { String(decoding: bytes, as: UTF8.self) }
}

extension CommandError {
    static let syntax = CommandError("ERR syntax error")
    static let notAnInteger = CommandError("ERR value is not an integer or out of range")
    static let notAFloat = CommandError("ERR value is not a valid float")
    static let outOfRange = CommandError("ERR value is out of range")
    static let databaseOutOfRange = CommandError("ERR DB index is out of range")
    static let invalidCursor = CommandError("ERR invalid cursor")
    static let invalidScoreBound = CommandError("ERR min or max is not a float")
    static let invalidLexBound = CommandError("ERR min or max not valid string range item")

    static func outside(_ range: ClosedRange<Int>) -> CommandError {
        CommandError("ERR value is out of range, value must between \(range.lowerBound) and \(range.upperBound)")
    }

    static func invalidExpireTime(_ name: CommandName) -> CommandError {
        CommandError("ERR invalid expire time in '\(name.rawValue)' command")
    }

    static func noInputKeys(_ name: CommandName) -> CommandError {
        CommandError("ERR at least 1 input key is needed for '\(name.rawValue)' command")
    }

    /// `name` in lower case, with the subcommand behind a bar: "object|freq".
    static func wrongArgumentCount(_ name: String) -> CommandError {
        CommandError("ERR wrong number of arguments for '\(name)' command")
    }

    static func unsupportedOption(_ option: Argument) -> CommandError {
        // Redis trims this one before it replaces line breaks.
        var text = Array("ERR Unsupported option ".utf8) + option.cString
        while let last = text.last, last == 0x0A || last == 0x0D { text.removeLast() }
        return CommandError(quoting: text)
    }

    static func unknownSubcommand(_ arguments: Arguments) -> CommandError {
        let name = arguments[0].cString.map(\.uppercasedASCII)
        return CommandError(
            quoting: Array("ERR unknown subcommand '".utf8) + arguments[1].cString.prefix(quotedByteCountMax)
                + Array("'. Try ".utf8) + name + Array(" HELP.".utf8))
    }

    /// Quotes as many arguments as begin within 128 bytes, and of the last only what fits.
    static func unknownCommand(_ arguments: Arguments) -> CommandError {
        var quoted: [UInt8] = []
        for argument in arguments[1...] {
            if quoted.count >= quotedByteCountMax { break }
            let text = argument.cString.prefix(quotedByteCountMax - quoted.count)
            quoted += [0x27] + text + [0x27, 0x20]
        }
        return CommandError(
            quoting: Array("ERR unknown command '".utf8) + arguments[0].cString.prefix(quotedByteCountMax)
                + Array("', with args beginning with: ".utf8) + quoted)
    }
}

private let quotedByteCountMax = 128
