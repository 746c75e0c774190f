import Testing

@testable import RedisFrontend

@Suite("Glob patterns")
struct GlobPatternTests {
    @Test(
        "Patterns match as in Redis",
        arguments: [
            ("*", "", true), ("", "", true), ("**", "", false), ("?", "", false), ("", "a", false),
            ("h?llo", "hello", true), ("h?llo", "hllo", false), ("h*llo", "heeeello", true), ("*llo", "hello", true),
            ("he*", "he", true), ("*a*b*", "xxaxxbxx", true), ("*a*b*", "xxbxxaxx", false),
            ("h[ae]llo", "hallo", true), ("h[ae]llo", "hillo", false), ("h[^e]llo", "hallo", true),
            ("h[^e]llo", "hello", false), ("h[a-c]llo", "hbllo", true), ("h[c-a]llo", "hbllo", true),
            ("[a-]", "b", false), ("[a-]x", "]", true), ("[", "[", false), ("[^", "a", true), ("[ab", "b", true),
            ("[]a]", "]", false), ("[^]a", "xa", true), ("[\\]]", "]", true), ("\\*", "*", true), ("\\*", "a", false),
            ("a\\", "a\\", true), ("H", "h", false), ("a\0b", "a\0b", true), ("a", "a\0", false),
        ] as [(Argument, Argument, Bool)])
    func examples(pattern: Argument, text: Argument, isMatch: Bool) {
        #expect(GlobPattern(pattern).matches(text) == isMatch)
    }

    @Test("Bytes from 0x80 on come before the others in a range, as signed chars do")
    func signedRange() {
        func matches(_ first: UInt8, _ last: UInt8, _ byte: UInt8) -> Bool {
            GlobPattern([0x5B, first, 0x2D, last, 0x5D]).matches([byte])
        }
        #expect(matches(0x80, 0xFF, 0x90))
        #expect(matches(0x7F, 0x80, 0x41))
        #expect(!matches(0x61, 0xFF, 0x7A))
    }

    @Test("Many stars do not make it exponential")
    func manyStars() {
        let pattern = Array(repeating: "a*", count: 500).joined() + "b"
        let text = String(repeating: "a", count: 2000)
        #expect(!GlobPattern(Argument(stringLiteral: pattern)).matches(Argument(stringLiteral: text)))
        #expect(GlobPattern(Argument(stringLiteral: pattern)).matches(Argument(stringLiteral: text + "b")))
    }

    @Test("It agrees with a matcher that tries everything", arguments: 1...20 as ClosedRange<UInt64>)
    func twin(seed: UInt64) {
        var random = SplitMix(state: seed)
        for _ in 0..<2000 {
            let pattern = (0..<Int.random(in: 0...7, using: &random)).map { _ in
                "ab*?".utf8.randomElement(using: &random)!
            }
            let text = (0..<Int.random(in: 1...7, using: &random)).map { _ in "abc".utf8.randomElement(using: &random)!
            }
            let isMatch = GlobPattern(pattern[...]).matches(text[...])
            #expect(isMatch == triesEverything(pattern[...], text[...]), "pattern \(pattern), text \(text)")
        }
    }

    private func triesEverything(_ pattern: Argument, _ text: Argument) -> Bool {
        guard let first = pattern.first else { return text.isEmpty }
        let rest = pattern.dropFirst()
        if first == UInt8(ascii: "*") {
            return (text.startIndex...text.endIndex).contains { triesEverything(rest, text[$0...]) }
        }
        guard let byte = text.first, first == byte || first == UInt8(ascii: "?") else { return false }
        return triesEverything(rest, text.dropFirst())
    }
}
