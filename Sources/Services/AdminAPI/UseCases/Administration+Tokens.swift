package import ControlPlane

/// A token that was just made: the only time that anyone sees it.
package struct FreshToken: Sendable {
    package var record: TokenRecord
    package var token: MemberToken
}

extension Administration {
    package func createToken(_ new: NewToken, for id: MemberID, _ call: AdminCall) async throws -> FreshToken {
        let material = newMaterial()
        let record = try await carryOut(call) { now in
            let member = try await existingMember(id, call)
            return try TokenRecord.create(
                new, material, for: member, of: try await existingTenant(member.tenant, call),
                existing: try await allTokens(of: id), by: call.administrator, at: now)
        }
        return FreshToken(record: record, token: material.token)
    }

    /// The old one goes on being valid for `overlapSeconds`.
    package func rotateToken(_ id: TokenID, overlapSeconds: Int64, _ call: AdminCall) async throws -> FreshToken {
        let material = newMaterial()
        let record = try await carryOut(call) { now in
            let (token, member) = try await existingToken(id, call)
            try call.administrator.checkTokens(of: member)
            try token.check(call.version)
            return try token.rotated(
                to: material, overlapSeconds: overlapSeconds, of: member, by: call.administrator, at: now)
        }
        return FreshToken(record: record, token: material.token)
    }

    package func revokeToken(_ id: TokenID, _ call: AdminCall) async throws -> TokenRecord {
        try await carryOut(call) { now in
            let (token, member) = try await existingToken(id, call)
            try call.administrator.checkTokens(of: member)
            try token.check(call.version)
            return try token.revoked(of: member, by: call.administrator, at: now)
        }
    }

    /// Those that are no longer valid are left out unless they are asked for.
    package func tokens(
        of member: MemberID, withEnded: Bool = false, after id: TokenID? = nil, limit: Int, _ call: AdminCall
    ) async throws -> AdminPage<TokenRecord> {
        try await reading {
            try call.administrator.checkTokens(of: try await existingMember(member, call))
            let now = clock()
            let page = try await store.tokens(of: member, after: id, limit: limit)
            return AdminPage(
                items: page.filter { withEnded || $0.isValid(at: now) },
                next: page.count < limit ? nil : page.last?.id.text)
        }
    }

    package func token(_ id: TokenID, _ call: AdminCall) async throws -> TokenRecord {
        try await reading {
            let (token, member) = try await existingToken(id, call)
            try call.administrator.checkTokens(of: member)
            return token
        }
    }

    /// Whose token it is, as the database says at this moment; nil if it is none, or not valid any more.
    func owner(of token: MemberToken) async throws -> Administrator? {
        try await reading {
            guard let record = try await store.token(with: pepper.digest(of: token.text)), record.isValid(at: clock()),
                let member = try await store.member(record.member), !member.isRemoved,
                let tenant = try await store.tenant(member.tenant)
            else { return nil }
            switch tenant.status {
            case .active: return .member(member.id, of: tenant.id, member.role)
            case .suspended: throw AdminProblem(.tenantSuspended, "Whoever runs the service knows why.")
            case .deleted: return nil
            }
        }
    }

    func allTokens(of member: MemberID) async throws -> [TokenRecord] {
        try await all(\.id.text) { after, limit in
            try await store.tokens(of: member, after: after.map(TokenID.init(unchecked:)), limit: limit)
        }
    }

    private func existingToken(_ id: TokenID, _ call: AdminCall) async throws -> (TokenRecord, Member) {
        guard let token = try await store.token(id), let member = try await store.member(token.member),
            call.administrator.sees(member.tenant)
        else { throw AdminProblem(.unknownToken, "There is no token \(id).") }
        return (token, member)
    }

    private func newMaterial() -> TokenMaterial {
        let token = MemberToken(random: random(APIKey.seedByteCount))
        return TokenMaterial(id: newID(), token: token, digest: pepper.digest(of: token.text))
    }
}
