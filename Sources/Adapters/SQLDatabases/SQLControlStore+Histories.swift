package import ControlPlane
internal import Leaderboards

extension SQLControlStore {
    package func audit(of tenant: TenantID?, before: Int64?, limit: Int) async throws(ControlError) -> [AuditEntry] {
        try await translated { () throws(SQLError) in
            try await database.read { (connection) throws(SQLError) in
                let end: [SQLValue] = [.integer(before ?? .max), .count(limit)]
                let rows =
                    if let tenant {
                        try connection.run(AuditEntry.pageOfTenant, [.text(tenant.text)] + end)
                    } else {
                        try connection.run(AuditEntry.page, end)
                    }
                var entries: [AuditEntry] = []
                for row in rows { entries.append(try AuditEntry(row: row)) }
                return entries
            }
        }
    }

    package func changes(after revision: Int64, limit: Int) async throws(ControlError) -> ControlChanges {
        try await translated { () throws(SQLError) in
            try await database.read { (connection) throws(SQLError) in
                let newest = try connection.newestRevision()
                guard revision < newest else { return ControlChanges(records: [], revision: revision, hasMore: false) }
                let last = try connection.lastRevision(after: revision, limit: limit) ?? newest
                let records = try connection.records(after: revision, to: last)
                return ControlChanges(records: records, revision: last, hasMore: last < newest)
            }
        }
    }
}

extension SQLConnection {
    fileprivate func newestRevision() throws(SQLError) -> Int64 {
        guard var row = try run("SELECT value FROM revision_counter WHERE id = 1").first else {
            throw .failed("the row with the revision is gone")
        }
        return try row.integer()
    }

    /// The revision of the last of so many changes; nil if there are not more.
    fileprivate func lastRevision(after revision: Int64, limit: Int) throws(SQLError) -> Int64? {
        let limit = min(max(1, limit), 1_000_000)
        var rows = try run(changedRevisions, .integer(revision), .count(limit + 1))
        return rows.count > limit ? try rows[limit - 1].integer() : nil
    }

    fileprivate func records(after revision: Int64, to last: Int64) throws(SQLError) -> [ControlRecord] {
        func changed<Record: StoredRecord>(_ type: Record.Type) throws(SQLError) -> [Record] {
            try Record.rows(try run(Record.table.changes, .integer(revision), .integer(last)))
        }
        let records =
            try changed(Plan.self).map(ControlRecord.plan) + changed(Tenant.self).map(ControlRecord.tenant)
            + changed(Project.self).map(ControlRecord.project) + changed(Member.self).map(ControlRecord.member)
            + changed(KeyRecord.self).map(ControlRecord.key) + changed(TokenRecord.self).map(ControlRecord.token)
            + changed(ClusterOrder.self).map(ControlRecord.order)
        // Those of one revision stay as they are: by kind, then by id.
        return records.enumerated()
            .sorted { ($0.element.version, $0.offset) < ($1.element.version, $1.offset) }
            .map(\.element)
    }
}

/// Parameters: the revision read up to, how many.
private let changedRevisions: String = {
    let tables = [
        Plan.table, Tenant.table, Project.table, Member.table, KeyRecord.table, TokenRecord.table, ClusterOrder.table,
    ]
    let each = tables.map { table in
        "SELECT revision FROM (SELECT revision FROM \(table.name) WHERE revision > $1 ORDER BY revision LIMIT $2)"
            + " AS changed_\(table.name)"
    }
    return "SELECT revision FROM (\(each.joined(separator: " UNION ALL "))) AS changed ORDER BY revision LIMIT $2"
}()
