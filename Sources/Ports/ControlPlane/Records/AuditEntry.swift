package import Leaderboards

/// Who changed what: written in the transaction of the change, and never changed.
package struct AuditEntry: Hashable, Sendable {
    /// The revision that the change made.
    package var revision: Int64
    package var at: Timestamp
    package var note: AuditNote

    package init(revision: Int64, at: Timestamp, note: AuditNote) {
        self.revision = revision
        self.at = at
        self.note = note
    }
}

/// What is written down of a change. No secrets.
package struct AuditNote: Hashable, Sendable {
    /// `operator`, `member mem_…` or `key key_…`.
    package var actor: String
    /// Such as `key.rotate`.
    package var action: String
    /// The id of what was changed.
    package var target: String
    /// Whose it is; nil for what belongs to the service.
    package var tenant: TenantID?
    package var requestID: String
    /// For people: what was changed into what.
    package var detail: String

    package init(
        actor: String, action: String, target: String, tenant: TenantID?, requestID: String = "", detail: String = ""
    ) {
        self.actor = actor
        self.action = action
        self.target = target
        self.tenant = tenant
        self.requestID = requestID
        self.detail = detail
    }
}
