import CommitLogs
import Leaderboards
import Sharding
import Testing
import UringLog

/// The expected bytes were computed by another program from the layout comments.
@Suite("The files have the layout that older logs were written in")
struct LogLayoutTests {
    private let identity =
        "4c55524c4f4749440100000089be7484efcdab8967452301000000000000000000000000000000000000000000000000"
    private let segment =
        "4c5552454c4c4f47010000009a5826faefcdab896745230101000000000000000000000000000000"
        + "002000000000000001000000000000000000000000000000"
    private let group = "4c475250279800c70000000000000000000000000000000048000000010000002d9e52b901000000"
    private let end = "4c475250cc1ffeef700000000000000070000000000000000000000000000000a6bca2e302000000"

    @Test("a log of one record, closed")
    func golden() async throws {
        let disk = SimulatedDisk(files: ["/log/identity": bytes(identity)])
        let log = try LogScenario().open(disk)
        var chain = RecordChain(shard: ShardID(1))
        let record = chain.next([7])
        let position = try await log.append(record, after: nil)
        await log.close()
        let file = try #require(disk.files["/log/00000001.log"])
        #expect(position == LogPosition(40))
        #expect(Array(file[..<64]) == bytes(segment))
        #expect(file[64..<4096].allSatisfy { $0 == 0 })
        #expect(Array(file[4096..<4136]) == bytes(group))
        #expect(Array(file[4136..<4208]) == record.bytes)
        #expect(Array(file[4208..<4248]) == bytes(end))
        #expect(file[4248...].allSatisfy { $0 == 0 } && file.count == 8192)
    }

    private func bytes(_ hexadecimal: String) -> [UInt8] {
        let digits = hexadecimal.compactMap(\.hexDigitValue)
        return stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] * 16 + digits[$0 + 1]) }
    }
}
