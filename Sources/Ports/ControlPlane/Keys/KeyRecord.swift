package import Leaderboards

/// A key as it is stored: everything but the secret.
package struct KeyRecord: Hashable, Sendable {
    package var id: KeyID
    package var project: ProjectID
    /// Shown to people.
    package var name: String
    package var digest: KeyDigest
    /// The first characters of the key.
    package var hint: String
    package var grant: KeyGrant
    /// A rate of its own instead of the project's `keyRate`.
    package var rate: Rate?
    package var createdAt: Timestamp
    package var expiresAt: Timestamp?
    package var revokedAt: Timestamp?
    /// The key that took its place.
    package var replacedBy: KeyID?
    package var version: Int64 = 0

    package static let nameByteCountMax = 200

    package init(
        id: KeyID, project: ProjectID, name: String, digest: KeyDigest, hint: String, grant: KeyGrant,
        rate: Rate? = nil, createdAt: Timestamp, expiresAt: Timestamp? = nil, revokedAt: Timestamp? = nil,
        replacedBy: KeyID? = nil
    ) {
        self.id = id
        self.project = project
        self.name = name
        self.digest = digest
        self.hint = hint
        self.grant = grant
        self.rate = rate
        self.createdAt = createdAt
        self.expiresAt = expiresAt
        self.revokedAt = revokedAt
        self.replacedBy = replacedBy
    }

    package func isValid(at now: Timestamp) -> Bool {
        if let revokedAt, revokedAt <= now { return false }
        if let expiresAt, expiresAt <= now { return false }
        return true
    }
}

/// What a key lets its holder do.
package struct KeyGrant: Hashable, Sendable {
    package var scopes: Scopes
    /// The ids of the only leaderboards that it is for; one may end in `*`. Nil: all.
    package var leaderboards: [String]?

    package static let leaderboardCountMax = 100

    package init(scopes: Scopes, leaderboards: [String]? = nil) {
        self.scopes = scopes
        self.leaderboards = leaderboards
    }

    package func includes(leaderboard id: some StringProtocol) -> Bool {
        guard let leaderboards else { return true }
        return leaderboards.contains { pattern in
            pattern.last == "*" ? id.utf8.starts(with: pattern.utf8.dropLast()) : id.utf8.elementsEqual(pattern.utf8)
        }
    }
}

/// The kinds of things that keys are for. None includes another.
package struct Scopes: OptionSet, Hashable, Sendable {
    package let rawValue: UInt8

    package init(rawValue: UInt8) { self.rawValue = rawValue }

    /// Rankings and definitions.
    package static let read = Scopes(rawValue: 1)
    /// Scores.
    package static let write = Scopes(rawValue: 2)
    /// Leaderboards: create, change, delete; remove entries.
    package static let admin = Scopes(rawValue: 4)
    package static let all: Scopes = [.read, .write, .admin]

    private static let names: [(String, Scopes)] = [("read", .read), ("write", .write), ("admin", .admin)]

    package init?(names: [String]) {
        self = []
        for name in names {
            guard let scope = Self.names.first(where: { $0.0 == name })?.1 else { return nil }
            insert(scope)
        }
    }

    package var names: [String] { Self.names.filter { contains($0.1) }.map(\.0) }
}
