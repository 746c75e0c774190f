import Admission
import TestSupport
import Testing

@Suite("Request filter")
struct RequestFilterTests {
    @Test("a verdict says where, in bytes of the text as it was given")
    func offsets() {
        func offset(_ text: String, _ rule: FilterRule, as field: FilterField = .user) -> Int? {
            RequestFilter.all.verdict(on: text, as: field).matches.first { $0.rule == rule }?.offset
        }
        #expect(offset("abc ../x", .pathTraversal) == 4)
        #expect(offset("äöü ../x", .pathTraversal) == 7)
        #expect(offset("%41%42 %2e%2e/x", .pathTraversal) == 7)
        #expect(offset("ab\u{202E}", .bidirectionalOverride) == 2)
        #expect(offset("x%0d%0aHost: y", .headerInjection) == 4)
        #expect(offset(#"{"a":"xy","b":"x<script>"}"#, .activeMarkup, as: .metadata) == 16)
        #expect(offset(#"{"a":"\u003cscript>"}"#, .activeMarkup, as: .metadata) == 6)
        #expect(offset("x" + String(repeating: "a", count: 200), .repetition) == 1)
    }

    @Test("strings of metadata are read as what they mean, their names as well, even in JSON that is none")
    func metadata() {
        func rules(_ json: String) -> [FilterRule] { RequestFilter.all.rules(met: json, as: .metadata) }
        #expect(rules(#"{"..\/..\/x":1}"#) == [.pathTraversal])
        #expect(rules(#"{"a":"\u0000"}"#) == [.controlCharacter])
        #expect(rules(#"{"a":"\u202e"}"#) == [.bidirectionalOverride])
        #expect(rules(#"{"a":"\\..\\..\\x"}"#) == [.pathTraversal])
        #expect(rules(#"{"a":"' or '1'='1"#) == [.sqlBreakout])
        #expect(rules(#"{"a":"\u"#) == [] && rules(#"{"a":"\"#) == [] && rules(#"{"a":"\ud800\u12"#) == [])
        #expect(rules(#"{"a":"x\r\nSet-Cookie: y"}"#) == [], "metadata has lines, and goes into no header")
    }

    @Test("metadata of plain strings is passed over, and one that is not plain is found behind them")
    func plainMetadata() {
        func rules(_ metadata: String) -> [FilterRule] { RequestFilter.all.rules(met: metadata, as: .metadata) }
        #expect(rules(#"{"team":"CLE","levels":[1,{"best-of":"7"}],"x":null}"#).isEmpty)
        #expect(rules(#"{"team":"\u003cscript>","x":"CLE"}"#) == [.activeMarkup])
        #expect(rules(#"{"team":"CLE","x":"<script>"}"#) == [.activeMarkup])
        #expect(rules(#"{"team":"\"","<script>":"CLE"}"#) == [.activeMarkup])
        let repeated = String(repeating: "a", count: 128)
        #expect(rules(#"{"x":"\#(repeated.dropLast())"}"#).isEmpty)
        #expect(rules(#"{"x":"\#(repeated)"}"#) == [.repetition])
    }

    @Test("the score is that of the worst text, and a rule counts once in it")
    func score() {
        var verdict = FilterVerdict()
        RequestFilter.all.inspect("<b>a</b> <b>b</b>", as: .user, item: 3, into: &verdict)
        #expect(verdict.score == 3)
        RequestFilter.all.inspect("${x} <i>", as: .user, item: 4, into: &verdict)
        RequestFilter.all.inspect("${x}", as: .leaderboard, item: 5, into: &verdict)
        #expect(verdict.score == 5)
        #expect(verdict.matches.map(\.item) == [3, 4, 4, 5])
        #expect(verdict.matches.map(\.field) == [.user, .user, .user, .leaderboard])
    }

    @Test("off looks at nothing, detect reports, block refuses, each from the threshold on")
    func modes() {
        func action(_ mode: FilterPolicy.Mode, _ threshold: Int, _ text: String) -> FilterVerdict.Action {
            let policy = FilterPolicy(mode: mode, threshold: threshold)
            return RequestFilter(policy).verdict(on: text).action(under: policy)
        }
        #expect(action(.off, 1, "../x") == .pass)
        #expect(action(.detect, 5, "../x") == .report)
        #expect(action(.block, 5, "../x") == .refuse)
        #expect(action(.block, 6, "../x") == .pass)
        #expect(action(.block, 3, "<b>") == .refuse)
        #expect(action(.block, 1, "ann") == .pass)
        #expect(RequestFilter(FilterPolicy(mode: .off)).verdict(on: "../x") == FilterVerdict())
        #expect(FilterPolicy(threshold: 0).threshold == 1 && FilterPolicy(threshold: 500).threshold == 100)
        #expect(FilterPolicy().mode == .detect && FilterPolicy().threshold == 5)
    }

    @Test("rules are switched one by one")
    func switches() {
        var rules = FilterRuleSet.all
        #expect(FilterRule.allCases.allSatisfy(rules.contains))
        rules.remove(.lineBreak)
        #expect(FilterRule.allCases.filter { !rules.contains($0) } == [.lineBreak])
        rules.insert(.lineBreak)
        #expect(rules == .all)
        let only = RequestFilter(FilterPolicy(mode: .block, rules: [.shellCommand]))
        #expect(only.rules(met: "../x; rm -rf /") == [.shellCommand])
    }

    @Test("16 matches are listed, and more are counted")
    func most() {
        var verdict = FilterVerdict()
        for item in 0..<20 { RequestFilter.all.inspect("../x", as: .user, item: item, into: &verdict) }
        #expect(verdict.matches.count == FilterVerdict.matchCountMax && verdict.unlistedCount == 4)
        #expect(verdict.score == 5)
    }

    @Test("a text of 1 MiB is read, a longer one is not")
    func longest() {
        let filter = RequestFilter(FilterPolicy(mode: .block, rules: [.hugeText, .controlCharacter]))
        let text = [UInt8](repeating: 0, count: RequestFilter.textByteCountMax)
        #expect(filter.verdict(on: text).matches.map(\.rule) == [.controlCharacter])
        #expect(filter.verdict(on: text + [0]).matches.map(\.rule) == [.hugeText])
    }

    @Test("whatever the pieces of attacks are put together to, verdicts are sound", arguments: 0..<4)
    func madeUp(seed: Int) {
        var random = SplitMix64(seed: UInt64(seed))
        let pieces =
            FilterRuleTests.attacks.flatMap(\.1).filter { $0.utf8.count < 60 }.map { Array($0.utf8) }
            + (0..<40).map { _ in [UInt8(truncatingIfNeeded: random.next())] }
            + ["%", "%2", "\\u", "\"", "'", "((("].map { Array($0.utf8) }
        for _ in 0..<1500 {
            let text = (0..<random.below(8)).flatMap { _ in
                let piece = random.pick(pieces)
                return random.chance(3) ? Array(piece.prefix(random.below(piece.count + 1))) : piece
            }
            let field = random.pick(FilterField.allCases)
            let verdict = RequestFilter.all.verdict(on: text, as: field)
            #expect(verdict == RequestFilter.all.verdict(on: text, as: field))
            for match in verdict.matches { #expect(match.offset < max(1, text.count) && match.field == field) }
            #expect(verdict.matches.isEmpty == (verdict.score == 0))
        }
    }

    @Test(
        "texts that send rules back and forth are read to the end",
        arguments: [
            "'", "' or ", "; ", "${", "{{", "../", "<", "<a ", "`", "|", "union select ", "/*", "'/**/", "%25",
            "\u{301}", "\n", "')", "1 or ",
        ])
    func hostile(piece: String) {
        let text = String(repeating: piece, count: 20_000 / piece.utf8.count)
        #expect(RequestFilter.all.verdict(on: text).score > 0)
    }
}
