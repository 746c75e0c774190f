/// A JSON value as the admin API sends it.
enum Value: Hashable, Sendable {
    case null
    case boolean(Bool)
    case integer(Int64)
    case decimal(Double)
    case string(String)
    case array([Value])
    case object([String: Value])

    /// Null unless this is an object with such a member.
    subscript(name: String) -> Value {
        if case .object(let members) = self { members[name] ?? .null } else { .null }
    }

    var elements: [Value] {
        if case .array(let elements) = self { elements } else { [] }
    }

    /// As it stands in a table.
    var text: String {
        switch self {
        case .null: "-"
        case .boolean(let boolean): boolean ? "yes" : "no"
        case .integer(let number): String(number)
        case .decimal(let number): String(number)
        case .string(let string): string
        case .array(let elements): elements.isEmpty ? "-" : elements.map(\.text).joined(separator: " ")
        case .object(let members):
            members.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value.text)" }.joined(separator: " ")
        }
    }

    /// An object of those members that have a value.
    static func members(_ members: (String, Value?)...) -> Value {
        .object(Dictionary(uniqueKeysWithValues: members.compactMap { name, value in value.map { (name, $0) } }))
    }
}

extension Value: Codable {
    init(from decoder: any Decoder) throws {
        let value = try decoder.singleValueContainer()
        if value.decodeNil() {
            self = .null
        } else if let boolean = try? value.decode(Bool.self) {
            self = .boolean(boolean)
        } else if let integer = try? value.decode(Int64.self) {
            self = .integer(integer)
        } else if let decimal = try? value.decode(Double.self) {
            self = .decimal(decimal)
        } else if let string = try? value.decode(String.self) {
            self = .string(string)
        } else if let elements = try? value.decode([Value].self) {
            self = .array(elements)
        } else {
            self = .object(try value.decode([String: Value].self))
        }
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .null: try container.encodeNil()
        case .boolean(let boolean): try container.encode(boolean)
        case .integer(let number): try container.encode(number)
        case .decimal(let number): try container.encode(number)
        case .string(let string): try container.encode(string)
        case .array(let elements): try container.encode(elements)
        case .object(let members): try container.encode(members)
        }
    }
}
