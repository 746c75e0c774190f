import Admission
import Testing

/// What each rule must find.
@Suite("Filter rules")
struct FilterRuleTests {
    static let attacks: [(FilterRule, [String])] = [
        (
            .pathTraversal,
            [
                "../x", "..\\..\\x", "a/../b", "/static/..", "%2e%2e%2fx", "..%2Fx", "%252e%252e%252fx", "x=../../y",
                "..;/manager",
                "....//x", "\"../x", "\\..\\x",
            ]
        ),
        (
            .sensitivePath,
            [
                "/etc/passwd", "/ETC/shadow", "file:///etc/hosts", "C:\\Windows\\win.ini", "/proc/self/environ",
                "/.git/config", "cmd.exe /c dir",
            ]
        ),
        (
            .sqlStatement,
            [
                "Robert'); DROP TABLE", "Robert'); DROP TABLE students;--", "1; delete from users",
                "1;INSERT/**/INTO x", "1; update users set a=1",
                "x' union select 1,2", "1 UNION ALL SELECT null", "1+union+select+password+from+users",
                "union/**/select @@version",
                "union distinct select(1)", "'; exec xp_dirtree", "1'; waitfor delay '0:0:5'",
                "; select name from users",
            ]
        ),
        (
            .sqlBreakout,
            [
                "' or '1'='1", "' OR 1=1--", "\" or \"\"=\"", "admin'--", "admin' -- -", "admin'#", "admin'/*",
                "1 or 1=1", "x') or ('a'='a",
                "' or name like 'a", "' and exists(select", "' || 1=1", "1) or 2>1", "%27%20or%201%3d1", "'or'1'='1",
                "' or id is null",
            ]
        ),
        (
            .sqlFunction,
            [
                "1 and sleep(5)", "benchmark(1000000,md5(1))", "pg_sleep(3)", "load_file('/x')", "xp_cmdshell",
                "INFORMATION_SCHEMA.tables",
                "x into outfile '/tmp/y'", "/*!50000 select*/", "@@version",
            ]
        ),
        (
            .activeMarkup,
            [
                "<script>alert(1)</script>", "<SCRIPT src=//x>", "</script >", "<img src=x>", "<svg/onload=alert(1)>",
                "<iframe", "<a><body ",
                "<!-- x", "<!DOCTYPE html>", "<?php echo 1", "%3Cscript%3E", "%253cscript>", "<img/src=x>",
                "<link href=x>",
            ]
        ),
        (
            .eventHandler,
            ["x onerror=alert(1)", "\"onmouseover=\"x", "x\tonLoad = y", "'/onfocus=x", "x onpointerenter=y"]
        ),
        (.scriptAddress, ["javascript:alert(1)", "JavaScript:x", "vbscript:x", "data:text/html,x"]),
        (.formattingMarkup, ["<b>x</b>", "<br/>", "</i>", "<font color=red>", "<a href=x>"]),
        (.lineBreak, ["a\nb", "a\rb", "a%0ab", "a\u{85}b", "a\u{2028}b", "a\u{2029}b", "a\n"]),
        (
            .headerInjection,
            [
                "x\r\nSet-Cookie: a=b", "x%0d%0aLocation: y", "x\nX-Evil: 1", "x\r\nHTTP/1.1 200 OK",
                "x\u{2028}content-type:y",
            ]
        ),
        (.logForgery, ["x\n2026-11-25 login", "x\n[info] y", "x\nERROR y", "x\r\n{\"level\":1", "x%0alevel=info"]),
        (.controlCharacter, ["a\0b", "a%00b", "\u{1B}[31m", "a\u{7F}", "a\u{9B}31m", "\u{8}"]),
        (.bidirectionalOverride, ["ab\u{202E}cd", "\u{202D}x"]),
        (.bidirectionalControl, ["\u{202B}x", "\u{2066}x\u{2069}"]),
        (
            .invisibleCharacter,
            [
                "ad\u{200B}min", "\u{FEFF}ann", "a\u{AD}b", "\u{3164}", "a\u{2060}b", "x\u{E0041}", "a\u{FE0F}\u{FE0E}",
                "x\u{200D}\u{200D}y",
                "\u{200D}x", "\u{115F}", "a\u{E0101}\u{E0102}\u{E0103}",
            ]
        ),
        (.stackedMarks, ["e" + String(repeating: "\u{301}", count: 7)]),
        (
            .logLookup,
            [
                "${jndi:ldap://x/a}", "${${lower:j}ndi:x}", "${env:HOME}", "%24%7bjndi:x", "${::-j}",
                "${${::-j}${::-n}di}",
            ]
        ),
        (
            .templateExpression,
            [
                "{{7*7}}", "{{ config.items() }}", "${T(java.lang.Runtime)}", "#{x.y()}", "<%= 7 %>", "{% import os %}",
                "{{''.__class__}}",
                "{{a['b']}}", "*{T(x)}", "{{7*'7'}}", "{%- if x %}",
            ]
        ),
        (.templateMarker, ["${name}", "#{user.name}"]),
        (
            .shellCommand,
            [
                "; rm -rf /", "x|cat /etc/x", "x && curl http://y", "$(id)", "`whoami`", "x; sleep 5", "|| ping -c 1 x",
                "x;ls", "$( wget x )",
                "; bash -i", "x|nc -e", "; cat ../x", "; cat $HOME", "%3B%20cat%20/x",
            ]
        ),
        (.repetition, [String(repeating: "a", count: 128), String(repeating: "spam ", count: 40)]),
        (
            .hugeRepetition,
            [String(repeating: "\u{1F600}", count: 300), String(repeating: "0123456789abcdef", count: 70)]
        ),
        (.hugeText, [String(repeating: "ab1", count: 350_000)]),
    ]

    @Test("each rule finds what it is for", arguments: attacks)
    func attack(rule: FilterRule, texts: [String]) {
        for text in texts {
            #expect(RequestFilter.all.rules(met: text).contains(rule), "\(text.debugDescription.prefix(100))")
            var without = FilterPolicy(mode: .block)
            without.rules.remove(rule)
            let rules = RequestFilter(without).rules(met: text)
            #expect(!rules.contains(rule), "switched off")
        }
    }

    @Test("every rule is tried, here or with bytes that are no text")
    func complete() {
        #expect(Set(Self.attacks.map(\.0)).union([.malformedText]) == Set(FilterRule.allCases))
    }

    @Test(
        "bytes that are no UTF-8 are found, wherever they stand",
        arguments: [
            [0xC0, 0xAE], [0x61, 0xFF], [0xE2, 0x82], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xE0, 0x80, 0xAF],
            [0x80],
            [0xF0, 0x80, 0x80, 0xAF], [0xC3, 0x28],
        ] as [[UInt8]])
    func malformed(bytes: [UInt8]) {
        let verdict = RequestFilter.all.verdict(on: Array("ab".utf8) + bytes)
        #expect(verdict.matches.contains { $0.rule == .malformedText && $0.offset >= 2 })
        #expect(String(validating: bytes, as: UTF8.self) == nil)
    }

    @Test("ids stay what they are: settings and dashboards have them")
    func ids() {
        let ids = FilterRule.allCases.map(\.id)
        #expect(
            ids == [
                "path-traversal", "sensitive-path", "sql-statement", "sql-breakout", "sql-function", "active-markup",
                "event-handler", "script-address", "formatting-markup", "line-break", "header-injection", "log-forgery",
                "control-character", "bidi-override", "bidi-control", "invisible-character", "stacked-marks",
                "malformed-text",
                "log-lookup", "template-expression", "template-marker", "shell-command", "repetition",
                "huge-repetition",
                "huge-text",
            ])
        for rule in FilterRule.allCases {
            #expect(FilterRule(id: rule.id) == rule)
            #expect(!rule.title.isEmpty && 2...5 ~= rule.score)
        }
        #expect(FilterRule(id: "no-such-rule") == nil)
    }
}
