import CommitLogs
import Glibc
import Leaderboards
import Sharding
import Synchronization
import Testing
import UringLog

@Suite("A log that meets an error tells the truth")
struct LogFaultTests {
    @Test(
        "one failing call, whichever it is, loses nothing acknowledged and lets nothing refused in",
        arguments: [SegmentedLogOptions.WriteMethod.plain, .ring])
    func errorAtEveryCall(_ method: SegmentedLogOptions.WriteMethod) async throws {
        let scenario = LogScenario(method: method)
        let reference = SimulatedDisk()
        _ = await scenario.run(on: reference)
        var unknown = 0
        for call in 0..<reference.calls {
            let disk = SimulatedDisk()
            disk.set { $0.fault = .error(call: call, code: EIO) }
            let history = await scenario.run(on: disk)
            unknown += history.unknown.count
            // The process starts again with the page cache as it was, then the power fails.
            let problems = try await problemsAfterReopening(history, disk.afterKill(), scenario)
            #expect(problems.isEmpty, "error at call \(call): \(problems)")
            let cut = try await problemsAfterReopening(history, disk.afterPowerCut(.nothing), scenario)
            #expect(cut.isEmpty, "error at call \(call), then a power cut: \(cut)")
        }
        #expect(unknown > 10, "writes and syncs were among the calls that failed")
    }

    @Test("after a failed sync nothing is accepted any more, and the sync is not tried again")
    func failStop() async throws {
        let scenario = LogScenario()
        let disk = SimulatedDisk()
        let log = try scenario.open(disk)
        var chain = RecordChain(shard: ShardID(1))
        let first = try await log.append(chain.next([1]), after: nil)
        disk.set { $0.fault = .error(call: $0.calls + 1, code: EIO) }
        let lost = chain.next([2])
        await #expect(throws: AppendError.outcomeUnknown("fdatasync /log/00000001.log: Input/output error")) {
            try await log.append(lost, after: first)
        }
        let calls = disk.calls
        var other = RecordChain(shard: ShardID(2))
        let next = other.next([])
        await #expect(throws: AppendError.failed("fdatasync /log/00000001.log: Input/output error")) {
            try await log.append(next, after: nil)
        }
        #expect(disk.calls == calls)
        // Reading goes on, up to what is known to be durable.
        #expect(try await collect(log, from: .start).map(\.position) == [first])
        await log.close()
        #expect(disk.calls == calls, "the end of a failed log is left as it is")
    }

    @Test("what only the page cache still held is made durable before it is served")
    func cachedTail() async throws {
        let scenario = LogScenario()
        let disk = SimulatedDisk()
        let log = try scenario.open(disk)
        var chain = RecordChain(shard: ShardID(1))
        let first = try await log.append(chain.next([1]), after: nil)
        disk.set { $0.fault = .error(call: $0.calls + 1, code: EIO) }
        let second = chain.next([2])
        await #expect(throws: AppendError.self) { try await log.append(second, after: first) }
        await log.close()

        // Read from the cache it is whole, but the disk never got it.
        let rebooted = disk.afterKill()
        let reopened = try scenario.open(rebooted)
        #expect(reopened.recovery.records == 2)
        let afterCut = try scenario.open(rebooted.afterPowerCut(.nothing))
        #expect(afterCut.recovery.records == 2)
        await reopened.close()
        await afterCut.close()
    }

    @Test("a full disk refuses appends and is over when there is space")
    func noSpace() async throws {
        let scenario = LogScenario()
        let disk = SimulatedDisk()
        let log = try scenario.open(disk)
        var chain = RecordChain(shard: ShardID(1))
        var last: LogPosition?
        var history = LogHistory()
        disk.set { $0.isFull = true }
        let blocked = chain
        let early = chain.next([])
        await #expect(throws: AppendError.noSpace) { try await log.append(early, after: nil) }
        chain = blocked
        disk.set { $0.isFull = false }
        for _ in 0..<3 {
            // Until the segment is full, appends need no new space.
            disk.set { $0.isFull = false }
            var refusals = 0
            for _ in 0..<10 {
                let before = chain
                let record = chain.next([UInt8](repeating: 3, count: 900))
                do throws(AppendError) {
                    last = try await log.append(record, after: last)
                    history.acknowledged.append((last!, record))
                } catch {
                    #expect(error == .noSpace)
                    refusals += 1
                    chain = before
                    disk.set { $0.isFull = false }
                }
                if refusals == 0 { disk.set { $0.isFull = true } }
            }
            #expect(refusals == 1 || last == nil)
        }
        await log.close()
        let problems = try await problemsAfterReopening(history, disk.afterPowerCut(.nothing), scenario)
        #expect(problems.isEmpty, "\(problems)")
    }

    @Test("short writes are continued", arguments: [SegmentedLogOptions.WriteMethod.plain, .ring])
    func shortWrites(_ method: SegmentedLogOptions.WriteMethod) async throws {
        let scenario = LogScenario(method: method)
        for byteCount in [7, 100, 511] {
            let disk = SimulatedDisk()
            disk.set { $0.writeByteCountMax = byteCount }
            let history = await scenario.run(on: disk)
            #expect(history.acknowledged.count == 24)
            disk.set { $0.writeByteCountMax = .max }
            let problems = try await problemsAfterReopening(history, disk.afterPowerCut(.nothing), scenario)
            #expect(problems.isEmpty, "\(problems)")
        }
    }

    @Test("without a ring the log writes plainly and says so once")
    func ringRefused() async throws {
        let disk = SimulatedDisk()
        disk.set { $0.hasRing = false }
        var options = LogScenario.options
        options.writeMethod = .automatic
        let notices = Mutex<[LogNotice]>([])
        let log = try SegmentedLog.open(directory: "/log", options: options, fileSystem: disk) { notice in
            notices.withLock { $0.append(notice) }
        }
        var chain = RecordChain(shard: ShardID(1))
        let first = try await log.append(chain.next([1]), after: nil)
        _ = try await log.append(chain.next([2]), after: first)
        await log.close()
        #expect(notices.withLock { $0 } == [.ringUnavailable(SystemError("io_uring_setup", "", code: EPERM))])
        options.writeMethod = .ring
        #expect(throws: LogOpenError.self) {
            try SegmentedLog.open(directory: "/log", options: options, fileSystem: disk)
        }
    }

    @Test("a full queue keeps later appends waiting and then takes them in order")
    func fullQueue() async throws {
        let disk = SimulatedDisk()
        var options = LogScenario.options
        options.segmentByteCount = 64 << 10
        options.groupByteCountMax = 1000
        let log = try SegmentedLog.open(directory: "/log", options: options, fileSystem: disk)
        disk.pauseWrites()
        let results = Results()
        for index in 0..<40 {
            var chain = RecordChain(shard: ShardID(UInt16(index)))
            log.enqueue(chain.next([UInt8](repeating: 1, count: 200)), after: nil) { results.add($0) }
            if index == 0 { disk.waitUntilPaused() }
        }
        #expect(results.all.isEmpty)
        disk.resumeWrites()
        await results.waitFor(40)
        let positions = try results.all.map { try $0.get() }
        #expect(positions == positions.sorted())
        let entries = try await collect(log, from: .start)
        #expect(entries.map { Int($0.record.shard.number) } == Array(0..<40))
        await log.close()
        // One record in the first group, three in each of the others: 40 + 3 x 272 bytes, never above the bound.
        let reopened = try SegmentedLog.open(directory: "/log", options: options, fileSystem: disk.afterKill())
        #expect(reopened.recovery.byteCount == 40 * 264 + 40 * 14)
        await reopened.close()
    }

    @Test("closing writes what was accepted, and what waits for a shard is decided")
    func closeDrains() async throws {
        let disk = SimulatedDisk()
        let log = try SegmentedLog.open(directory: "/log", options: LogScenario.options, fileSystem: disk)
        disk.pauseWrites()
        let results = Results()
        var chain = RecordChain(shard: ShardID(1))
        var rival = RecordChain(shard: ShardID(1), epoch: 2)
        var other = RecordChain(shard: ShardID(2))
        log.enqueue(chain.next([1]), after: nil) { results.add($0) }
        disk.waitUntilPaused()
        log.enqueue(rival.next([2]), after: nil) { results.add($0) }
        log.enqueue(other.next([3]), after: nil) { results.add($0) }
        async let closed: Void = log.close()
        disk.resumeWrites()
        await closed
        let all = results.all
        #expect(all.count == 3)
        let first = try all[0].get()
        #expect(all.contains(.failure(.conflict(last: first))))
        #expect(all.filter { (try? $0.get()) != nil }.count == 2)
    }
}

func collect(_ log: SegmentedLog, from position: LogPosition) async throws -> [LogEntry] {
    func drain(_ entries: some LogEntries) async throws -> [LogEntry] {
        var all: [LogEntry] = []
        for try await batch in entries { all += batch }
        return all
    }
    return try await drain(try await log.entries(from: position))
}
