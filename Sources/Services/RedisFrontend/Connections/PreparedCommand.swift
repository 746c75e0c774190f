internal import Leaderboards
internal import RESP

/// A command whose arguments are understood, with the keys it touches.
struct PreparedCommand: Sendable {
    let command: SortedSetCommand
    /// As the client gave it, for a node that owns the keys.
    let arguments: Arguments
    let keys: [LeaderboardKey]
    let isWrite: Bool
    /// How many of the keys, from the first on, are written to and not read.
    let destinationCount: Int

    init(_ arguments: Arguments, project: String) throws(CommandError) {
        command = try SortedSetCommand.parse(arguments)
        self.arguments = arguments
        let shape = CommandName(arguments[0])!.shape
        isWrite = shape.access == .writes
        var keys: [LeaderboardKey] = []
        for index in try shape.keys.indices(in: arguments) {
            guard let id = String(validating: arguments[index], as: UTF8.self) else { throw .keyIsNotText }
            guard id.utf8.count <= Self.keyByteCountMax else { throw .keyIsTooLong }
            keys.append(LeaderboardKey(project: project, id: id))
        }
        self.keys = keys
        if case .destinationAndCounted = shape.keys { destinationCount = 1 } else { destinationCount = 0 }
    }

    /// Part of a command.
    init(_ command: SortedSetCommand, _ arguments: Arguments, keys: [LeaderboardKey], isWrite: Bool) {
        self.command = command
        self.arguments = arguments
        self.keys = keys
        self.isWrite = isWrite
        destinationCount = 0
    }

    private static let keyByteCountMax = 512
}

extension CommandShape.Keys {
    /// Where the keys are. Precondition: the command was parsed.
    fileprivate func indices(in arguments: Arguments) throws(CommandError) -> [Int] {
        switch self {
        case .none: []
        case .between(let first, let last):
            first < arguments.count ? Array(first...(last < 0 ? arguments.count + last : last)) : []
        case .counted(let countIndex): try counted(countIndex, arguments)
        case .destinationAndCounted(let countIndex): [1] + (try counted(countIndex, arguments))
        }
    }

    private func counted(_ countIndex: Int, _ arguments: Arguments) throws(CommandError) -> [Int] {
        let count = try arguments[countIndex].integer()
        return Array((countIndex + 1)..<(countIndex + 1 + count))
    }
}

extension Arguments {
    /// As they came over the network.
    init(_ command: CommandArguments) { self.init((0..<command.count).map { ArraySlice(command[$0]) }) }
}

extension CommandError {
    fileprivate static let keyIsNotText = CommandError("ERR a key must be UTF-8 here")
    fileprivate static let keyIsTooLong = CommandError("ERR a key has at most 512 bytes here")
}
