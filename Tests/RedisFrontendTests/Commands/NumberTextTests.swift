import Testing

@testable import RedisFrontend

@Suite("Numbers as Redis reads them")
struct NumberTextTests {
    @Test(
        "Integers have one spelling",
        arguments: [
            ("0", 0), ("-1", -1), ("9223372036854775807", Int.max), ("-9223372036854775808", Int.min),
            ("9223372036854775808", nil), ("-9223372036854775809", nil), ("18446744073709551616", nil),
            ("99999999999999999999999", nil), ("", nil), ("-", nil), ("+1", nil), ("01", nil), ("-0", nil),
            (" 1", nil), ("1 ", nil), ("1.0", nil), ("1\0", nil),
        ] as [(Argument, Int?)])
    func integers(text: Argument, value: Int?) { #expect(text.integer == value) }

    @Test(
        "Scores are what strtod reads to the end",
        arguments: [
            ("1", 1), ("-2.5", -2.5), (".5", 0.5), ("5.", 5), ("+5", 5), ("1e5", 1e5), ("0x1p3", 8),
            ("123456789012345", 123_456_789_012_345), ("12345678901234567890", 12_345_678_901_234_567_168),
            ("inf", .infinity), ("-INF", -.infinity), ("Infinity", .infinity), ("1e-300", 1e-300),
            ("4.9e-324", .leastNonzeroMagnitude), ("nan", nil), ("-NaN", nil), ("1e309", nil), ("1e-400", nil),
            ("", nil),
            (" 1", nil),
            ("1 ", nil), ("\t1", nil), ("1\0", nil), ("--5", nil), ("1e", nil), ("1,5", nil), (".", nil), ("a", nil),
        ] as [(Argument, Double?)])
    func doubles(text: Argument, value: Double?) { #expect(text.double == value) }

    @Test("Zero keeps its sign, with and without strtod")
    func negativeZero() {
        for text in ["-0", "-0.0"] as [Argument] { #expect(text.double?.sign == .minus) }
    }

    @Test(
        "Score bounds are read more loosely than scores",
        arguments: [
            ("1", 1, false), ("(1.5", 1.5, true), ("-inf", -.infinity, false), ("(+inf", .infinity, true),
            ("", 0, false), ("(", 0, true), (" 1", 1, false), ("( 1", 1, true), ("1\0z", 1, false),
            ("1e400", .infinity, false),
        ] as [(Argument, Double, Bool)])
    func bounds(text: Argument, score: Double, isExclusive: Bool) throws {
        let bound = try #require(ScoreBound(text))
        #expect(bound.score == score)
        #expect(bound.isExclusive == isExclusive)
    }

    @Test(
        "These are no score bounds", arguments: ["a", "((1", " (1", "[1", "1 ", "nan", "(nan", "-", "1)"] as [Argument])
    func badBounds(text: Argument) { #expect(ScoreBound(text) == nil) }

    @Test(
        "Lex bounds begin with [ or ( or are - or +",
        arguments: [
            ("-", .lowest), ("+", .highest), ("[a", .inclusive("a")), ("(a", .exclusive("a")), ("[", .inclusive("")),
            ("((", .exclusive("(")), ("+\0z", .highest), ("", nil), ("a", nil), ("-a", nil), ("+inf", nil), (" -", nil),
        ] as [(Argument, LexBound?)])
    func lexBounds(text: Argument, bound: LexBound?) { #expect(LexBound(text) == bound) }

    @Test(
        "Cursors are what strtoul reads",
        arguments: [
            ("0", 0), ("", 0), ("007", 7), ("+5", 5), ("-1", .max), ("18446744073709551615", .max), ("5\0x", 5),
            ("18446744073709551616", nil), ("-18446744073709551616", nil), (" 1", nil), ("+", nil), ("1a", nil),
        ] as [(Argument, UInt64?)])
    func cursors(text: Argument, value: UInt64?) { #expect(text.cursor == value) }

    @Test("Ranges hold what lies between their bounds")
    func membership() throws {
        #expect(try [1, 1.5, 2].map(scores("(1", "2").contains) == [false, true, true])
        #expect(try ["a", "aa", "b"].map(lex("(a", "[b").contains) == [false, true, true])
        #expect(try ["a", "\u{7f}"].map(lex("-", "+").contains) == [true, true])
        #expect(try ["", "a"].map(lex("+", "-").contains) == [false, false])
    }
}
