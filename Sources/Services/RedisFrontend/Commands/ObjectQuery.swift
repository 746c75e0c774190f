/// What OBJECT can tell about a key. For a missing key all reply with null.
enum ObjectQuery: String, CaseIterable, Sendable {
    case encoding, refcount, idletime
    /// Where keys are not evicted by frequency, an existing key gets `CommandError.frequencyNotTracked`.
    case freq
}

extension KeyspaceCommand {
    /// `OBJECT <ENCODING | REFCOUNT | IDLETIME | FREQ> key` or `OBJECT HELP`
    static func inspecting(_ arguments: Arguments) throws(CommandError) -> KeyspaceCommand {
        if isSubcommand(arguments[1], "help") {
            guard arguments.count == 2 else { throw .wrongArgumentCount("object|help") }
            return .objectHelp
        }
        guard let query = ObjectQuery.allCases.first(where: { isSubcommand(arguments[1], $0.rawValue) }) else {
            throw .unknownSubcommand(arguments)
        }
        guard arguments.count == 3 else { throw .wrongArgumentCount("object|\(query.rawValue)") }
        return .object(query, key: arguments[2])
    }

    /// Unlike an option, a name is compared whole: a NUL does not end it.
    private static func isSubcommand(_ argument: Argument, _ name: String) -> Bool {
        argument.count == name.utf8.count && argument.says(name)
    }
}

extension CommandError {
    static let frequencyNotTracked = CommandError(
        "ERR An LFU maxmemory policy is not selected, access frequency not tracked. Please note that when switching "
            + "between policies at runtime LRU and LFU data will take some time to adjust.")
}
