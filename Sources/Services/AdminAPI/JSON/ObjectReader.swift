import Leaderboards

/// All that is wrong with a body, found in one go.
final class Findings {
    private(set) var problems: [DefinitionProblem] = []
    /// More than these are not told.
    static let countMax = 100

    func add(_ field: String, _ code: Code, _ message: String) {
        guard problems.count < Self.countMax else { return }
        problems.append(DefinitionProblem(field: field, code: code.rawValue, message: message))
    }

    func check() throws {
        if !problems.isEmpty { throw AdminProblem(fields: problems) }
    }

    /// What may be wrong with a field.
    enum Code: String, CaseIterable {
        case unknown = "unknown_field"
        case missing = "missing_field"
        case duplicate = "duplicate_field"
        case type = "wrong_type"
        case range = "out_of_range"
        case value = "invalid_value"
        case tooLong = "too_long"
        case tooMany = "too_many"
        case planLimit = "plan_limit"
    }
}

/// Takes an object apart, member by member; what is left in the end should not be there.
final class ObjectReader {
    private var members: [JSON.Member]
    let path: String
    let findings: Findings

    init(_ value: JSON, at path: String = "", _ findings: Findings) {
        self.path = path
        self.findings = findings
        if case .object(let members) = value {
            self.members = members
        } else {
            members = []
            findings.add(path, .type, "An object is expected, not \(value.kind).")
        }
    }

    func field(_ name: String) -> String { path.isEmpty ? name : "\(path).\(name)" }

    /// Whether there is a member of this name, null included, that was not taken yet.
    func has(_ name: String) -> Bool { members.contains { $0.name == name } }

    /// The member, if it is there and not null.
    func take(_ name: String, required: Bool = false) -> JSON? {
        let index = members.firstIndex { $0.name == name }
        let value = index.map { members.remove(at: $0).value }
        if let value, value != .null { return value }
        if required { findings.add(field(name), .missing, "The field is required.") }
        return nil
    }

    /// What nobody took is unknown.
    func end() {
        for member in members {
            findings.add(field(member.name), .unknown, "There is no field of this name here.")
        }
    }
}

extension ObjectReader {
    func text(_ name: String, byteCount: ClosedRange<Int>, required: Bool = false) -> String? {
        guard let value = take(name, required: required) else { return nil }
        guard case .string(let text) = value else { return wrongType(name, "A string", value) }
        if text.utf8.count > byteCount.upperBound {
            findings.add(field(name), .tooLong, "At most \(byteCount.upperBound) bytes are allowed.")
            return nil
        }
        guard text.utf8.count >= byteCount.lowerBound else {
            findings.add(field(name), .value, "At least \(byteCount.lowerBound) bytes are needed.")
            return nil
        }
        return text
    }

    /// What people read: something, without control characters.
    func name(_ name: String, required: Bool = false) -> String? {
        guard let text = text(name, byteCount: 1...200, required: required) else { return nil }
        let isVisible = text.unicodeScalars.contains { $0.properties.generalCategory != .spaceSeparator }
        let isClean = text.unicodeScalars.allSatisfy {
            $0.properties.generalCategory != .control && $0.properties.generalCategory != .format
        }
        if isVisible, isClean { return text }
        findings.add(field(name), .value, "A name has something to read in it, and no control characters.")
        return nil
    }

    func integer(_ name: String, in range: ClosedRange<Int64>, required: Bool = false) -> Int64? {
        guard let value = take(name, required: required) else { return nil }
        guard case .integer(let number) = value else { return wrongType(name, "A whole number", value) }
        if range.contains(number) { return number }
        findings.add(field(name), .range, "\(range.lowerBound) to \(range.upperBound) is allowed.")
        return nil
    }

    func choice<Value: CaseIterable & RawRepresentable<String>>(
        _ name: String, of type: Value.Type = Value.self, required: Bool = false
    ) -> Value? {
        guard let value = take(name, required: required) else { return nil }
        guard case .string(let text) = value else { return wrongType(name, "A string", value) }
        if let choice = Value(rawValue: text) { return choice }
        let choices = Value.allCases.map(\.rawValue).joined(separator: ", ")
        findings.add(field(name), .value, "One of \(choices) is allowed.")
        return nil
    }

    func time(_ name: String) -> Timestamp? {
        guard let text = text(name, byteCount: 1...64) else { return nil }
        if let time = Timestamp(rfc3339: text) { return time }
        findings.add(field(name), .value, "A time is written as in RFC 3339: 2026-11-23T19:59:34Z.")
        return nil
    }

    func object(_ name: String, required: Bool = false) -> ObjectReader? {
        take(name, required: required).map { ObjectReader($0, at: field(name), findings) }
    }

    /// The elements with their paths.
    func elements(_ name: String, countMax: Int, required: Bool = false) -> [(path: String, value: JSON)]? {
        guard let value = take(name, required: required) else { return nil }
        guard case .array(let elements) = value else { return wrongType(name, "An array", value) }
        if elements.count > countMax {
            findings.add(field(name), .tooMany, "At most \(countMax) are allowed.")
            return nil
        }
        return elements.enumerated().map { ("\(field(name))[\($0.offset)]", $0.element) }
    }

    /// Strings, of which none occurs twice; `problem` answers what is wrong with one.
    func texts(
        _ name: String, countMax: Int, byteCountMax: Int = 255, required: Bool = false,
        _ problem: (String) -> String?
    ) -> [String]? {
        guard let elements = elements(name, countMax: countMax, required: required) else { return nil }
        var texts: [String] = []
        for (path, value) in elements {
            guard case .string(let text) = value else {
                findings.add(path, .type, "A string is expected, not \(value.kind).")
                continue
            }
            if text.utf8.count > byteCountMax {
                findings.add(path, .tooLong, "At most \(byteCountMax) bytes are allowed.")
            } else if let problem = problem(text) {
                findings.add(path, .value, problem)
            } else if texts.contains(text) {
                findings.add(path, .value, "It stands there twice.")
            } else {
                texts.append(text)
            }
        }
        return texts
    }

    private func wrongType<Value>(_ name: String, _ expected: String, _ value: JSON) -> Value? {
        findings.add(field(name), .type, "\(expected) is expected, not \(value.kind).")
        return nil
    }
}
