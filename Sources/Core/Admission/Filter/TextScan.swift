/// A folded text with what the rules need to look around in it. A rule is a function that gives the place of its first
/// match; each is in an extension of its kind, in `Rules`.
///
/// Linear: a rule starts from bytes that trigger it and looks at a bounded number of bytes from there, or over one run of
/// blanks, which belongs to one trigger.
struct TextScan {
    /// How far a rule looks for what closes something.
    static let lookahead = 128

    let bytes: [UInt8]

    /// 0 outside of the text.
    func byte(_ index: Int) -> UInt8 { bytes.indices.contains(index) ? bytes[index] : 0 }

    func has(_ character: Unicode.Scalar, _ index: Int) -> Bool { byte(index) == UInt8(ascii: character) }

    func has(_ word: [UInt8], _ index: Int) -> Bool {
        guard index >= 0, index + word.count <= bytes.count else { return false }
        for offset in word.indices where bytes[index + offset] != word[offset] { return false }
        return true
    }

    /// Whether a word can begin or end here: on one side or the other is no letter, digit or underscore.
    func isBoundary(_ index: Int) -> Bool { !byte(index - 1).isWord || !byte(index).isWord }

    /// Behind spaces, tabs, line breaks, plus signs (spaces of a query) and short comments of SQL.
    func skipBlanks(_ index: Int) -> Int {
        var index = index
        while true {
            if byte(index).isBlank || has("+", index) {
                index += 1
            } else if has("/", index), has("*", index + 1), let end = commentEnd(index + 2) {
                index = end
            } else {
                return index
            }
        }
    }

    private func commentEnd(_ index: Int) -> Int? {
        var end = index
        while end < min(bytes.count, index + 32) {
            if has("*", end), has("/", end + 1) { return end + 2 }
            end += 1
        }
        return nil
    }

    /// Behind letters, digits and underscores; at most `lookahead` of them.
    func skipWord(_ index: Int) -> Int {
        var end = index
        while byte(end).isWord, end < index + Self.lookahead { end += 1 }
        return end
    }

    /// The place of `closing` within the lookahead.
    func closing(_ closing: [UInt8], after index: Int) -> Int? {
        (index..<index + Self.lookahead).first { has(closing, $0) }
    }

    func first(_ character: Unicode.Scalar, where isMatch: (Int) -> Bool) -> Int? {
        let trigger = UInt8(ascii: character)
        return bytes.indices.first { bytes[$0] == trigger && isMatch($0) }
    }
}

extension UInt8 {
    var isBlank: Bool { self == 0x20 || 0x09...0x0D ~= self }
    var isQuote: Bool { self == UInt8(ascii: "'") || self == UInt8(ascii: "\"") }
}

/// Words by their first byte, so that most places of a text are passed by with one look.
struct Keywords: Sendable {
    private var byFirst: [[[UInt8]]]

    /// - Parameter words: in lower case, separated by spaces
    init(_ words: String) { self.init(words.split(separator: " ").map(String.init)) }

    init(_ words: [String]) {
        byFirst = Array(repeating: [], count: 256)
        for word in words.map({ Array($0.utf8) }) { byFirst[Int(word[0])].append(word) }
        // The longest first: "onmouseover" before "onmouse".
        for first in byFirst.indices { byFirst[first].sort { $0.count > $1.count } }
    }

    /// The end of the longest word that stands at `index`.
    func end(in text: TextScan, at index: Int) -> Int? {
        for word in byFirst[Int(text.byte(index))] where text.has(word, index) { return index + word.count }
        return nil
    }

    /// The same, if it is not part of a longer word.
    func wordEnd(in text: TextScan, at index: Int) -> Int? {
        guard text.isBoundary(index) else { return nil }
        for word in byFirst[Int(text.byte(index))] where text.has(word, index) && text.isBoundary(index + word.count) {
            return index + word.count
        }
        return nil
    }

    /// The first place at which one of them stands.
    func first(in text: TextScan, where isMatch: (_ start: Int, _ end: Int) -> Bool = { _, _ in true }) -> Int? {
        text.bytes.indices.first { index in
            guard let end = end(in: text, at: index) else { return false }
            return isMatch(index, end)
        }
    }
}
