import CommitLogs
import Leaderboards
import Sharding
import TestSupport
import Testing
import UringLog

@Suite("A log that begins where another has ended")
struct FoundationTests {
    private static func history() -> RecordChain {
        var chain = RecordChain(shard: ShardID(3))
        for _ in 0..<9 { _ = chain.next([1, 2, 3]) }
        return chain
    }

    private func open(
        _ directory: TemporaryDirectory, _ foundations: [ShardID: LogFoundation] = [:]
    ) throws(LogOpenError) -> SegmentedLog {
        var options = SegmentedLogOptions()
        options.segmentByteCount = 32 << 10
        return try SegmentedLog.open(directory: directory.path, options: options, foundations: foundations)
    }

    @Test("takes what follows, and nothing else, and is read again like one that was truncated")
    func begins() async throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        var chain = Self.history()
        let foundation = LogFoundation(number: chain.number, epoch: chain.epoch, hash: chain.hash)
        let log = try open(directory, [chain.shard: foundation])
        var other = RecordChain(shard: chain.shard)
        await #expect(throws: AppendError.self) { try await log.append(other.next([]), after: .start) }
        var newcomer = RecordChain(shard: ShardID(5))
        // A shard without a foundation begins as ever.
        _ = try await log.append(newcomer.next([4]), after: nil)
        chain.epoch += 1
        let first = try await log.append(chain.next([], kind: .claim), after: .start)
        let second = try await log.append(chain.next([5]), after: first)
        #expect(await log.firstPosition() > .start)
        await log.close()

        let verified = try SegmentedLog.verify(directory: directory.path)
        #expect(verified.damages.isEmpty, "\(verified.damages)")
        let again = try open(directory)
        #expect(await again.lastPositions()[chain.shard] == second)
        _ = try await again.append(chain.next([6]), after: second)
        await again.close()
    }

    @Test("is made anew, never over another")
    func onlyNew() async throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        await (try open(directory)).close()
        let chain = Self.history()
        let foundation = LogFoundation(number: chain.number, epoch: chain.epoch, hash: chain.hash)
        #expect(throws: LogOpenError.self) { try open(directory, [chain.shard: foundation]) }
    }
}
