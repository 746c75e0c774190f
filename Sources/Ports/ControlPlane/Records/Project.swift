package import Leaderboards

/// One of a tenant's environments: leaderboards, keys and limits of its own. Its id is what stands in the log.
package struct Project: Hashable, Sendable {
    package var id: ProjectID
    package var tenant: TenantID
    package var name: String
    package var environment: Environment
    package var settings: ProjectSettings
    package var isDeleted: Bool
    package var createdAt: Timestamp
    package var version: Int64 = 0

    /// What its keys begin with, so that a test key in a shipped game is seen at once.
    package enum Environment: String, Hashable, Sendable, Codable, CaseIterable {
        case live, test
    }

    package init(
        id: ProjectID, tenant: TenantID, name: String, environment: Environment = .live,
        settings: ProjectSettings = ProjectSettings(), isDeleted: Bool = false, createdAt: Timestamp
    ) {
        self.id = id
        self.tenant = tenant
        self.name = name
        self.environment = environment
        self.settings = settings
        self.isDeleted = isDeleted
        self.createdAt = createdAt
    }
}

/// How requests to a project are treated. Stored as one JSON document; members that are not there have their defaults.
package struct ProjectSettings: Hashable, Sendable {
    /// Of the whole project; never above that of the plan.
    package var rate: Rate?
    /// Of each key, unless the key has its own.
    package var keyRate: Rate?
    /// Of each user whom a player token names.
    package var userRate: Rate?
    /// Of each address (of IPv6, each /64).
    package var addressRate: Rate?
    /// Origins that browsers may call from; `*` for all. Empty: none.
    package var corsOrigins: [String] = []
    /// If not empty, only these may call: addresses or ranges such as `10.0.0.0/8`.
    package var allowedAddresses: [String] = []
    package var deniedAddresses: [String] = []
    package var filter = FilterSettings()
    package var playerTokens: PlayerTokenSettings?
    /// Leaderboards that player tokens may not submit to: only the game's own servers, with a key.
    package var authoritativeLeaderboards: [String] = []
    /// Submits must be signed with this secret; see `SignedSubmits`.
    package var submitSecret: String?

    package init() {}
}

/// What the request filter does with text that looks like an attack.
package struct FilterSettings: Hashable, Sendable {
    package var mode = Mode.detect
    /// The sum of scores from which a request is blocked.
    package var threshold = 5
    /// Rules that are switched off, by their ids.
    package var disabledRules: [String] = []

    package enum Mode: String, Hashable, Sendable, Codable, CaseIterable {
        case off, detect, block
    }

    package init() {}
}

/// Whose tokens of players are believed.
package struct PlayerTokenSettings: Hashable, Sendable {
    /// Tokens must name it, if it is given.
    package var issuer: String?
    package var audience: String?
    /// At most so far ahead may `exp` lie.
    package var lifetimeSecondsMax = 86_400
    package var keys: [VerificationKey] = []
    /// Where the tenant publishes its keys (JWKS), fetched again every few minutes.
    package var keySetURL: String?

    package init() {}

    package struct VerificationKey: Hashable, Sendable, Codable {
        /// `kid` of the tokens; nil: tokens without.
        package var id: String?
        package var algorithm: Algorithm
        /// HS256: the secret in base64, at least 32 bytes. ES256: the public key as PEM.
        package var material: String

        package init(id: String?, algorithm: Algorithm, material: String) {
            self.id = id
            self.algorithm = algorithm
            self.material = material
        }

        package enum Algorithm: String, Hashable, Sendable, Codable, CaseIterable {
            case hs256 = "HS256"
            case es256 = "ES256"
        }
    }
}
