internal import ControlPlane
internal import Leaderboards
internal import Tenancy

// What a client's key lets it run, in the words of Redis's own access lists.
extension Caller {
    /// Throws unless the key is for the command. Precondition: there is a command of this name.
    func require(_ name: CommandName) throws(CommandError) {
        guard scopes.isSuperset(of: name.scopes) else { throw .noPermission(name.rawValue) }
        if mustSign, name.scopes.contains(.write) { throw .mustSign }
        if name.isOfAllKeys { try requireAllKeys() }
    }

    /// Throws unless the key is for every leaderboard that the command names.
    func require(_ keys: [LeaderboardKey]) throws(CommandError) {
        if isUnrestricted { return }
        guard keys.allSatisfy({ mayUse(leaderboard: $0.id.utf8) }) else { throw .noPermissionForKey }
    }

    func requireAllKeys() throws(CommandError) {
        guard seesAllLeaderboards else { throw .noPermissionForKey }
    }

    /// Which of the direct commands may be run without looking at each.
    var directRights: DirectRights {
        guard isUnrestricted else { return DirectRights(reads: false, writes: false) }
        return DirectRights(reads: scopes.contains(.read), writes: scopes.contains(.write) && !mustSign)
    }
}

struct DirectRights {
    var reads: Bool
    var writes: Bool

    var any: Bool { reads || writes }

    static let none = DirectRights(reads: false, writes: false)

    func allow(_ step: Step) -> Bool { step.isDirectWrite ? writes : reads }
}

extension CommandName {
    fileprivate var isOfAllKeys: Bool {
        switch self {
        case .scan, .keys, .randomkey, .flushdb: true
        default: false
        }
    }
}

extension CommandError {
    static func noPermission(_ command: String) -> CommandError {
        CommandError("NOPERM this user has no permissions to run the '\(command)' command")
    }

    static let noPermissionForKey = CommandError(
        "NOPERM this user has no permissions to access one of the keys used as arguments")
    static let mustSign = CommandError("NOPERM this project takes signed scores only, which come over HTTP")

    /// Why a key does not open a connection, or not any more.
    init(_ denial: Denial) {
        switch denial {
        case .missingCredential, .invalidCredential:
            self.init("WRONGPASS invalid username-password pair or user is disabled.")
        case .tenantSuspended: self.init("NOPERM the tenant is suspended")
        case .addressDenied: self.init("NOPERM the project may not be called from this address")
        case .missingScope(let scope): self.init("NOPERM the key is not for \(scope.names.joined(separator: " and "))")
        case .foreignLeaderboard, .authoritativeLeaderboard, .foreignUser: self = .noPermissionForKey
        case .rateLimited(let figures):
            let limit = figures.limit
            let milliseconds = ((figures.retryAfterNanoseconds ?? 0) + 999_999) / 1_000_000
            self.init(
                "RATELIMIT the limit of the \(figures.subject.rawValue) is \(limit.requests) commands in "
                    + "\(limit.seconds) s, try again in \(milliseconds) ms")
        case .monthIsUsedUp(let limit): self.init("PLANLIMIT the plan's \(limit) requests of this month are used up")
        case .invalidSignature, .replayedSignature: self = .mustSign
        case .unavailable: self.init("LOADING whether the key is valid can't be found out now, try again")
        }
    }
}
