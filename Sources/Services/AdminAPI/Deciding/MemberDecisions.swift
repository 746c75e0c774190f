import ControlPlane
import Leaderboards

/// A tenant that has members has an owner, and only owners decide about owners.
extension Member {
    /// - Parameter existing: all members of the tenant, removed ones too.
    static func add(
        _ email: String, _ role: Role, id: MemberID, to tenant: Tenant, existing: [Member],
        by administrator: Administrator,
        at now: Timestamp
    ) throws(AdminProblem) -> Change<Member> {
        try administrator.check(role == .owner ? .own : .manage, in: tenant.id)
        try tenant.checkNotDeleted()
        if role != .owner, !existing.contains(where: { $0.isOwner }) {
            throw AdminProblem(.lastOwner, "The first member of a tenant is its owner.")
        }
        let detail = "\(email) as \(role.rawValue)"
        // One who was removed comes back under the old id: the address is taken by it.
        if var known = existing.first(where: { $0.email == email }) {
            guard known.isRemoved else { throw AdminProblem(.exists, "\(email) is a member already, \(known.id).") }
            known.isRemoved = false
            known.role = role
            return Change("member.add", known, of: tenant.id, writes: [.replace(.member(known))], detail: detail)
        }
        let member = Member(id: id, tenant: tenant.id, email: email, role: role, createdAt: now)
        return Change("member.add", member, of: tenant.id, writes: [.insert(.member(member))], detail: detail)
    }

    func withRole(
        _ role: Role, in tenant: Tenant, existing: [Member], by administrator: Administrator
    ) throws(AdminProblem) -> Change<Member> {
        try administrator.check(isOwner || role == .owner ? .own : .manage, in: self.tenant)
        try checkNotRemoved()
        guard role != self.role else { return .none(self) }
        var member = self
        member.role = role
        return Change(
            "member.set_role", member, of: self.tenant, writes: try writes(member, in: tenant, existing: existing),
            detail: "\(email): \(self.role.rawValue) → \(role.rawValue)")
    }

    /// - Parameter tokens: of this member. They end with it, so that none is valid when it comes back.
    func removed(
        from tenant: Tenant, existing: [Member], tokens: [TokenRecord], by administrator: Administrator,
        at now: Timestamp
    ) throws(AdminProblem) -> Change<Member> {
        try administrator.check(isOwner ? .own : .manage, in: self.tenant)
        guard !isRemoved else { return .none(self) }
        var member = self
        member.isRemoved = true
        return Change(
            "member.remove", member, of: self.tenant,
            writes: try writes(member, in: tenant, existing: existing)
                + tokens.filter { $0.isValid(at: now) }.map { .replace(.token($0.ended(at: now))) },
            detail: email)
    }

    private var isOwner: Bool { role == .owner && !isRemoved }

    private func writes(
        _ new: Member, in tenant: Tenant, existing: [Member]
    ) throws(AdminProblem) -> [ControlWrite] {
        guard isOwner, !new.isOwner else { return [.replace(.member(new))] }
        guard existing.contains(where: { $0.isOwner && $0.id != id }) else {
            throw AdminProblem(.lastOwner, "\(email) is the only owner. Make somebody else an owner first.")
        }
        // Two owners must not step down at once: the later one meets another version of the tenant.
        return [.replace(.member(new)), .replace(.tenant(tenant))]
    }
}
