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

// MARK: - Coding

// In this file, or else the compiler writes no `encode(to:)`. Members that are missing have their defaults, so that settings
// stored by an older Laurel stay readable.

extension ProjectSettings: Codable {
    private enum CodingKeys: String, CodingKey {
        case rate, filter
        case keyRate = "key_rate"
        case userRate = "user_rate"
        case addressRate = "address_rate"
        case corsOrigins = "cors_origins"
        case allowedAddresses = "allowed_addresses"
        case deniedAddresses = "denied_addresses"
        case playerTokens = "player_tokens"
        case authoritativeLeaderboards = "authoritative_leaderboards"
        case submitSecret = "submit_secret"
    }

    package init(from decoder: any Decoder) throws {
        self.init()
        let members = try decoder.container(keyedBy: CodingKeys.self)
        rate = try members.decodeIfPresent(Rate.self, forKey: .rate)
        keyRate = try members.decodeIfPresent(Rate.self, forKey: .keyRate)
        userRate = try members.decodeIfPresent(Rate.self, forKey: .userRate)
        addressRate = try members.decodeIfPresent(Rate.self, forKey: .addressRate)
        corsOrigins = try members.decodeIfPresent([String].self, forKey: .corsOrigins) ?? []
        allowedAddresses = try members.decodeIfPresent([String].self, forKey: .allowedAddresses) ?? []
        deniedAddresses = try members.decodeIfPresent([String].self, forKey: .deniedAddresses) ?? []
        filter = try members.decodeIfPresent(FilterSettings.self, forKey: .filter) ?? FilterSettings()
        playerTokens = try members.decodeIfPresent(PlayerTokenSettings.self, forKey: .playerTokens)
        authoritativeLeaderboards =
            try members.decodeIfPresent([String].self, forKey: .authoritativeLeaderboards) ?? []
        submitSecret = try members.decodeIfPresent(String.self, forKey: .submitSecret)
    }
}

extension FilterSettings: Codable {
    private enum CodingKeys: String, CodingKey {
        case mode, threshold
        case disabledRules = "disabled_rules"
    }

    package init(from decoder: any Decoder) throws {
        self.init()
        let members = try decoder.container(keyedBy: CodingKeys.self)
        mode = try members.decodeIfPresent(Mode.self, forKey: .mode) ?? mode
        threshold = try members.decodeIfPresent(Int.self, forKey: .threshold) ?? threshold
        disabledRules = try members.decodeIfPresent([String].self, forKey: .disabledRules) ?? []
    }
}

extension PlayerTokenSettings: Codable {
    private enum CodingKeys: String, CodingKey {
        case issuer, audience, keys
        case lifetimeSecondsMax = "lifetime_seconds_max"
        case keySetURL = "key_set_url"
    }

    package init(from decoder: any Decoder) throws {
        self.init()
        let members = try decoder.container(keyedBy: CodingKeys.self)
        issuer = try members.decodeIfPresent(String.self, forKey: .issuer)
        audience = try members.decodeIfPresent(String.self, forKey: .audience)
        lifetimeSecondsMax = try members.decodeIfPresent(Int.self, forKey: .lifetimeSecondsMax) ?? lifetimeSecondsMax
        keys = try members.decodeIfPresent([VerificationKey].self, forKey: .keys) ?? []
        keySetURL = try members.decodeIfPresent(String.self, forKey: .keySetURL)
    }
}
