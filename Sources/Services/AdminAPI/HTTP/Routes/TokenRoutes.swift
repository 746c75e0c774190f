import ControlPlane
import HTTPTypes

extension AdminRoute {
    static let tokens: [AdminRoute] = [
        AdminRoute(.get, "members/{member}/tokens", [.limit, .cursor, .all]) { exchange in
            let now = exchange.administration.clock()
            return .page(
                try await exchange.administration.tokens(
                    of: exchange.id("member"), withEnded: exchange.withAll, after: exchange.after(),
                    limit: exchange.limit, exchange.call)
            ) { $0.json(at: now) }
        },
        AdminRoute(.post, "members/{member}/tokens") { exchange in
            let new = try exchange.read { body in
                NewToken(name: body.name("name", required: true) ?? "", expiresAt: body.time("expires_at"))
            }
            return .fresh(
                try await exchange.administration.createToken(new, for: exchange.id("member"), exchange.call), exchange)
        },
        AdminRoute(.get, "tokens/{token}") { exchange in
            AdminAnswer(try await exchange.administration.token(exchange.id("token"), exchange.call), exchange)
        },
        AdminRoute(.post, "tokens/{token}/rotate") { exchange in
            .fresh(
                try await exchange.administration.rotateToken(
                    exchange.id("token"), overlapSeconds: exchange.overlapSeconds, exchange.call), exchange)
        },
        AdminRoute(.post, "tokens/{token}/revoke") { exchange in
            try exchange.readNothing()
            return AdminAnswer(
                try await exchange.administration.revokeToken(exchange.id("token"), exchange.call), exchange)
        },
    ]
}

extension AdminAnswer {
    fileprivate init(_ token: TokenRecord, _ exchange: Exchange) {
        self.init(token.json(at: exchange.administration.clock()), version: token.version)
    }

    /// The only answer that has the token itself in it.
    fileprivate static func fresh(_ fresh: FreshToken, _ exchange: Exchange) -> AdminAnswer {
        var json = fresh.record.json(at: exchange.administration.clock())
        if case .object(let members) = json {
            json = .object([members[0], JSON.Member("token", .string(fresh.token.text))] + members.dropFirst())
        }
        return .created(json, version: fresh.record.version, at: "tokens/\(fresh.record.id)")
    }
}
