import ControlPlane
import HTTPTypes
import Leaderboards

extension AdminRoute {
    static let keys: [AdminRoute] = [
        AdminRoute(.get, "projects/{project}/keys", [.limit, .cursor, .all]) { exchange in
            let now = exchange.administration.clock()
            return .page(
                try await exchange.administration.keys(
                    of: exchange.id("project"), withEnded: exchange.withAll, after: exchange.after(),
                    limit: exchange.limit, exchange.call)
            ) { $0.record.json(lastUsedAt: $0.lastUsedAt, at: now) }
        },
        AdminRoute(.post, "projects/{project}/keys") { exchange in
            let new = try exchange.read { body in
                NewKey(
                    name: body.name("name", required: true) ?? "",
                    grant: KeyGrant(
                        scopes: body.scopes("scopes") ?? [.read, .write], leaderboards: body.patterns("leaderboards")),
                    rate: Rate.read(body, "rate"), expiresAt: body.time("expires_at"))
            }
            return .fresh(
                try await exchange.administration.createKey(new, in: exchange.id("project"), exchange.call), exchange)
        },
        AdminRoute(.get, "keys/{key}") { exchange in
            let key = try await exchange.administration.key(exchange.id("key"), exchange.call)
            return AdminAnswer(key.record, lastUsedAt: key.lastUsedAt, exchange)
        },
        AdminRoute(.patch, "keys/{key}") { exchange in
            let id: KeyID = try exchange.id("key")
            let old = try await exchange.administration.key(id, exchange.call)
            let edit = try exchange.read { $0.keyEdit(of: old.record) }
            let key = try await exchange.administration.editKey(id, edit, exchange.call)
            return AdminAnswer(key, lastUsedAt: old.lastUsedAt, exchange)
        },
        AdminRoute(.post, "keys/{key}/rotate") { exchange in
            .fresh(
                try await exchange.administration.rotateKey(
                    exchange.id("key"), overlapSeconds: exchange.overlapSeconds, exchange.call), exchange)
        },
        AdminRoute(.post, "keys/{key}/revoke") { exchange in
            try exchange.readNothing()
            let id: KeyID = try exchange.id("key")
            let key = try await exchange.administration.revokeKey(id, exchange.call)
            return AdminAnswer(
                key, lastUsedAt: try await exchange.administration.key(id, exchange.call).lastUsedAt, exchange)
        },
    ]
}

extension Exchange {
    /// How long what is rotated goes on; a day, unless it is said: time to deploy what has the key.
    var overlapSeconds: Int64 {
        get throws { try read { $0.integer("overlap_seconds", in: 0...2_592_000) } ?? 86_400 }
    }
}

extension AdminAnswer {
    fileprivate init(_ key: KeyRecord, lastUsedAt: Timestamp?, _ exchange: Exchange) {
        self.init(
            key.json(lastUsedAt: lastUsedAt, at: exchange.administration.clock()), version: key.version)
    }

    /// The only answer that has the key itself in it.
    fileprivate static func fresh(_ fresh: FreshKey, _ exchange: Exchange) -> AdminAnswer {
        var json = fresh.record.json(lastUsedAt: nil, at: exchange.administration.clock())
        if case .object(let members) = json {
            json = .object([members[0], JSON.Member("key", .string(fresh.key.text))] + members.dropFirst())
        }
        return .created(json, version: fresh.record.version, at: "keys/\(fresh.record.id)")
    }
}

extension ObjectReader {
    fileprivate func scopes(_ name: String) -> Scopes? {
        guard has(name) else { return nil }
        let names = texts(name, countMax: 3, required: true) {
            Scopes(names: [$0]) == nil ? "One of \(Scopes.all.names.joined(separator: ", ")) is allowed." : nil
        }
        guard let names, let scopes = Scopes(names: names) else { return nil }
        if scopes.isEmpty { findings.add(field(name), .value, "A key is for something: at least one scope.") }
        return scopes
    }

    /// Ids of leaderboards, of which the last character may be `*`.
    fileprivate func patterns(_ name: String) -> [String]? {
        texts(name, countMax: KeyGrant.leaderboardCountMax, LeaderboardPattern.problem)
    }

    /// What is absent stays; null takes rate, expiry and the choice of leaderboards away.
    fileprivate func keyEdit(of old: KeyRecord) -> KeyEdit {
        var edit = KeyEdit()
        edit.name = has("name") ? name("name", required: true) : nil
        if has("scopes") || has("leaderboards") {
            var grant = old.grant
            if let scopes = scopes("scopes") { grant.scopes = scopes }
            if has("leaderboards") { grant.leaderboards = patterns("leaderboards") }
            edit.grant = grant
        }
        if has("rate") { edit.rate = .some(Rate.read(self, "rate")) }
        if has("expires_at") { edit.expiresAt = .some(time("expires_at")) }
        return edit
    }
}
