internal import Foundation
internal import NIOCore

/// How the stream of a log group must be set up, field by field of JetStream's own JSON.
///
/// A stream is compared with it at every opening. A field that is not named here must be absent or empty: what a newer
/// server can be told, and nobody told it, is not on.
struct StreamConfiguration {
    let group: LogGroup
    let replicaCount: Int
    let byteCountMax: Int
    let placementTags: [String]
    let originDomain: String?
    let duplicateWindow: Duration

    init(_ options: StreamLogOptions) {
        group = options.group
        replicaCount = options.replicas.rawValue
        byteCountMax = options.byteCountMax
        placementTags = options.placementTags
        originDomain = options.originDomain
        duplicateWindow = options.duplicateWindow
    }

    /// With one tag or more a zone is asked for; where replicas are, is then the operator's.
    var fields: [String: JSONValue] {
        guard let originDomain else { return originFields }
        var fields = originFields
        // Its subjects are its origin's, and so is what it remembers of ids.
        fields["subjects"] = nil
        fields["duplicate_window"] = nil
        fields["mirror"] = .object([
            "name": .text(group.stream),
            "external": .object(["api": .text("$JS.\(originDomain).API"), "deliver": .text("")]),
        ])
        return fields
    }

    private var originFields: [String: JSONValue] {
        [
            "name": .text(group.stream),
            "subjects": .list([.text(group.subjects)]),
            "storage": .text("file"),
            "num_replicas": .number(replicaCount),
            // Nothing goes but by truncation: an emptied subject would take an append that expects nothing before it.
            "retention": .text("limits"),
            "max_age": .number(0),
            "max_msgs": .number(-1),
            "max_msgs_per_subject": .number(-1),
            "max_consumers": .number(-1),
            // Full, it refuses; it does not make room.
            "discard": .text("new"),
            "max_bytes": .number(byteCountMax),
            "max_msg_size": .number(1 << 20),
            "deny_delete": .truth(true),
            "deny_purge": .truth(false),
            "allow_direct": .truth(true),
            "mirror_direct": .truth(false),
            "duplicate_window": .number(Int(duplicateWindow / .nanoseconds(1))),
            "compression": .text("none"),
        ]
    }

    /// What the operator may choose, and what servers add.
    private static let ignored: Set<String> = ["placement", "metadata", "description"]

    var request: ByteBuffer {
        var fields = fields
        if !placementTags.isEmpty { fields["placement"] = .object(["tags": .list(placementTags.map { .text($0) })]) }
        return JetStreamAPI.encode(fields)
    }

    /// Where `found` differs, in the order of names: `max_age is 60, and must be 0`.
    func drift(of found: [String: JSONValue]) -> [String] {
        let fields = fields
        return Set(fields.keys).union(found.keys).subtracting(Self.ignored).sorted().compactMap { name in
            let value = found[name]
            if let wanted = fields[name] {
                return value == wanted || (value == nil && wanted.isEmpty)
                    ? nil : "\(name) is \(value?.description ?? "missing"), and must be \(wanted)"
            }
            return value.map { $0.isEmpty } ?? true ? nil : "\(name) is \(value!), and must not be set"
        }
    }
}

/// A value of JSON, to be compared.
indirect enum JSONValue: Hashable, Codable, CustomStringConvertible {
    case null
    case truth(Bool)
    case number(Int)
    case fraction(Double)
    case text(String)
    case list([JSONValue])
    case object([String: JSONValue])

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(Bool.self) {
            self = .truth(value)
        } else if let value = try? container.decode(Int.self) {
            self = .number(value)
        } else if let value = try? container.decode(Double.self) {
            self = .fraction(value)
        } else if let value = try? container.decode(String.self) {
            self = .text(value)
        } else if let value = try? container.decode([JSONValue].self) {
            self = .list(value)
        } else {
            self = .object(try container.decode([String: JSONValue].self))
        }
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .null: try container.encodeNil()
        case .truth(let value): try container.encode(value)
        case .number(let value): try container.encode(value)
        case .fraction(let value): try container.encode(value)
        case .text(let value): try container.encode(value)
        case .list(let value): try container.encode(value)
        case .object(let value): try container.encode(value)
        }
    }

    /// Nothing was set: what a server leaves out, or writes where it need not.
    var isEmpty: Bool {
        switch self {
        case .null, .truth(false), .number(0), .text(""): true
        case .list(let values): values.isEmpty
        case .object(let values): values.values.allSatisfy(\.isEmpty)
        case .truth, .number, .fraction, .text: false
        }
    }

    var description: String {
        switch self {
        case .null: "null"
        case .truth(let value): "\(value)"
        case .number(let value): "\(value)"
        case .fraction(let value): "\(value)"
        case .text(let value): "\"\(value)\""
        case .list(let values): "[\(values.map(\.description).joined(separator: ", "))]"
        case .object(let values):
            "{\(values.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }.joined(separator: ", "))}"
        }
    }
}
