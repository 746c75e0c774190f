package import ControlPlane

extension Administration {
    /// - Parameter email: in lower case.
    package func addMember(
        _ email: String, as role: Member.Role, to tenant: TenantID, _ call: AdminCall
    ) async throws -> Member {
        try call.administrator.check(.manage, in: tenant)
        let id: MemberID = newID()
        return try await carryOut(call) { now in
            try Member.add(
                email, role, id: id, to: try await existingTenant(tenant, call),
                existing: try await allMembers(of: tenant),
                by: call.administrator, at: now)
        }
    }

    /// Removed ones are left out unless they are asked for.
    package func members(
        of tenant: TenantID, withRemoved: Bool = false, after id: MemberID? = nil, limit: Int, _ call: AdminCall
    ) async throws -> AdminPage<Member> {
        try call.administrator.check(.look, in: tenant)
        return try await reading {
            _ = try await existingTenant(tenant, call)
            let members = try await store.members(of: tenant, after: id, limit: limit)
            return AdminPage(
                items: members.filter { withRemoved || !$0.isRemoved },
                next: members.count < limit ? nil : members.last?.id.text)
        }
    }

    package func member(_ id: MemberID, _ call: AdminCall) async throws -> Member {
        try await reading {
            let member = try await existingMember(id, call)
            try call.administrator.check(.look, in: member.tenant)
            return member
        }
    }

    package func setRole(of id: MemberID, to role: Member.Role, _ call: AdminCall) async throws -> Member {
        try await changeMember(id, call) { member, tenant, existing in
            try member.withRole(role, in: tenant, existing: existing, by: call.administrator)
        }
    }

    package func removeMember(_ id: MemberID, _ call: AdminCall) async throws -> Member {
        try await changeMember(id, call) { member, tenant, existing in
            try member.removed(
                from: tenant, existing: existing, tokens: try await allTokens(of: id), by: call.administrator,
                at: clock())
        }
    }

    private func changeMember(
        _ id: MemberID, _ call: AdminCall, _ decide: (Member, Tenant, [Member]) async throws -> Change<Member>
    ) async throws -> Member {
        try await carryOut(call) { _ in
            let member = try await existingMember(id, call)
            try call.administrator.check(.manage, in: member.tenant)
            try member.check(call.version)
            return try await decide(
                member, try await existingTenant(member.tenant, call), try await allMembers(of: member.tenant))
        }
    }

    private func allMembers(of tenant: TenantID) async throws -> [Member] {
        try await all(\.id.text) { after, limit in
            try await store.members(of: tenant, after: after.map(MemberID.init(unchecked:)), limit: limit)
        }
    }
}
