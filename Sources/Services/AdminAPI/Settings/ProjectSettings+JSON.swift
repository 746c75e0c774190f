import ControlPlane

extension ProjectSettings {
    /// All of it, secrets too: only for merging with a patch.
    var json: JSON { document(withSecrets: true) }

    /// What may be shown.
    var shown: JSON { document(withSecrets: false) }

    /// The paths of what is set and not shown.
    var hidden: [String] {
        let keys = playerTokens?.keys ?? []
        let materials = keys.indices.filter { keys[$0].isSecret }.map { "player_tokens.keys[\($0)].material" }
        return materials + (submitSecret == nil ? [] : ["submit_secret"])
    }

    private func document(withSecrets: Bool) -> JSON {
        var members: [JSON.Member] = []
        func add(_ name: String, _ value: JSON?) {
            if let value { members.append(JSON.Member(name, value)) }
        }
        add("rate", rate?.json)
        add("key_rate", keyRate?.json)
        add("user_rate", userRate?.json)
        add("address_rate", addressRate?.json)
        add("cors_origins", .strings(corsOrigins))
        add("allowed_addresses", .strings(allowedAddresses))
        add("denied_addresses", .strings(deniedAddresses))
        add(
            "filter",
            [
                "mode": .string(filter.mode.rawValue), "threshold": .integer(filter.threshold),
                "disabled_rules": .strings(filter.disabledRules),
            ])
        add("player_tokens", playerTokens?.document(withSecrets: withSecrets))
        add("authoritative_leaderboards", .strings(authoritativeLeaderboards))
        if withSecrets { add("submit_secret", submitSecret.map(JSON.string)) }
        return .object(members)
    }

    /// The patch with the secrets of the keys that it names without: so that what was shown can be sent back.
    func completing(_ patch: JSON) -> JSON {
        guard case .array(let elements)? = patch["player_tokens"]?["keys"], let known = playerTokens?.keys else {
            return patch
        }
        let completed = elements.map { element -> JSON in
            guard case .object(let members) = element, element["material"] == nil,
                let key = known.first(where: {
                    JSON.optional($0.id) == (element["id"] ?? .null)
                        && JSON.string($0.algorithm.rawValue) == element["algorithm"]
                })
            else { return element }
            return .object(members + [JSON.Member("material", .string(key.material))])
        }
        return patch.replacing("player_tokens") { $0.replacing("keys") { _ in .array(completed) } }
    }

    /// For the audit log: the fields that differ, with their new values where those are no secrets.
    func differences(from old: ProjectSettings) -> String {
        let (new, before) = (json, old.json)
        guard case .object(let members) = new, case .object(let olds) = before else { return "" }
        let names = members.map(\.name) + olds.map(\.name).filter { new[$0] == nil }
        return names.filter { new[$0] != before[$0] }.map { name in
            if name == "submit_secret" || name == "player_tokens" {
                return "\(name) \(new[name] == nil ? "removed" : before[name] == nil ? "set" : "changed")"
            }
            return "\(name): \(before[name] ?? .null) → \(new[name] ?? .null)"
        }.joined(separator: "; ")
    }
}

extension PlayerTokenSettings {
    fileprivate func document(withSecrets: Bool) -> JSON {
        var members: [JSON.Member] = []
        if let issuer { members.append(JSON.Member("issuer", .string(issuer))) }
        if let audience { members.append(JSON.Member("audience", .string(audience))) }
        members.append(JSON.Member("lifetime_seconds_max", .integer(lifetimeSecondsMax)))
        members.append(
            JSON.Member(
                "keys",
                .array(
                    keys.map { key in
                        var members: [JSON.Member] = []
                        if let id = key.id { members.append(JSON.Member("id", .string(id))) }
                        members.append(JSON.Member("algorithm", .string(key.algorithm.rawValue)))
                        if withSecrets || !key.isSecret {
                            members.append(JSON.Member("material", .string(key.material)))
                        }
                        return .object(members)
                    })))
        if let keySetURL { members.append(JSON.Member("key_set_url", .string(keySetURL))) }
        return .object(members)
    }
}

extension PlayerTokenSettings.VerificationKey {
    /// The key of ES256 is a public one.
    fileprivate var isSecret: Bool { algorithm == .hs256 }
}

extension JSON {
    fileprivate func replacing(_ name: String, _ change: (JSON) -> JSON) -> JSON {
        guard case .object(var members) = self, let index = members.firstIndex(where: { $0.name == name }) else {
            return self
        }
        members[index].value = change(members[index].value)
        return .object(members)
    }
}
