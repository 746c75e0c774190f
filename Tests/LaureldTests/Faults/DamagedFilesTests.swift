import Foundation
import TestSupport
import Testing

extension RealProcess {
    @Suite("Files that were damaged while the node was stopped")
    struct DamagedFilesTests {
        private static let submissionCount = 30

        /// A killed node whose log has each of 30 submissions in a group of its own, and which has no checkpoint.
        private func prepare(_ data: String) throws {
            let laureld = try Laureld(data: data, settings: Laureld.logOnly)
            let client = laureld.client()
            try client.createLeaderboard(#"{"id":"a","columns":[{"name":"points","type":"integer"}]}"#)
            for number in 1...Self.submissionCount { try client.submit("a", "u\(number)", number) }
            try laureld.kill()
        }

        /// Whether exactly the first `count` submissions are there, in their order.
        private func expectScores(_ count: Int, _ laureld: Laureld, _ place: String) throws {
            let scores = try laureld.client().ranking("a").map { Int($0.score) }
            #expect(scores == (1...count).reversed(), "\(place)")
        }

        @Test("A torn last group is dropped with a word, and all before it is there")
        func tornTail() async throws {
            try await TemporaryDirectory.with { directory in
                let original = directory.path + "/original"
                try prepare(original)
                let log = try LogFile(original)
                let last = try #require(log.groups.last { $0.hasRecords })
                var random = SplitMix64(seed: 11)
                // What follows the last byte that is not zero is padding, which a torn write leaves as it was.
                let end = log.bytes[..<(last.offset + last.byteCount)].lastIndex { $0 != 0 }! - last.offset
                for cut in [1, 8, 40, end] + (0..<6).map({ _ in 1 + random.below(end) }) {
                    let data = try copy(original, in: directory)
                    let missing = [UInt8](repeating: 0, count: last.byteCount - cut)
                    try LogFile(data).overwrite(from: last.offset + cut, with: missing)
                    let laureld = try Laureld(data: data, settings: Laureld.logOnly)
                    #expect(laureld.process.output.text.contains("torn tail"), "\(cut) of \(last.byteCount) bytes")
                    try expectScores(Self.submissionCount - 1, laureld, "\(cut) of \(last.byteCount) bytes")
                }
                // One more group was being written when the machine stopped: nothing that was acknowledged is in it.
                for count in [1, 7, 39, 41, end] {
                    let data = try copy(original, in: directory)
                    let torn = log.bytes[last.offset..<(last.offset + count)]
                    try LogFile(data).overwrite(from: last.offset + last.byteCount, with: torn)
                    let laureld = try Laureld(data: data, settings: Laureld.logOnly)
                    try expectScores(Self.submissionCount, laureld, "\(count) bytes of one more")
                    #expect(try laureld.stop() == .exited(0))
                    #expect(try Laureld.verify(data).status == .exited(0))
                }
            }
        }

        @Test("A bit flipped anywhere before the last group of the log is named, and there is no start")
        func logFlips() async throws {
            try await TemporaryDirectory.with { directory in
                let data = directory.path + "/data"
                try prepare(data)
                let log = try LogFile(data)
                let last = try #require(log.groups.last { $0.hasRecords })
                var random = SplitMix64(seed: 12)
                let offsets =
                    (0..<4).map { _ in random.below(64) }
                    + (0..<20).map { _ in 4096 + random.below(last.offset - 4096) }
                for offset in offsets {
                    let bit = random.below(8)
                    try log.overwrite(from: offset, with: [log.bytes[offset] ^ (1 << bit)])
                    let refusal = try Laureld.refusal(data: data, settings: Laureld.logOnly)
                    #expect(refusal?.status == .exited(1), "bit \(bit) of byte \(offset)")
                    #expect(refusal?.text.contains("00000001.log") == true, "\(String(describing: refusal))")
                    let (status, text) = try Laureld.verify(data)
                    #expect(status == .exited(1), "bit \(bit) of byte \(offset)")
                    #expect(text.contains("00000001.log"), "\(text)")
                    // Nothing was changed, so the byte is all that is to be put back.
                    try log.overwrite(from: offset, with: [log.bytes[offset]])
                }
                try expectScores(Self.submissionCount, Laureld(data: data, settings: Laureld.logOnly), "put back")
            }
        }

        @Test("A missing log file is named, and there is no start")
        func missingFile() async throws {
            try await TemporaryDirectory.with { directory in
                let data = directory.path + "/data"
                // Killed before any checkpoint: every file is needed. One that only an older checkpoint still needs is not missed.
                let laureld = try Laureld(data: data, settings: Laureld.logOnly + ["checkpoint-seconds=3600"])
                try enterScores(laureld.client())
                try laureld.kill()
                let first = "00000001.log"
                #expect(FileManager.default.fileExists(atPath: data + "/log/00000002.log"))
                try FileManager.default.moveItem(atPath: data + "/log/" + first, toPath: directory.path + "/" + first)
                let refusal = try #require(try Laureld.refusal(data: data))
                #expect(refusal.text.contains("log"), "\(refusal)")
                #expect(try Laureld.verify(data).status == .exited(1))
                try FileManager.default.moveItem(atPath: directory.path + "/" + first, toPath: data + "/log/" + first)
                try expectTotals(Laureld(data: data))
            }
        }

        // MARK: Checkpoints

        private static let boards = ["a", "b", "c"]
        private static let userCount = 4000

        /// A stopped node whose log has been cut, so that its checkpoints are needed.
        private func prepareCheckpoints(_ data: String) throws {
            let laureld = try Laureld(data: data)
            try enterScores(laureld.client())
            let oldest = data + "/log/00000001.log"
            _ = try eventually("the log is cut") { FileManager.default.fileExists(atPath: oldest) ? nil : true }
            #expect(try laureld.stop() == .exited(0))
        }

        /// Enough for several log files.
        private func enterScores(_ client: Client) throws {
            for board in Self.boards {
                try client.createLeaderboard(Client.points(board))
            }
            let ballast = String(repeating: "x", count: 900)
            for board in Self.boards {
                for part in 0..<4 {
                    let lines = (0..<Self.userCount).map {
                        let amount = part * 100_000 + $0
                        return #"{"leaderboard":"\#(board)","user":"u\#($0)","score":\#(amount),"#
                            + #""metadata":{"ballast":"\#(ballast)"}}"#
                    }
                    let answer = try client.upload(lines)
                    guard answer.status == 200 else { throw Failure(answer.text) }
                }
            }
        }

        /// Every ranking is right or not served. Answers how many are not served.
        @discardableResult
        private func expectTotals(_ laureld: Laureld, _ place: String = "") throws -> Int {
            let client = laureld.client()
            let expected = (0..<Self.userCount).reversed().map { 600_000 + 4 * $0 }
            var refused = 0
            for board in Self.boards {
                let first = try client.get("/v1/leaderboards/\(board)/top?limit=1")
                if first.code == "shard_corrupted" {
                    refused += 1
                } else {
                    #expect(try client.ranking(board).map { Int($0.score) } == expected, "\(place) board \(board)")
                }
            }
            return refused
        }

        @Test("A bit flipped in a checkpoint is found before it is served, or does no harm")
        func checkpointFlips() async throws {
            try await TemporaryDirectory.with { directory in
                let original = directory.path + "/original"
                try prepareCheckpoints(original)
                let names = try FileManager.default.contentsOfDirectory(atPath: original + "/checkpoints").sorted()
                let tables = names.filter { $0.hasSuffix(".sst") }
                let listings = names.filter { $0.hasPrefix("MANIFEST") || $0 == "CURRENT" }
                #expect(!tables.isEmpty)
                var random = SplitMix64(seed: 13)
                var found = 0
                for number in 0..<14 {
                    let name = number < 10 ? tables[random.below(tables.count)] : listings[number % listings.count]
                    let data = try copy(original, in: directory)
                    let place = try flip(data + "/checkpoints/" + name, &random)
                    let (status, text) = try Laureld.verify(data)
                    if status == .exited(1) { found += 1 }
                    do {
                        let laureld = try Laureld(data: data)
                        let refused = try expectTotals(laureld, place)
                        // A bit may lie in bytes that nothing uses any more; then nothing may be missing either.
                        #expect(status == .exited(1) || refused == 0, "\(place): verify found nothing: \(text)")
                    } catch let refusal as Laureld.Refusal {
                        #expect(status == .exited(1), "\(place): verify found nothing: \(text)")
                        #expect(refusal.status == .exited(1), "\(place): \(refusal)")
                        // Damage that RocksDB meets while it opens it blames on any file that it has to do with; the
                        // directory is right.
                        let isOpening = refusal.text.contains("corrupted(\"opening \(data)/checkpoints:")
                        #expect(
                            isOpening || refusal.text.contains(name) || refusal.text.contains("shard"),
                            "\(place): \(refusal)")
                    }
                }
                #expect(found >= 10, "most bytes of the files are in use")
            }
        }

        private func flip(_ path: String, _ random: inout SplitMix64) throws -> String {
            let bytes = try Array(Data(contentsOf: URL(fileURLWithPath: path)))
            let (offset, bit) = (random.below(bytes.count), random.below(8))
            try overwriteFile(path, from: offset, with: [bytes[offset] ^ (1 << bit)])
            return "\((path as NSString).lastPathComponent), bit \(bit) of byte \(offset) of \(bytes.count)"
        }

        private func copy(_ original: String, in directory: TemporaryDirectory) throws -> String {
            let data = directory.path + "/copy"
            let (status, text) = try ChildProcess.run(
                ["/bin/bash", "-c", #"rm -rf "$2" && cp -a --sparse=always "$1" "$2""#, "bash", original, data])
            guard status == .exited(0) else { throw Failure(text) }
            return data
        }
    }
}
