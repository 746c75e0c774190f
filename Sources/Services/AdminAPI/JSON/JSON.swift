/// A JSON value as a tree: bodies are small and rare here, and patches need trees.
package indirect enum JSON: Hashable, Sendable {
    case null
    case boolean(Bool)
    case integer(Int64)
    case decimal(Double)
    case string(String)
    case array([JSON])
    /// Written in this order. Members that were read have the order of their names.
    case object([Member])

    package struct Member: Hashable, Sendable {
        package var name: String
        package var value: JSON

        package init(_ name: String, _ value: JSON) {
            self.name = name
            self.value = value
        }
    }

    package static func optional(_ text: String?) -> JSON { text.map(JSON.string) ?? .null }
    package static func optional(_ number: Int64?) -> JSON { number.map(JSON.integer) ?? .null }
    package static func integer(_ number: Int) -> JSON { .integer(Int64(number)) }
    package static func strings(_ texts: [String]) -> JSON { .array(texts.map(JSON.string)) }

    /// Nil unless this is an object with such a member.
    package subscript(name: String) -> JSON? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.name == name }?.value
    }

    package var kind: String {
        switch self {
        case .null: "null"
        case .boolean: "a boolean"
        case .integer, .decimal: "a number"
        case .string: "a string"
        case .array: "an array"
        case .object: "an object"
        }
    }

    /// Applies a merge patch (RFC 7396): members replace those of the same name, null removes them.
    package func merged(with patch: JSON) -> JSON {
        guard case .object(let changes) = patch else { return patch }
        var members: [Member] = []
        if case .object(let own) = self { members = own }
        for change in changes {
            let old = members.firstIndex { $0.name == change.name }
            if change.value == .null {
                if let old { members.remove(at: old) }
            } else if let old {
                members[old].value = members[old].value.merged(with: change.value)
            } else {
                members.append(Member(change.name, JSON.null.merged(with: change.value)))
            }
        }
        return .object(members)
    }
}

extension JSON: ExpressibleByDictionaryLiteral {
    package init(dictionaryLiteral elements: (String, JSON)...) {
        self = .object(elements.map { Member($0.0, $0.1) })
    }
}
