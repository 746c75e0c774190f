internal import ControlPlane
internal import Leaderboards

extension TokenRecord: StoredRecord {
    static let table = RecordTable(
        "member_tokens",
        [
            "id", "member", "name", "digest", "hint", "created_at", "expires_at", "revoked_at", "replaced_by",
        ])

    var values: [SQLValue] {
        [
            .text(id.text), .text(member.text), .text(name), .text(digest.hexadecimal), .text(hint),
            .integer(createdAt.milliseconds), SQLValue(expiresAt?.milliseconds), SQLValue(revokedAt?.milliseconds),
            SQLValue(replacedBy?.text),
        ]
    }

    init(from row: inout SQLRow) throws(SQLError) {
        let id = TokenID(unchecked: try row.text())
        let member = MemberID(unchecked: try row.text())
        let name = try row.text()
        guard let digest = KeyDigest(hexadecimal: try row.text()) else {
            throw .failed("the stored digest of token \(id) is none")
        }
        let hint = try row.text()
        let createdAt = Timestamp(milliseconds: try row.integer())
        let expiresAt = try row.optionalInteger().map(Timestamp.init(milliseconds:))
        let revokedAt = try row.optionalInteger().map(Timestamp.init(milliseconds:))
        let replacedBy = try row.optionalText().map(TokenID.init(unchecked:))
        self.init(
            id: id, member: member, name: name, digest: digest, hint: hint, createdAt: createdAt, expiresAt: expiresAt,
            revokedAt: revokedAt, replacedBy: replacedBy)
    }
}
