import Testing

@testable import RESP

/// Each line was sent to redis-server 7.0.15, which answered the same.
@Suite("Inline commands")
struct InlineCommandTests {
    @Test(
        "A line is split as Redis splits it",
        arguments: [
            ("ECHO \"a\\x41\\n\\r\\t\\b\\a\\q\\\"\\\\z\"", ["ECHO", "aA\n\r\t\u{8}\u{7}q\"\\z"]),
            ("ECHO 'a\\'b\\n'", ["ECHO", "a'b\\n"]),
            ("ECHO fo\"o b\"", ["ECHO", "foo b"]),
            ("ECHO a\u{B}b", ["ECHO", "a\u{B}b"]),
            ("ECHO \u{B}\u{C}a", ["ECHO", "a"]),
            ("ECHO a\\x41", ["ECHO", "a\\x41"]),
            ("ECHO \"\" ''", ["ECHO", "", ""]),
            ("ECHO \"\\xZZ\\x4\"", ["ECHO", "xZZx4"]),
            ("ECHO a\rb", ["ECHO", "a", "b"]),
            ("ECHO \"a\rb\"", ["ECHO", "a\rb"]),
            ("ECHO a\r", ["ECHO", "a"]),
            ("\"ECHO\"\u{B}x", ["ECHO", "x"]),
            ("ECHO \"x\"\u{C}", ["ECHO", "x"]),
            (" *1", ["*1"]),
        ])
    func splitting(line: String, expected: [String]) {
        #expect(parse(line + "\r\n") == parse([multibulk(expected.map { Array($0.utf8) })]))
        #expect(parse(line + "\n") == parse(line + "\r\n"))
    }

    @Test("An escape may give a byte that is no UTF-8")
    func rawBytes() {
        #expect(parse("ECHO \"\\xFf\"\r\n").commands == [[Array("ECHO".utf8), [0xFF]]])
    }

    @Test(
        "Quotes must close, and close an argument",
        arguments: [
            "ECHO \"abc", "ECHO \"a\"b", "ECHO 'a", "ECHO 'a'b", "ECHO \"a\\", "ECHO \"a\\\"", "ECHO 'a\\'",
            "ECHO a\"b\"'c'", "\"", "'",
        ])
    func unbalanced(line: String) {
        #expect(parse(line + "\r\n").error == .unbalancedQuotes)
    }
}
