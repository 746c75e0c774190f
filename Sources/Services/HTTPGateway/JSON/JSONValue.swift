import Leaderboards

/// A JSON value as a tree: for documents that are read once and rarely, such as definitions.
indirect enum JSONValue: Hashable, Sendable {
    case null
    case boolean(Bool)
    case number(Column.Value)
    case string(String)
    case array([JSONValue])
    /// Members in the order they were written, no name twice.
    case object([Member])

    struct Member: Hashable, Sendable {
        var name: String
        var value: JSONValue

        init(_ name: String, _ value: JSONValue) {
            self.name = name
            self.value = value
        }
    }

    static func integer(_ value: Int) -> JSONValue { .number(.integer(Int64(value))) }
    static func optional(_ text: String?) -> JSONValue { text.map(JSONValue.string) ?? .null }

    /// Nil unless this is an object with such a member.
    subscript(name: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.name == name }?.value
    }

    /// What kind of value it is, as error messages say it.
    var kind: JSONKind {
        switch self {
        case .null: .null
        case .boolean: .boolean
        case .number: .number
        case .string: .string
        case .array: .array
        case .object: .object
        }
    }
}

extension JSONValue {
    /// A whole text.
    init(_ bytes: UnsafeRawBufferPointer) throws(BadInput) {
        var scanner = JSONScanner(bytes)
        self = try scanner.value()
        try scanner.finish()
    }

    /// Applies a merge patch (RFC 7396): members replace those of the same name, null removes them.
    func merged(with patch: JSONValue) -> JSONValue {
        guard case .object(let changes) = patch else { return patch }
        var members: [Member] = []
        if case .object(let own) = self { members = own }
        for change in changes {
            let index = members.firstIndex { $0.name == change.name }
            switch (change.value, index) {
            case (.null, let index?): members.remove(at: index)
            case (.null, nil): break
            case (let value, let index?): members[index].value = members[index].value.merged(with: value)
            case (let value, nil):
                members.append(Member(change.name, JSONValue.null.merged(with: value)))
            }
        }
        return .object(members)
    }
}

extension JSONScanner {
    fileprivate mutating func value() throws(BadInput) -> JSONValue {
        switch try kind() {
        case .object: return .object(try members())
        case .array:
            var elements: [JSONValue] = []
            var isFirst = true
            try beginArray()
            while try nextElement(&isFirst) {
                do {
                    elements.append(try value())
                } catch {
                    throw error.isUnreadable ? error : error.within("[\(elements.count)]")
                }
            }
            return .array(elements)
        case .string: return .string(try string().string)
        case .number: return .number(try number())
        case .boolean:
            let value = bytes[offset] == UInt8(ascii: "t")
            try skipValue()
            return .boolean(value)
        case .null:
            try skipValue()
            return .null
        }
    }

    private mutating func members() throws(BadInput) -> [JSONValue.Member] {
        var members: [JSONValue.Member] = []
        var names: Set<String> = []
        var isFirst = true
        try beginObject()
        while let name = try nextName(&isFirst)?.string {
            guard names.insert(name).inserted else {
                throw BadInput(.duplicateField, at: name, "The field occurs twice.")
            }
            do {
                members.append(JSONValue.Member(name, try value()))
            } catch {
                throw error.isUnreadable ? error : error.within(name)
            }
        }
        return members
    }
}

extension JSONWriter {
    mutating func value(_ value: JSONValue) {
        switch value {
        case .null: null()
        case .boolean(let boolean): self.boolean(boolean)
        case .number(let number): self.number(number)
        case .string(let string): self.string(string)
        case .array(let elements): array(elements) { $0.value($1) }
        case .object(let members):
            object {
                for member in members {
                    $0.name(member.name)
                    $0.value(member.value)
                }
            }
        }
    }
}
