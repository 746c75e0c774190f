// A dump of a control database: lines of JSON, the same whatever database it came from.
//
//   {"format":1,"schema":4}                                 the first line; `schema` is the number of the schema's last step
//   {"columns":["id",…],"table":"plans"}                    before the rows of a table
//   ["free","Free",null,17]                                 a row, in the order of its table's columns
//   {"rows":812}                                            the last line
//
// Integers are BIGINT, the rest is TEXT or null.
/// The tables of a dump in an order in which what is referred to comes first.
struct DumpTable: Sendable {
    let name: String
    /// The columns, integers marked by a `#` before the name.
    private let marked: [String]

    init(_ name: String, _ columns: String) {
        self.name = name
        marked = columns.split(separator: " ").map(String.init)
    }

    var columns: [String] { marked.map { $0.hasPrefix("#") ? String($0.dropFirst()) : $0 } }
    var isInteger: [Bool] { marked.map { $0.hasPrefix("#") } }

    var select: String { "SELECT \(columns.joined(separator: ", ")) FROM \(name) ORDER BY \(order)" }
    /// A key, so that the same database gives the same dump.
    private var order: String {
        switch name {
        case "audit_log": "revision"
        case "usage_counters": "project, day, metric, source"
        case "anomaly_states": "source, identity"
        case "found_anomalies": "source, number"
        default: "id"
        }
    }

    func insert(_ columns: [String]) -> String {
        let places = (1...columns.count).map { "$\($0)" }.joined(separator: ", ")
        return "INSERT INTO \(name) (\(columns.joined(separator: ", "))) VALUES (\(places))"
    }

    /// `revision_counter` is apart: it has a row from the beginning.
    static let all = [
        DumpTable("plans", "id name quota #revision"),
        DumpTable("tenants", "id name plan status #created_at #revision"),
        DumpTable("projects", "id tenant name environment settings #deleted #created_at #revision"),
        DumpTable("members", "id tenant email email_key role #removed #created_at #revision"),
        DumpTable(
            "api_keys",
            "id project name digest hint #scopes leaderboards rate #created_at #expires_at #revoked_at replaced_by #revision"
        ),
        DumpTable(
            "member_tokens", "id member name digest hint #created_at #expires_at #revoked_at replaced_by #revision"),
        DumpTable("cluster_orders", "id cluster kind #shard node state reason given_by #at #revision"),
        DumpTable("revision_counter", "#id #value"),
        DumpTable("audit_log", "#revision #at actor action target tenant request_id detail"),
        DumpTable("key_uses", "id #at"),
        DumpTable("usage_counters", "project #day metric source #value"),
        DumpTable("anomaly_states", "source identity #written_at state"),
        DumpTable(
            "found_anomalies",
            "source #number #at tenant project api_key leaderboard kind observed expected deviation country explanation"
        ),
    ]
}

/// A value of a row, as JSON has it.
enum DumpValue: Codable {
    case null
    case integer(Int64)
    case text(String)

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let number = try? container.decode(Int64.self) {
            self = .integer(number)
        } else {
            self = .text(try container.decode(String.self))
        }
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .null: try container.encodeNil()
        case .integer(let number): try container.encode(number)
        case .text(let text): try container.encode(text)
        }
    }

    var stored: SQLValue {
        switch self {
        case .null: .null
        case .integer(let number): .integer(number)
        case .text(let text): .text(text)
        }
    }
}

/// What stands between rows.
struct DumpMark: Codable {
    var format: Int?
    var schema: Int?
    var table: String?
    var columns: [String]?
    var rows: Int?
}
