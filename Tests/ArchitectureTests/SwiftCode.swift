/// A Swift source without its comments and string literals, so that words in them are not taken for code.
struct SwiftCode {
    let text: String

    init(_ source: String) {
        var stripper = Stripper(source)
        text = stripper.run()
    }

    /// The modules that the file imports, in order.
    var imports: [String] {
        text.matches(of: /(?m)^ *(?:(?:@\w+|\w+) +)*import +(?:[a-z]+ +)?([A-Z]\w*)/).map { String($0.1) }
    }

    /// The types that the file declares, nested ones as well.
    var declaredTypes: [String] {
        text.matches(of: /\b(?:struct|class|enum|actor|protocol|typealias)[ \t]+([A-Z]\w*)/).map { String($0.1) }
    }
}

/// Leaves line ends where they are and keeps a literal's quotes.
private struct Stripper {
    private let characters: [Character]
    private var index = 0
    private var output = ""

    init(_ source: String) { characters = Array(source) }

    mutating func run() -> String {
        while index < characters.count {
            if starts("//") {
                skip { $0.isNewline }
            } else if starts("/*") {
                skipBlockComment()
            } else if let hashes = stringStart() {
                skipString(hashes: hashes)
            } else {
                output.append(characters[index])
                index += 1
            }
        }
        return output
    }

    private func starts(_ word: String, at offset: Int = 0) -> Bool {
        let start = index + offset
        return start + word.count <= characters.count && characters[start..<start + word.count].elementsEqual(word)
    }

    private mutating func skip(until isEnd: (Character) -> Bool) {
        while index < characters.count, !isEnd(characters[index]) { index += 1 }
    }

    private mutating func skipBlockComment() {
        var depth = 0
        repeat {
            if starts("/*") {
                depth += 1
                index += 2
            } else if starts("*/") {
                depth -= 1
                index += 2
            } else {
                if characters[index].isNewline { output.append("\n") }
                index += 1
            }
        } while depth > 0 && index < characters.count
    }

    /// How many hash signs stand before the quote, if a string literal begins here.
    private func stringStart() -> Int? {
        var hashes = 0
        while starts("#", at: hashes) { hashes += 1 }
        return starts("\"", at: hashes) ? hashes : nil
    }

    private mutating func skipString(hashes: Int) {
        index += hashes
        let isMultiline = starts("\"\"\"")
        let quotes = isMultiline ? "\"\"\"" : "\""
        let end = quotes + String(repeating: "#", count: hashes)
        let escape = "\\" + String(repeating: "#", count: hashes)
        output += "\""
        index += quotes.count
        while index < characters.count, !starts(end) {
            if starts(escape) { index += escape.count }
            // A literal that does not end on its line is none: a quote in a regex, say.
            guard index < characters.count, isMultiline || !characters[index].isNewline else { return }
            if characters[index].isNewline { output.append("\n") }
            index += 1
        }
        output += "\""
        index += end.count
    }
}
