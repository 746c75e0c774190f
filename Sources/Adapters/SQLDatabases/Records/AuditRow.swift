internal import ControlPlane
internal import Leaderboards

/// A line of the audit log.
extension AuditEntry {
    private static let columns = "revision, at, actor, action, target, tenant, request_id, detail"

    static let insert = "INSERT INTO audit_log (\(columns)) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"
    /// Parameters: the revision that all are below, how many.
    static let page = "SELECT \(columns) FROM audit_log WHERE revision < $1 ORDER BY revision DESC LIMIT $2"
    /// Parameters: whose, the revision that all are below, how many.
    static let pageOfTenant =
        "SELECT \(columns) FROM audit_log WHERE tenant = $1 AND revision < $2 ORDER BY revision DESC LIMIT $3"

    var values: [SQLValue] {
        [
            .integer(revision), .integer(at.milliseconds), .text(note.actor), .text(note.action), .text(note.target),
            SQLValue(note.tenant?.text), .text(note.requestID), .text(note.detail),
        ]
    }

    init(row: SQLRow) throws(SQLError) {
        var row = row
        let revision = try row.integer()
        let at = Timestamp(milliseconds: try row.integer())
        let actor = try row.text()
        let action = try row.text()
        let target = try row.text()
        let tenant = try row.optionalText().map(TenantID.init(unchecked:))
        let requestID = try row.text()
        self.init(
            revision: revision, at: at,
            note: AuditNote(
                actor: actor, action: action, target: target, tenant: tenant, requestID: requestID,
                detail: try row.text()))
    }
}
