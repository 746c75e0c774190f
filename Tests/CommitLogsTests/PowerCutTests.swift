import CommitLogs
import Leaderboards
import Sharding
import TestSupport
import Testing
import UringLog

@Suite("What was acknowledged survives a power cut at any moment")
struct PowerCutTests {
    @Test(
        "after every call, whatever is left of unsynced sectors and names",
        arguments: [SegmentedLogOptions.WriteMethod.plain, .ring])
    func everyPrefix(_ method: SegmentedLogOptions.WriteMethod) async throws {
        let scenario = LogScenario(method: method)
        let calls = try await callCount(scenario)
        for call in 0...calls {
            let disk = SimulatedDisk()
            disk.set { $0.fault = .powerCut(call: call) }
            let history = await scenario.run(on: disk)
            for (survival, seed) in [(.nothing, 0), (.everything, 0), (.someSectors, 1), (.someSectors, 2)]
                as [(SimulatedDisk.Survival, UInt64)]
            {
                let problems = try await problemsAfterReopening(
                    history, disk.afterPowerCut(survival, seed: seed ^ UInt64(call) << 8), scenario)
                #expect(problems.isEmpty, "cut at call \(call) of \(calls), \(survival) \(seed): \(problems)")
            }
        }
    }

    @Test("while the log is being recovered from another power cut")
    func duringRecovery() async throws {
        let scenario = LogScenario()
        let calls = try await callCount(scenario)
        var random = SplitMix64(seed: 7)
        for seed in 1...60 as ClosedRange<UInt64> {
            var disk = SimulatedDisk()
            disk.set { $0.fault = .powerCut(call: Int.random(in: 0...calls, using: &random)) }
            let history = await scenario.run(on: disk)
            for again in 0..<4 {
                disk = disk.afterPowerCut(.someSectors, seed: seed * 16 + UInt64(again))
                disk.set { $0.fault = .powerCut(call: Int.random(in: 0...8, using: &random)) }
                if let log = try? scenario.open(disk) { await log.close() }
            }
            let problems = try await problemsAfterReopening(
                history, disk.afterPowerCut(.someSectors, seed: seed), scenario)
            #expect(problems.isEmpty, "seed \(seed): \(problems)")
        }
    }

    @Test("a log that does not sync is found out")
    func withoutSync() async throws {
        var scenario = LogScenario()
        scenario.guards.syncs = false
        let calls = try await callCount(scenario)
        var found = 0
        for call in 0...calls {
            let disk = SimulatedDisk()
            disk.set { $0.fault = .powerCut(call: call) }
            let history = await scenario.run(on: disk)
            let problems = try await problemsAfterReopening(history, disk.afterPowerCut(.nothing), scenario)
            if problems.contains(where: { $0.contains("is lost") }) { found += 1 }
        }
        #expect(found > calls / 3, "lost records were noticed after \(found) of \(calls) cuts")
    }

    @Test("a group of many records is kept whole or dropped whole, whichever of its sectors reached the disk")
    func tornGroups() async throws {
        let scenario = LogScenario()
        let disk = SimulatedDisk()
        let log = try scenario.open(disk)
        var history = LogHistory()
        var first = RecordChain(shard: ShardID(0))
        let record = first.next([])
        history.acknowledged.append((try await log.append(record, after: nil), record))

        // One write waits while five shards queue up behind it: they make one group.
        disk.pauseWrites()
        var chains = (0..<6).map { RecordChain(shard: ShardID(UInt16(10 + $0))) }
        let records = chains.indices.map { chains[$0].next([UInt8](repeating: UInt8($0), count: 300)) }
        let results = Results()
        for (index, record) in records.enumerated() {
            log.enqueue(record, after: nil) { results.add($0) }
            if index == 0 { disk.waitUntilPaused() }
        }
        disk.resumeWrites()
        await results.waitFor(6)
        history.acknowledged.append((try results.all[0].get(), records[0]))
        let after = disk.files
        await log.close()

        let path = LogScenario.directory + "/00000001.log"
        let group = Int(try results.all[1].get().value) + 4096 - 40
        let end = Int(try results.all[5].get().value) + 4096 + records[5].bytes.count
        let sectors = Array(group / 512...(end - 1) / 512)
        #expect(sectors.count >= 4 && sectors.count <= 8)
        for mask in 0..<(1 << sectors.count) {
            var files = after
            for (bit, sector) in sectors.enumerated() where mask & 1 << bit == 0 {
                // As it was before the group: the earlier group's end, then zeros.
                let start = max(sector * 512, group)
                for index in start..<(sector + 1) * 512 { files[path]![index] = 0 }
            }
            let torn = SimulatedDisk(files: files)
            let isWhole = mask == (1 << sectors.count) - 1
            let reopened = try scenario.open(torn)
            var expected = history
            if isWhole {
                for index in 1..<6 { expected.acknowledged.append((try results.all[index].get(), records[index])) }
            }
            #expect(expected.problems(in: reopened).isEmpty, "sectors \(String(mask, radix: 2))")
            #expect(reopened.recovery.records == (isWhole ? 7 : 2))
            await reopened.close()
        }
    }

    private func callCount(_ scenario: LogScenario) async throws -> Int {
        let disk = SimulatedDisk()
        let history = await scenario.run(on: disk)
        #expect(history.acknowledged.count == 24 && history.refused.isEmpty && history.unknown.isEmpty)
        #expect(disk.files.keys.contains { $0.contains("00000003.log") }, "the run goes over several segments")
        return disk.calls
    }
}

/// What a log found later has wrong, now and after it was used again and lost its power again.
func problemsAfterReopening(
    _ history: LogHistory, _ disk: SimulatedDisk, _ scenario: LogScenario
) async throws -> [String] {
    var history = history
    let log: SegmentedLog
    do throws(LogOpenError) {
        log = try scenario.open(disk)
    } catch {
        return ["does not open: \(error)"]
    }
    let problems = history.problems(in: log)
    var chains: [ShardID: RecordChain] = [:]
    var last: [ShardID: LogPosition] = [:]
    for entry in try await collect(log, from: log.firstPosition()) {
        chains[entry.record.shard] = RecordChain(after: entry)
        last[entry.record.shard] = entry.position
        if history.unknown.contains(where: { $0.bytes == entry.record.encoded().bytes }) {
            // Served now, so from here on it must stay.
            history.acknowledged.append((entry.position, entry.record.encoded()))
        }
    }
    for number in 0..<3 {
        let shard = ShardID(UInt16(number))
        var chain = chains[shard] ?? RecordChain(shard: shard)
        let record = chain.next([UInt8](repeating: 9, count: 100))
        history.acknowledged.append((try await log.append(record, after: last[shard]), record))
    }
    let later = disk.afterPowerCut(.nothing)
    await log.close()
    let reopened: SegmentedLog
    do throws(LogOpenError) {
        reopened = try scenario.open(later)
    } catch {
        return problems + ["does not open a second time: \(error)"]
    }
    let laterProblems = history.problems(in: reopened)
    await reopened.close()
    return problems + laterProblems.map { "the second time: " + $0 }
}
