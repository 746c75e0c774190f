internal import ControlPlane

extension Plan: StoredRecord {
    static let table = RecordTable("plans", ["id", "name", "quota"])

    var values: [SQLValue] { [.text(id.text), .text(name), .text(StoredDocument.text(quota))] }

    init(from row: inout SQLRow) throws(SQLError) {
        let id = PlanID(unchecked: try row.text())
        let name = try row.text()
        self.init(id: id, name: name, quota: try StoredDocument.value(Quota.self, try row.text()))
    }
}
