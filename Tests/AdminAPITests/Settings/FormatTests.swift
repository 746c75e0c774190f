import Testing

@testable import AdminAPI

@Suite struct FormatTests {
    @Test(
        "Origins are taken as browsers send them",
        arguments: [
            "*", "https://play.example", "http://localhost:3000", "https://a-b.example:8443", "http://127.0.0.1:8080",
            "http://[::1]:8080", "https://[2001:db8::1]", "http://play.example:443",
        ])
    func origins(text: String) { #expect(Origin.problem(with: text) == nil) }

    @Test(
        "Other origins could never match",
        arguments: [
            "", "play.example", "https://", "https://play.example/", "https://play.example/a", "https://Play.example",
            "https://play.example:443", "http://play.example:80", "https://play.example:", "https://play.example:99999",
            "https://play.example:08443", "ftp://play.example", "https://*.example", "https://a..b",
            "https://-a.example",
            "https://u@play.example", "https://play.example?x", "null", "https://[10.0.0.1]", "https://[::1",
        ])
    func noOrigins(text: String) { #expect(Origin.problem(with: text) != nil) }

    @Test("Only addresses of this machine are loopback")
    func loopback() {
        for host in ["127.0.0.1", "127.1.2.3", "localhost", "::1", "[::1]", "::ffff:127.0.0.1"] {
            #expect(AdminConfiguration.isLoopback(host))
        }
        for host in [
            "0.0.0.0", "::", "10.0.0.1", "127.0.0.1.evil.example", "example.com", "127.", "127.0.0.0/8", "::2", "[::]",
        ] {
            #expect(!AdminConfiguration.isLoopback(host), "\(host)")
        }
    }

    @Test("An operator's token has a checksum, and its description does not give it away")
    func token() {
        let token = OperatorToken(random: Array(0..<24))
        #expect(token.text.wholeMatch(of: /lrl_operator_[0-9A-Za-z]{38}/) != nil)
        #expect(OperatorToken(token.text)?.text == token.text)
        #expect(token.matches(token.text))
        #expect(!token.matches(token.text + " "))
        #expect(!"\(token)".contains(token.text.suffix(38)))
        var wrong = Array(token.text)
        wrong[20] = wrong[20] == "A" ? "B" : "A"
        #expect(OperatorToken(String(wrong)) == nil)
        #expect(OperatorToken("lrl_live_" + token.text.suffix(38)) == nil)
        #expect(OperatorToken("") == nil)
    }
}

@Suite struct JSONTests {
    @Test("What is written reads back, whatever is in the text")
    func roundTrip() throws {
        let text = "quote \" backslash \\ line\nend\r\ttab \u{0} \u{1F} \u{7F} \u{2028} é 🏁"
        let json: JSON = [
            "a": .string(text), "b": [1, .null, .boolean(true), .boolean(false), .decimal(1.5)],
            "c": ["d": .integer(Int64.max), "e": .integer(Int64.min)],
        ]
        #expect(JSON(Array(json.description.utf8)) == json)
    }

    @Test(
        "What is no JSON is refused",
        arguments: ["", "{", "{\"a\":}", "nul", "NaN", "{'a':1}", "\u{FEFF}x", "1 2", "/**/1", "01"])
    func noJSON(text: String) { #expect(JSON(Array(text.utf8)) == nil) }

    @Test("Merge patches do as RFC 7396 says", arguments: RFC7396.cases)
    func merging(example: RFC7396.Case) throws {
        let original = try #require(JSON(Array(example.original.utf8)))
        let patch = try #require(JSON(Array(example.patch.utf8)))
        // Read again, which puts the members into the order of their names.
        let merged = JSON(Array(original.merged(with: patch).description.utf8))
        #expect(merged == JSON(Array(example.result.utf8)))
    }

    /// The examples of its appendix A.
    enum RFC7396 {
        struct Case: Sendable {
            var original: String
            var patch: String
            var result: String

            init(_ original: String, _ patch: String, _ result: String) {
                (self.original, self.patch, self.result) = (original, patch, result)
            }
        }

        static let cases = [
            Case(#"{"a":"b"}"#, #"{"a":"c"}"#, #"{"a":"c"}"#),
            Case(#"{"a":"b"}"#, #"{"b":"c"}"#, #"{"a":"b","b":"c"}"#),
            Case(#"{"a":"b"}"#, #"{"a":null}"#, "{}"), Case(#"{"a":"b","b":"c"}"#, #"{"a":null}"#, #"{"b":"c"}"#),
            Case(#"{"a":["b"]}"#, #"{"a":"c"}"#, #"{"a":"c"}"#), Case(#"{"a":"c"}"#, #"{"a":["b"]}"#, #"{"a":["b"]}"#),
            Case(#"{"a":{"b":"c"}}"#, #"{"a":{"b":"d","c":null}}"#, #"{"a":{"b":"d"}}"#),
            Case(#"{"a":[{"b":"c"}]}"#, #"{"a":[1]}"#, #"{"a":[1]}"#),
            Case(#"["a","b"]"#, #"["c","d"]"#, #"["c","d"]"#),
            Case(#"{"a":"b"}"#, #"["c"]"#, #"["c"]"#), Case(#"{"a":"foo"}"#, "null", "null"),
            Case(#"{"e":null}"#, #"{"a":1}"#, #"{"a":1,"e":null}"#),
            Case("[1,2]", #"{"a":"b","c":null}"#, #"{"a":"b"}"#),
            Case("{}", #"{"a":{"bb":{"ccc":null}}}"#, #"{"a":{"bb":{}}}"#),
        ]
    }
}
