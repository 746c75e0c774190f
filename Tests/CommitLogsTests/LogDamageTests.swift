import CommitLogs
import Leaderboards
import Sharding
import TestSupport
import Testing
import UringLog

@Suite("Damage is found and named, never passed over")
struct LogDamageTests {
    private let scenario = LogScenario()

    /// A log of a few records in its first segment.
    private func smallLog(closed: Bool, records: Int = 5) async throws -> (SimulatedDisk, LogHistory) {
        let disk = SimulatedDisk()
        let log = try scenario.open(disk)
        var history = LogHistory()
        var chains = (0..<2).map { RecordChain(shard: ShardID(UInt16($0))) }
        var last: [LogPosition?] = [nil, nil]
        for step in 0..<records {
            let record = chains[step % 2].next([UInt8](repeating: UInt8(step), count: 20 + step * 3))
            last[step % 2] = try await log.append(record, after: last[step % 2])
            history.acknowledged.append((last[step % 2]!, record))
        }
        let files = disk.files
        await log.close()
        return (SimulatedDisk(files: closed ? disk.files : files), history)
    }

    private let first = "/log/00000001.log"

    @Test("the last record torn at any byte is dropped, and nothing else")
    func tornAtEveryByte() async throws {
        let (disk, history) = try await smallLog(closed: false)
        let (position, record) = history.acknowledged.last!
        let group = Int(position.value) + 4096 - 40
        let end = group + 40 + record.bytes.count
        for cut in group..<end {
            var files = disk.files
            for index in cut..<end { files[first]![index] = 0 }
            let isWhole = files[first]! == disk.files[first]!
            let torn = SimulatedDisk(files: files)
            let log = try scenario.open(torn)
            #expect(log.recovery.records == (isWhole ? 5 : 4))
            #expect(isWhole || (log.recovery.tornByteCount > 0) == (cut > group))
            var expected = history
            if !isWhole { expected.acknowledged.removeLast() }
            #expect(expected.problems(in: log).isEmpty, "cut at byte \(cut)")
            await log.close()
            // Nor does it come back.
            let again = try scenario.open(torn.afterPowerCut(.nothing))
            #expect(again.recovery.records == (isWhole ? 5 : 4) && again.recovery.wasClosed)
            await again.close()
        }
    }

    @Test(
        "a flipped bit in a closed log is found or does no harm",
        arguments: ["/log/00000001.log", "/log/00000002.log", "/log/identity"])
    func flipsInClosedLog(_ path: String) async throws {
        let (disk, history) = try await smallLog(closed: true, records: 30)
        let files = disk.files
        let bytes = try #require(files[path])
        var random = SplitMix64(seed: 3)
        var found = 0
        for index in bytes.indices {
            // Where all is blank one bit of a byte stands for the others.
            let isBlank = bytes[max(0, index - 8)..<min(bytes.count, index + 8)].allSatisfy { $0 == 0 }
            if isBlank, index % 16 != 0 { continue }
            for bit in isBlank ? [Int.random(in: 0..<8, using: &random)] : Array(0..<8) {
                var flipped = files
                flipped[path]![index] ^= 1 << bit
                let damaged = SimulatedDisk(files: flipped)
                do throws(LogOpenError) {
                    let log = try scenario.open(damaged)
                    #expect(history.problems(in: log).isEmpty, "bit \(bit) of byte \(index)")
                    await log.close()
                } catch {
                    found += 1
                }
            }
        }
        #expect(found >= 250, "\(found) flips were found")
    }

    @Test("a flipped bit in a log that was not closed is found, or drops the last group with a notice")
    func flipsInOpenLog() async throws {
        let (disk, history) = try await smallLog(closed: false)
        let files = disk.files
        let last = Int(history.acknowledged.last!.position.value) + 4096 - 40
        let end = last + 40 + history.acknowledged.last!.record.bytes.count
        for index in 4096..<end {
            for bit in 0..<8 {
                var flipped = files
                flipped[first]![index] ^= 1 << bit
                do throws(LogOpenError) {
                    let log = try scenario.open(SimulatedDisk(files: flipped))
                    #expect(index >= last && log.recovery.tornByteCount > 0 && log.recovery.records == 4)
                    await log.close()
                } catch {
                    guard case .damaged(let damage) = error else {
                        Issue.record("\(error)")
                        continue
                    }
                    #expect(index < last && damage.file == "00000001.log" && damage.offset <= index)
                    #expect(damage.offset + 200 > index, "the place is named")
                }
            }
        }
    }

    @Test("a log that does not verify is found out")
    func withoutVerification() async throws {
        let (disk, history) = try await smallLog(closed: true)
        var files = disk.files
        // In the payload of the second record.
        files[first]![Int(history.acknowledged[1].position.value) + 4096 + 70] ^= 1
        #expect(throws: LogOpenError.self) { try scenario.open(SimulatedDisk(files: files)) }
        var blind = scenario
        blind.guards.verifies = false
        let log = try blind.open(SimulatedDisk(files: files))
        let problems = history.problems(in: log)
        #expect(!problems.isEmpty)
        await log.close()
    }

    @Test("missing, exchanged, foreign and newer segments are told apart")
    func segments() async throws {
        let (disk, _) = try await smallLog(closed: true, records: 90)
        let files = disk.files
        #expect(files.keys.contains(segment(3)))
        func damage(_ change: (inout [String: [UInt8]]) -> Void) -> String {
            var changed = files
            change(&changed)
            do throws(LogOpenError) {
                _ = try scenario.open(SimulatedDisk(files: changed))
                return "opens"
            } catch {
                return error.description
            }
        }
        #expect(damage { $0[segment(2)] = nil } == "the log is damaged: 00000002.log at byte 0: the segment is missing")
        #expect(
            damage { $0["/log/identity"] = nil }.contains("identity at byte 0: is missing, though there are segments"))
        #expect(damage { $0.swapFiles(segment(1), segment(2)) }.contains("is segment 2 by its header"))
        #expect(damage { $0[segment(1)]![8] = 2 } == "00000001.log has format 2, which this version can't read")
        #expect(damage { $0[segment(2)]![20] ^= 4 }.contains("the segment's header is damaged"))
        #expect(
            damage { files in for index in 0..<4096 { files[segment(2)]![index] = 0 } }
                .contains("has groups, but its header is blank"))
        let (other, _) = try await smallLog(closed: true, records: 90)
        #expect(damage { $0[segment(2)] = other.files[segment(2)] }.contains("belongs to another log"))
    }

    @Test("the segments at the end can't go missing unnoticed once the log was opened with them")
    func missingEnd() async throws {
        let (disk, _) = try await smallLog(closed: true, records: 90)
        await (try scenario.open(disk)).close()
        var files = disk.files
        let last = files.keys.filter { $0.hasSuffix(".log") }.max()!
        files[last] = nil
        #expect(throws: LogOpenError.self) { try scenario.open(SimulatedDisk(files: files)) }
    }

    @Test("verification lists every damage and changes nothing")
    func verification() async throws {
        let (disk, history) = try await smallLog(closed: true, records: 90)
        let sound = try SegmentedLog.verify(directory: "/log", fileSystem: disk)
        #expect(sound.damages.isEmpty && sound.summary.records == 90)
        #expect(sound.lastPositions[ShardID(0)] == history.acknowledged[88].position)
        var files = disk.files
        for record in [3, 20, 60] {
            // Found by its bytes: positions count over all segments.
            let needle = history.acknowledged[record].record.bytes
            for (path, bytes) in files where path.hasSuffix(".log") {
                for offset in stride(from: 4096, to: bytes.count - needle.count, by: 8)
                where Array(bytes[offset..<offset + needle.count]) == needle {
                    files[path]![offset + 65] ^= 0x10
                }
            }
        }
        let damaged = SimulatedDisk(files: files)
        let report = try SegmentedLog.verify(directory: "/log", fileSystem: damaged)
        #expect(report.damages.filter { $0.problem.contains("no valid group") }.count == 3, "\(report.damages)")
        #expect(damaged.files == files)
    }

    @Test("a recycled file shows nothing of its earlier life")
    func recycled() async throws {
        let disk = SimulatedDisk()
        var log = try scenario.open(disk)
        var chain = RecordChain(shard: ShardID(1))
        var last: LogPosition?
        func fill(_ count: Int) async throws {
            for _ in 0..<count {
                last = try await log.append(chain.next([UInt8](repeating: 5, count: 400)), after: last)
            }
        }
        try await fill(30)
        try await log.truncate(below: last!)
        #expect(disk.files.keys.filter { $0.contains("spare-") }.count == 2)
        try await fill(5)
        let afterCut = disk.afterPowerCut(.nothing)
        await log.close()
        #expect(!disk.files.keys.contains { $0.contains("spare-00000002") }, "the spare was used")
        log = try scenario.open(afterCut)
        #expect(try await collect(log, from: log.firstPosition()).last?.position == last)
        await log.close()
    }

}

private func segment(_ number: Int) -> String { "/log/0000000\(number).log" }

extension [String: [UInt8]] {
    fileprivate mutating func swapFiles(_ one: String, _ other: String) {
        (self[one], self[other]) = (self[other], self[one])
    }
}
