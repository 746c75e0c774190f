internal import ControlPlane
internal import Leaderboards

extension KeyRecord: StoredRecord {
    static let table = RecordTable(
        "api_keys",
        [
            "id", "project", "name", "digest", "hint", "scopes", "leaderboards", "rate", "created_at", "expires_at",
            "revoked_at", "replaced_by",
        ])

    var values: [SQLValue] {
        [
            .text(id.text), .text(project.text), .text(name), .text(digest.hexadecimal), .text(hint),
            .integer(Int64(grant.scopes.rawValue)), StoredDocument.optionalText(grant.leaderboards),
            StoredDocument.optionalText(rate), .integer(createdAt.milliseconds), SQLValue(expiresAt?.milliseconds),
            SQLValue(revokedAt?.milliseconds), SQLValue(replacedBy?.text),
        ]
    }

    init(from row: inout SQLRow) throws(SQLError) {
        let id = KeyID(unchecked: try row.text())
        let project = ProjectID(unchecked: try row.text())
        let name = try row.text()
        guard let digest = KeyDigest(hexadecimal: try row.text()) else {
            throw .failed("the stored digest of key \(id) is none")
        }
        let hint = try row.text()
        guard let scopes = UInt8(exactly: try row.integer()) else {
            throw .failed("the stored scopes of key \(id) are none")
        }
        let leaderboards = try StoredDocument.optionalValue([String].self, try row.optionalText())
        let rate = try StoredDocument.optionalValue(Rate.self, try row.optionalText())
        let createdAt = Timestamp(milliseconds: try row.integer())
        let expiresAt = try row.optionalInteger().map(Timestamp.init(milliseconds:))
        let revokedAt = try row.optionalInteger().map(Timestamp.init(milliseconds:))
        let replacedBy = try row.optionalText().map(KeyID.init(unchecked:))
        self.init(
            id: id, project: project, name: name, digest: digest, hint: hint,
            grant: KeyGrant(scopes: Scopes(rawValue: scopes), leaderboards: leaderboards), rate: rate,
            createdAt: createdAt, expiresAt: expiresAt, revokedAt: revokedAt, replacedBy: replacedBy)
    }
}
