internal import ControlPlane
internal import Leaderboards

extension Member: StoredRecord {
    static let table = RecordTable(
        "members", ["id", "tenant", "email", "email_key", "role", "removed", "created_at"])

    var values: [SQLValue] {
        [
            .text(id.text), .text(tenant.text), .text(email),
            // What is compared. Made here, since databases differ in what they hold for lower case.
            .text(email.lowercased()),
            .text(role.rawValue), SQLValue(isRemoved), .integer(createdAt.milliseconds),
        ]
    }

    init(from row: inout SQLRow) throws(SQLError) {
        let id = MemberID(unchecked: try row.text())
        let tenant = TenantID(unchecked: try row.text())
        let email = try row.text()
        _ = try row.text()
        let role = try StoredDocument.word(Role.self, try row.text())
        let isRemoved = try row.flag()
        self.init(
            id: id, tenant: tenant, email: email, role: role, isRemoved: isRemoved,
            createdAt: Timestamp(milliseconds: try row.integer()))
    }
}
