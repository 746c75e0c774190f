// Members that are missing have their defaults, so that settings stored by an older Laurel stay readable.

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
