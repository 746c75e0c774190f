import Foundation
import Testing

@testable import ParserProperties

/// Plays the fuzzer's inputs again, those it started from and those that once showed a defect.
@Suite("The fuzzer's corpus")
struct CorpusTests {
    @Test("Of no input in it is any property violated")
    func corpus() throws {
        let names = try FileManager.default.contentsOfDirectory(atPath: Self.folder.path).sorted()
        #expect(names.count > 50)
        for name in names {
            let input = try Data(contentsOf: Self.folder.appending(path: name))
            // Every way to cut it that the fuzzer may come to, and not only its own.
            for seed in UInt8(0)...15 {
                let changed = Array(input.prefix(1)) + [seed] + input.dropFirst(2)
                let violation = ParserProperties.violation(of: changed)
                #expect(violation == nil, "\(name), cut by seed \(seed)")
            }
        }
    }

    @Test("Every choice of parser, limits and authentication is in it")
    func choices() throws {
        let names = try FileManager.default.contentsOfDirectory(atPath: Self.folder.path)
        let first = try names.compactMap { try Data(contentsOf: Self.folder.appending(path: $0)).first }
        #expect(Set(first).isSuperset(of: [0, 1, 2, 3, 4, 8]))
    }

    @Test("Canary: pieces that are not the whole are found out", arguments: [":17\r\n", "ZADD a 17 b\r\n"])
    func canary(text: String) {
        let bytes = Array(text.utf8)
        func violation(_ pieces: [ArraySlice<UInt8>]) -> String? {
            text.hasPrefix(":")
                ? ParserProperties.violationOfReplies(bytes, in: pieces, [])
                : ParserProperties.violationOfCommands(bytes, in: pieces, [])
        }
        #expect(violation([bytes[..<2], bytes[2...]]) == nil)
        #expect(violation([bytes[..<2], bytes[3...]]) != nil)
        #expect(violation([bytes[..<2]]) != nil)
    }

    private static let folder = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../Fuzzing/Corpus").standardized
}
