import Yams

/// What is wrong in a file, and where. All of it is reported, so that a file is mended in one go.
package struct FileProblem: Hashable, Sendable, CustomStringConvertible {
    package var line: Int
    package var place: String
    package var message: String

    package var description: String { "line \(line): \(place.isEmpty ? "" : place + ": ")\(message)" }
}

package struct FileProblems: Error, Hashable, CustomStringConvertible {
    package var file: String
    package var problems: [FileProblem]

    package var description: String { problems.map { "\(file): \($0)" }.joined(separator: "\n") }
}

/// Reads the fields of one YAML mapping, and remembers what was wrong instead of stopping at it.
struct FieldReader {
    private(set) var problems: [FileProblem] = []
    private let place: String
    private let line: Int
    private var fields: [(key: String, line: Int, node: Node)] = []
    private var known: Set<String> = []

    init(_ node: Node, place: String = "") {
        self.place = place
        line = node.mark?.line ?? 1
        guard case .mapping(let mapping) = node else {
            problems.append(FileProblem(line: line, place: place, message: "must be a mapping of keys to values"))
            return
        }
        for (key, value) in mapping {
            let name = key.string ?? "?"
            let line = key.mark?.line ?? line
            if fields.contains(where: { $0.key == name }) {
                problems.append(FileProblem(line: line, place: path(name), message: "stands there twice"))
            }
            fields.append((name, line, value))
        }
    }

    /// The mapping at the top of a file.
    static func top(of text: String) -> (reader: FieldReader?, problems: [FileProblem]) {
        do {
            guard let node = try Yams.compose(yaml: text) else {
                return (nil, [FileProblem(line: 1, place: "", message: "the file is empty")])
            }
            return (FieldReader(node), [])
        } catch {
            let line: Int =
                switch error as? YamlError {
                case .scanner(_, _, let mark, _), .parser(_, _, let mark, _), .composer(_, _, let mark, _): mark.line
                case .duplicatedKeysInMapping(_, let context): context.mark.line
                default: 1
                }
            return (nil, [FileProblem(line: line, place: "", message: "is no YAML: \(error)".firstLine)])
        }
    }

    func has(_ key: String) -> Bool { fields.contains { $0.key == key } }

    mutating func note(_ key: String, _ message: String) {
        let line = fields.first { $0.key == key }?.line ?? line
        problems.append(FileProblem(line: line, place: path(key), message: message))
    }

    mutating func take(_ others: [FileProblem]) { problems += others }

    /// What is left over is a misspelling, and a setting that somebody relies on.
    mutating func finish() {
        for field in fields where !known.contains(field.key) {
            note(field.key, "there is no such key; known are \(known.sorted().joined(separator: ", "))")
        }
        problems.sort { ($0.line, $0.place) < ($1.line, $1.place) }
    }

    mutating func node(_ key: String) -> Node? {
        known.insert(key)
        return fields.first { $0.key == key }?.node
    }

    mutating func text(_ key: String) -> String? {
        guard let node = node(key) else { return nil }
        if case .scalar(let scalar) = node { return scalar.string }
        note(key, "must be text")
        return nil
    }

    mutating func integer(_ key: String, _ range: ClosedRange<Int>) -> Int? {
        guard let text = scalar(key, "must be a whole number") else { return nil }
        guard let value = Int(text.filter { $0 != "_" }) else {
            note(key, "must be a whole number, and is '\(text)'")
            return nil
        }
        guard range.contains(value) else {
            note(key, "must be \(range.lowerBound) to \(range.upperBound), and is \(value)")
            return nil
        }
        return value
    }

    mutating func number(_ key: String, _ range: ClosedRange<Double>) -> Double? {
        guard let text = scalar(key, "must be a number") else { return nil }
        guard let value = Double(text.filter { $0 != "_" }), value.isFinite else {
            note(key, "must be a number, and is '\(text)'")
            return nil
        }
        guard range.contains(value) else {
            note(key, "must be \(plain(range.lowerBound)) to \(plain(range.upperBound)), and is \(plain(value))")
            return nil
        }
        return value
    }

    mutating func flag(_ key: String) -> Bool {
        word(key, of: ["true", "false"]) == "true"
    }

    mutating func word(_ key: String, of words: [String]) -> String? {
        guard let text = scalar(key, "must be a word") else { return nil }
        if words.contains(text) { return text }
        note(key, "must be one of \(words.joined(separator: ", ")), and is '\(text)'")
        return nil
    }

    /// The mappings of a list.
    mutating func mappings(_ key: String, countMax: Int) -> [FieldReader] {
        guard let node = node(key) else { return [] }
        guard case .sequence(let sequence) = node else {
            note(key, "must be a list")
            return []
        }
        if sequence.count > countMax { note(key, "has \(sequence.count) elements; at most \(countMax) are taken") }
        return sequence.prefix(countMax).enumerated().map { FieldReader($1, place: "\(path(key))[\($0)]") }
    }

    mutating func mapping(_ key: String) -> FieldReader? {
        node(key).map { FieldReader($0, place: path(key)) }
    }

    var keys: [String] { fields.map(\.key) }

    private mutating func scalar(_ key: String, _ message: String) -> String? {
        guard let node = node(key) else { return nil }
        if case .scalar(let scalar) = node { return scalar.string }
        note(key, message)
        return nil
    }

    private func path(_ key: String) -> String { place.isEmpty ? key : "\(place).\(key)" }
}

extension String {
    var firstLine: String { split(separator: "\n").first.map(String.init) ?? "" }
}
