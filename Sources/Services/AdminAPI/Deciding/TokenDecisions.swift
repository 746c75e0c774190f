import ControlPlane
package import Leaderboards

/// What is asked of a new token of a member.
package struct NewToken: Sendable {
    package var name: String
    package var expiresAt: Timestamp?

    package init(name: String, expiresAt: Timestamp? = nil) {
        self.name = name
        self.expiresAt = expiresAt
    }
}

/// What a new token consists of, made before anything is decided.
struct TokenMaterial {
    var id: TokenID
    var token: MemberToken
    var digest: KeyDigest
}

/// Whoever may make somebody a member of a role may make tokens for one that has it: it is as good as being that member.
/// Members may look at their own tokens, rotate and revoke them; to have one more is not theirs to decide.
extension TokenRecord {
    /// Valid tokens of one member, replaced ones apart.
    static let countMax = 20

    /// - Parameter existing: all tokens of the member.
    static func create(
        _ new: NewToken, _ material: TokenMaterial, for member: Member, of tenant: Tenant, existing: [TokenRecord],
        by administrator: Administrator, at now: Timestamp
    ) throws(AdminProblem) -> Change<TokenRecord> {
        try administrator.check(member.rightToManage, in: tenant.id)
        try tenant.checkNotDeleted()
        try member.checkNotRemoved()
        try checkFuture(new.expiresAt, after: now)
        let count = existing.count { $0.isValid(at: now) && $0.replacedBy == nil }
        guard count < countMax else {
            throw AdminProblem(.tooManyTokens, "\(member.email) has \(count) valid tokens: revoke one first.")
        }
        let record = TokenRecord(
            id: material.id, member: member.id, name: new.name, digest: material.digest, hint: material.token.hint,
            createdAt: now, expiresAt: new.expiresAt)
        // Two at once must not both take the last place, and none is made while the member is removed: the later one meets
        // another version of the member.
        return Change(
            "token.create", record, of: tenant.id, writes: [.insert(.token(record)), .replace(.member(member))],
            detail: "\(record.summary) for \(member.email)")
    }

    /// Another secret of the same name; this one goes on for `overlapSeconds`. One that has an end gets a new one, as far away.
    func rotated(
        to material: TokenMaterial, overlapSeconds: Int64, of member: Member, by administrator: Administrator,
        at now: Timestamp
    ) throws(AdminProblem) -> Change<TokenRecord> {
        try administrator.checkTokens(of: member)
        try member.checkNotRemoved()
        try checkValid(at: now)
        let end = expiresAt.map { now.advanced(by: .milliseconds($0.milliseconds - createdAt.milliseconds)) }
        let record = TokenRecord(
            id: material.id, member: self.member, name: name, digest: material.digest, hint: material.token.hint,
            createdAt: now, expiresAt: end)
        var old = self
        old.replacedBy = material.id
        let lastMoment = now.advanced(by: .seconds(overlapSeconds))
        old.expiresAt = min(expiresAt ?? lastMoment, lastMoment)
        var change = Change(
            "token.rotate", record, of: member.tenant, writes: [.insert(.token(record)), .replace(.token(old))],
            detail: "\(id) → \(record.id) for \(member.email), the old one until \(old.expiresAt!)")
        change.target = id.text
        return change
    }

    /// At once and for good.
    func revoked(
        of member: Member, by administrator: Administrator, at now: Timestamp
    ) throws(AdminProblem) -> Change<TokenRecord> {
        try administrator.checkTokens(of: member)
        guard revokedAt == nil else { return .none(self) }
        let record = ended(at: now)
        return Change(
            "token.revoke", record, of: member.tenant, writes: [.replace(.token(record))],
            detail: "'\(name)' of \(member.email)")
    }

    /// As it is when it was revoked.
    func ended(at now: Timestamp) -> TokenRecord {
        var record = self
        record.revokedAt = now
        return record
    }

    private func checkValid(at now: Timestamp) throws(AdminProblem) {
        if let revokedAt { throw AdminProblem(.tokenEnded, "Token \(id) was revoked at \(revokedAt).") }
        if !isValid(at: now) { throw AdminProblem(.tokenEnded, "Token \(id) has expired at \(expiresAt!).") }
        if let replacedBy { throw AdminProblem(.tokenEnded, "Token \(id) was replaced by \(replacedBy) already.") }
    }

    private var summary: String { expiresAt.map { "'\(name)', until \($0)" } ?? "'\(name)'" }
}

extension Administrator {
    /// Throws unless this one may look at a member's tokens, and rotate and revoke them.
    func checkTokens(of member: Member) throws(AdminProblem) {
        if case .member(member.id, of: member.tenant, _) = self { return }
        try check(member.rightToManage, in: member.tenant)
    }
}

extension Member {
    /// What it takes to change somebody of this role.
    var rightToManage: Right { role == .owner ? .own : .manage }

    func checkNotRemoved() throws(AdminProblem) {
        if isRemoved { throw AdminProblem(.unknownMember, "Member \(id) was removed.") }
    }
}

/// Throws unless an end is in the future.
func checkFuture(_ expiry: Timestamp?, after now: Timestamp) throws(AdminProblem) {
    guard let expiry, expiry <= now else { return }
    throw AdminProblem(
        fields: [
            DefinitionProblem(
                field: "expires_at", code: Findings.Code.value.rawValue, message: "It is not in the future.")
        ])
}
