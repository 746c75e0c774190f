import ControlPlane
import HTTPTypes

extension AdminRoute {
    static let members: [AdminRoute] = [
        AdminRoute(.get, "tenants/{tenant}/members", [.limit, .cursor, .all]) { exchange in
            .page(
                try await exchange.administration.members(
                    of: exchange.id("tenant"), withRemoved: exchange.withAll, after: exchange.after(),
                    limit: exchange.limit, exchange.call),
                \.json)
        },
        AdminRoute(.post, "tenants/{tenant}/members") { exchange in
            let (email, role) = try exchange.read { body in
                (body.email("email"), body.choice("role", of: Member.Role.self, required: true))
            }
            let member = try await exchange.administration.addMember(
                email ?? "", as: role ?? .viewer, to: exchange.id("tenant"), exchange.call)
            return .created(member.json, version: member.version, at: "members/\(member.id)")
        },
        AdminRoute(.get, "members/{member}") { exchange in
            AdminAnswer(try await exchange.administration.member(exchange.id("member"), exchange.call))
        },
        AdminRoute(.patch, "members/{member}") { exchange in
            let role = try exchange.read { $0.choice("role", of: Member.Role.self, required: true) }
            return AdminAnswer(
                try await exchange.administration.setRole(
                    of: exchange.id("member"), to: role ?? .viewer, exchange.call))
        },
        AdminRoute(.delete, "members/{member}") { exchange in
            try exchange.readNothing()
            return AdminAnswer(
                try await exchange.administration.removeMember(exchange.id("member"), exchange.call))
        },
    ]
}

extension AdminAnswer {
    fileprivate init(_ member: Member) { self.init(member.json, version: member.version) }
}

extension ObjectReader {
    /// In lower case. Whether mail arrives there is found out by sending some; here only mistakes of typing are.
    fileprivate func email(_ name: String) -> String? {
        guard let text = text(name, byteCount: 3...254, required: true)?.lowercased() else { return nil }
        let parts = text.split(separator: "@", omittingEmptySubsequences: false)
        let isClean = text.unicodeScalars.allSatisfy {
            $0.properties.generalCategory != .control && $0.properties.generalCategory != .format
                && !$0.properties.isWhitespace
        }
        if parts.count == 2, isClean, !parts[0].isEmpty, !parts[1].isEmpty { return text }
        findings.add(field(name), .value, "An e-mail address is written name@example.com.")
        return nil
    }
}
