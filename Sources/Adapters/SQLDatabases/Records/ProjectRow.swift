internal import ControlPlane
internal import Leaderboards

extension Project: StoredRecord {
    static let table = RecordTable(
        "projects", ["id", "tenant", "name", "environment", "settings", "deleted", "created_at"])

    var values: [SQLValue] {
        [
            .text(id.text), .text(tenant.text), .text(name), .text(environment.rawValue),
            .text(StoredDocument.text(settings)), SQLValue(isDeleted), .integer(createdAt.milliseconds),
        ]
    }

    init(from row: inout SQLRow) throws(SQLError) {
        let id = ProjectID(unchecked: try row.text())
        let tenant = TenantID(unchecked: try row.text())
        let name = try row.text()
        let environment = try StoredDocument.word(Environment.self, try row.text())
        let settings = try StoredDocument.value(ProjectSettings.self, try row.text())
        let isDeleted = try row.flag()
        self.init(
            id: id, tenant: tenant, name: name, environment: environment, settings: settings, isDeleted: isDeleted,
            createdAt: Timestamp(milliseconds: try row.integer()))
    }
}
