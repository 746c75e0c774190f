internal import ControlPlane

/// A record as a row: which table, which columns, and its values in their order.
///
/// Columns of old versions stay readable: a new one comes by a migration that gives it a value in every row.
protocol StoredRecord: Sendable {
    static var table: RecordTable { get }

    /// Without the revision.
    var values: [SQLValue] { get }
    var version: Int64 { get set }

    /// The revision is read by whoever calls it.
    init(from row: inout SQLRow) throws(SQLError)
}

extension StoredRecord {
    init(row: SQLRow) throws(SQLError) {
        var row = row
        try self.init(from: &row)
        version = try row.integer()
    }

    static func rows(_ rows: [SQLRow]) throws(SQLError) -> [Self] {
        var records: [Self] = []
        for row in rows { records.append(try Self(row: row)) }
        return records
    }
}

/// The statements of a table, written once: each connection prepares them once.
struct RecordTable: Sendable {
    let name: String
    /// The id first; the revision, which is the last one, is not among them.
    let columns: [String]
    /// Parameters: the values, the revision. Answers a row if it was done, none if the id is there.
    let insert: String
    /// Parameters: the values without the id, the revision, the id, the version that is replaced. Answers a row if it was done.
    let replace: String
    let select: String

    init(_ name: String, _ columns: [String]) {
        self.name = name
        self.columns = columns
        let all = (columns + ["revision"]).joined(separator: ", ")
        let places = (1...columns.count + 1).map { "$\($0)" }.joined(separator: ", ")
        insert = "INSERT INTO \(name) (\(all)) VALUES (\(places)) ON CONFLICT (id) DO NOTHING RETURNING id"
        let changes = (columns.dropFirst() + ["revision"]).enumerated().map { "\($1) = $\($0 + 1)" }
        let count = columns.count
        replace =
            "UPDATE \(name) SET \(changes.joined(separator: ", ")) WHERE id = $\(count + 1) AND revision = $\(count + 2)"
            + " RETURNING id"
        select = "SELECT \(all) FROM \(name)"
    }

    var one: String { "\(select) WHERE id = $1" }

    /// Parameters: the last id read before, how many.
    var page: String { "\(select) WHERE id > $1 ORDER BY id LIMIT $2" }

    /// Parameters: the owner, the last id read before, how many.
    func page(ofOwner column: String) -> String {
        "\(select) WHERE \(column) = $1 AND id > $2 ORDER BY id LIMIT $3"
    }

    /// Parameters: the revision read up to, the last to be read.
    var changes: String { "\(select) WHERE revision > $1 AND revision <= $2 ORDER BY revision, id" }
}
