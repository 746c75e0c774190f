package import ControlPlane
package import Leaderboards

/// What is asked of a new key.
package struct NewKey: Sendable {
    package var name: String
    package var grant: KeyGrant
    package var rate: Rate?
    package var expiresAt: Timestamp?

    package init(name: String, grant: KeyGrant, rate: Rate? = nil, expiresAt: Timestamp? = nil) {
        self.name = name
        self.grant = grant
        self.rate = rate
        self.expiresAt = expiresAt
    }
}

/// What a change of a key sets; nil leaves as it is.
package struct KeyEdit: Sendable {
    package var name: String?
    package var grant: KeyGrant?
    /// `.some(nil)` takes the key's own away.
    package var rate: Rate??
    package var expiresAt: Timestamp??

    package init() {}
}

/// What a new key consists of, made before anything is decided.
struct KeyMaterial {
    var id: KeyID
    var key: APIKey
    var digest: KeyDigest
}

extension KeyRecord {
    /// - Parameter existing: the project's keys, as far as the quota makes them count.
    static func create(
        _ new: NewKey, _ material: KeyMaterial, in project: Project, of tenant: Tenant, existing: [KeyRecord],
        quota: Quota, at now: Timestamp
    ) throws(AdminProblem) -> Change<KeyRecord> {
        try tenant.checkNotDeleted()
        try project.checkNotDeleted()
        try checkFuture(new.expiresAt, after: now)
        let record = KeyRecord(
            id: material.id, project: project.id, name: new.name, digest: material.digest, hint: material.key.hint,
            grant: new.grant, rate: new.rate, createdAt: now, expiresAt: new.expiresAt)
        var writes: [ControlWrite] = [.insert(.key(record))]
        if let allowed = quota.keys {
            let count = existing.count { $0.isValid(at: now) && $0.replacedBy == nil }
            try checkRoom(count, below: allowed, "keys for each project", plan: tenant.plan)
            // Two at once must not both take the last place: the later one meets another version of the project.
            writes.append(.replace(.project(project)))
        }
        return Change("key.create", record, of: project.tenant, writes: writes, detail: record.summary)
    }

    func edited(_ edit: KeyEdit, in project: Project, at now: Timestamp) throws(AdminProblem) -> Change<KeyRecord> {
        try project.checkNotDeleted()
        try checkValid(at: now)
        try checkNotReplaced()
        var record = self
        if let name = edit.name { record.name = name }
        if let grant = edit.grant { record.grant = grant }
        if let rate = edit.rate { record.rate = rate }
        if let expiresAt = edit.expiresAt {
            try checkFuture(expiresAt, after: now)
            record.expiresAt = expiresAt
        }
        guard record != self else { return .none(self) }
        return Change(
            "key.change", record, of: project.tenant, writes: [.replace(.key(record))],
            detail: "\(summary) → \(record.summary)")
    }

    /// Another secret with the same name and rights; this one goes on for `overlapSeconds`.
    ///
    /// The quota does not count: a key must always be replaceable. One that has an end gets a new one, as far away.
    func rotated(
        to material: KeyMaterial, overlapSeconds: Int64, in project: Project, at now: Timestamp
    ) throws(AdminProblem) -> Change<KeyRecord> {
        try project.checkNotDeleted()
        try checkValid(at: now)
        try checkNotReplaced()
        let end = expiresAt.map { now.advanced(by: .milliseconds($0.milliseconds - createdAt.milliseconds)) }
        let record = KeyRecord(
            id: material.id, project: self.project, name: name, digest: material.digest, hint: material.key.hint,
            grant: grant, rate: rate, createdAt: now, expiresAt: end)
        var old = self
        old.replacedBy = material.id
        let lastMoment = now.advanced(by: .seconds(overlapSeconds))
        old.expiresAt = min(expiresAt ?? lastMoment, lastMoment)
        var change = Change(
            "key.rotate", record, of: project.tenant, writes: [.insert(.key(record)), .replace(.key(old))],
            detail: "\(id) → \(record.id), the old one until \(old.expiresAt!)")
        change.target = id.text
        return change
    }

    /// At once and for good.
    func revoked(in project: Project, at now: Timestamp) -> Change<KeyRecord> {
        guard revokedAt == nil else { return .none(self) }
        var record = self
        record.revokedAt = now
        return Change("key.revoke", record, of: project.tenant, writes: [.replace(.key(record))], detail: "'\(name)'")
    }

    private func checkValid(at now: Timestamp) throws(AdminProblem) {
        if let revokedAt { throw AdminProblem(.keyEnded, "Key \(id) was revoked at \(revokedAt).") }
        if !isValid(at: now) { throw AdminProblem(.keyEnded, "Key \(id) has expired at \(expiresAt!).") }
    }

    private func checkNotReplaced() throws(AdminProblem) {
        if let replacedBy { throw AdminProblem(.keyEnded, "Key \(id) was replaced by \(replacedBy) already.") }
    }

    private var summary: String {
        var parts = ["'\(name)'", "scopes \(grant.scopes.names.joined(separator: "+"))"]
        if let leaderboards = grant.leaderboards { parts.append("leaderboards \(leaderboards.joined(separator: " "))") }
        if let rate { parts.append("rate \(rate.text)") }
        if let expiresAt { parts.append("until \(expiresAt)") }
        return parts.joined(separator: ", ")
    }
}

extension Rate {
    /// `100/1s, burst 200`.
    var text: String { "\(requests)/\(seconds)s, burst \(burst)" }
}
