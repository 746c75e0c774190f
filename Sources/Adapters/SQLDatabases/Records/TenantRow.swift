internal import ControlPlane
internal import Leaderboards

extension Tenant: StoredRecord {
    static let table = RecordTable("tenants", ["id", "name", "plan", "status", "created_at"])

    var values: [SQLValue] {
        [.text(id.text), .text(name), .text(plan.text), .text(status.rawValue), .integer(createdAt.milliseconds)]
    }

    init(from row: inout SQLRow) throws(SQLError) {
        let id = TenantID(unchecked: try row.text())
        let name = try row.text()
        let plan = PlanID(unchecked: try row.text())
        let status = try StoredDocument.word(Status.self, try row.text())
        self.init(
            id: id, name: name, plan: plan, status: status, createdAt: Timestamp(milliseconds: try row.integer()))
    }
}
