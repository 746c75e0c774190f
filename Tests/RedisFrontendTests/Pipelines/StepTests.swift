import NIOCore
import Testing

@testable import RESP
@testable import RedisFrontend

/// Which commands are direct, and what is understood of them.
@Suite("Direct commands")
struct StepTests {
    private func step(_ words: [String]) -> Step? {
        withStep(words) { step, _ in step }
    }

    @discardableResult
    private func withStep<Result>(_ words: [String], _ body: (Step, (ArgumentRange) -> String) -> Result) -> Result? {
        var (bytes, ranges) = ([UInt8](), [ArgumentRange]())
        for word in words {
            bytes += Array("xx".utf8)
            ranges.append(ArgumentRange(start: bytes.count, count: word.utf8.count))
            bytes += Array(word.utf8)
        }
        return bytes.withUnsafeBytes { bytes in
            ranges.withUnsafeBufferPointer { ranges in
                guard let (step, key) = Step.parse(ranges, in: bytes) else { return nil }
                let text = { (range: ArgumentRange) in String(decoding: bytes[range.range], as: UTF8.self) }
                #expect(text(key) == words[1])
                return body(step, text)
            }
        }
    }

    /// Every way to write a word in small and capital letters, or a thousand of them.
    private func casings(_ word: String) -> [String] {
        let letters = Array(word.lowercased())
        return (0..<min(1 << letters.count, 1024)).map { mask in
            String(
                letters.indices.map { index in
                    mask >> index & 1 == 1 ? Character(letters[index].uppercased()) : letters[index]
                })
        }
    }

    @Test("each is known in any letter case")
    func letterCases() {
        for name in casings("zadd") { #expect(step([name, "k", "1.5", "m"])?.kind == .add) }
        for name in casings("zincrby") { #expect(step([name, "k", "-inf", "m"])?.kind == .increment) }
        for name in casings("zscore") { #expect(step([name, "k", "m"])?.kind == .score) }
        for name in casings("zcard") { #expect(step([name, "k"])?.kind == .count) }
        for (word, isReversed) in [("zrank", false), ("zrevrank", true)] {
            for name in casings(word) {
                let step = step([name, "k", "m"])
                #expect(step?.kind == .rank && step?.isReversed == isReversed, "\(name)")
            }
        }
        for (word, isReversed) in [("zrange", false), ("zrevrange", true)] {
            for name in casings(word) {
                let step = step([name, "k", "0", "-1"])
                #expect(step?.kind == .range && step?.isReversed == isReversed && step?.withScores == false, "\(name)")
            }
        }
        for option in casings("withscores") {
            #expect(step(["ZREVRANGE", "k", "-3", "7", option])?.withScores == true, "\(option)")
        }
    }

    @Test("what it is about is found where it lies")
    func parts() {
        withStep(["ZADD", "key", "1e3", "ann"]) { step, text in
            #expect(step.score == 1000 && text(step.member) == "ann" && step.isDirectWrite && step.hasMember)
        }
        withStep(["ZINCRBY", "key", "-2.5", "bob"]) { step, text in
            #expect(step.score == -2.5 && text(step.member) == "bob" && step.isDirectWrite && step.hasMember)
        }
        withStep(["ZSCORE", "", ""]) { step, text in
            #expect(text(step.member) == "" && !step.isDirectWrite && step.hasMember)
        }
        withStep(["ZRANGE", "k", "-9223372036854775808", "9223372036854775807"]) { step, _ in
            #expect(step.first == .min && step.last == .max && !step.hasMember)
        }
        #expect(step(["ZADD", "k", "inf", String(repeating: "m", count: 255)]) != nil)
    }

    @Test(
        "anything unusual is left to the full parser",
        arguments: [
            "ZADD", "ZADD k", "ZADD k 1", "ZADD k x m", "ZADD k nan m", "ZADD k 1 m 2", "ZADD k NX 1 m",
            "ZADD k 1e999 m",
            "ZADD k 1 ''", "ZADD k '' m", "ZINCRBY k 1", "ZINCRBY k x m", "ZINCRBY k 1 m n", "ZINCRBY k 1 ''",
            "ZSCORE k",
            "ZSCORE k m n", "ZRANK k m WITHSCORE", "ZRANK k", "ZREVRANK k m n", "ZCARD", "ZCARD k l", "ZRANGE k 0",
            "ZRANGE k 0 x", "ZRANGE k 0 1.0", "ZRANGE k 00 1", "ZRANGE k +0 1", "ZRANGE k -0 1", "ZRANGE k ( 1",
            "ZRANGE k 0 9223372036854775808", "ZRANGE k 0 1 REV", "ZRANGE k 0 1 WITHSCORE", "ZRANGE k 0 1 WITHSCORESX",
            "ZRANGE k 0 1 WITHSCORE3", "ZRANGE k 0 1 REV WITHSCORES", "ZREVRANGE k 0 1 BYLEX", "ZRANGE k 0 1 ''",
            "ZADE k 1 m", "ZREVRANGF k 0 1", "ZREM k m", "ZRANGEX k 0 1", "ZREVRANGEBYSCORE k 1 0", "ZSCAN k 0", "PING",
            "ZSCORF k m", "\u{1A}ADD k 1 m", "ZCAR\u{4} k", "[add k 1 m", "ZADD\0 k 1 m", "'' k 1 m",
        ])
    func unusual(line: String) {
        let words = line.split(separator: " ").map { $0 == "''" ? "" : String($0) }
        #expect(step(words) == nil)
    }

    @Test("a member longer than any is left to the full parser")
    func longMembers() {
        #expect(step(["ZADD", "k", "1", String(repeating: "m", count: 256)]) == nil)
        #expect(step(["ZINCRBY", "k", "1", String(repeating: "m", count: 256)]) == nil)
        #expect(step(["ZSCORE", "k", String(repeating: "m", count: 256)]) != nil, "no set has it")
    }
}
