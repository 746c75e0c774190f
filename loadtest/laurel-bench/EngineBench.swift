import RankTrees

/// The member table and the rank forest, as a shard uses them.
final class EngineBench {
    private static let batch = 128
    private let report: Report
    private let options: Options
    private let members: Int
    private let scores: Workload.Scores
    private var workload: Workload
    private var table = MemberTable(seed: 0x1A02_E1)
    private var forest = RankForest()
    private var checksum = 0

    init(members: Int, scores: Workload.Scores, options: Options) {
        report = Report(members: members, scores: scores.rawValue)
        workload = Workload(members: members, scores: scores, seed: 7)
        self.options = options
        self.members = members
        self.scores = scores
    }

    func run() {
        load()
        reportMemory("after bulk build")
        measureUpdates()
        measureQuestions()
        churn()
        reportMemory("after \(options.runs * options.commands * 2 + members) updates")
        measureSnapshot()
        measureRandomInserts()
        if checksum == 1 { print(checksum) }
    }

    // MARK: Loading

    private func load() {
        if scores == .spread { measureNewNames() }
        let restoring = seconds {
            // As a checkpoint has them: a byte with the length before each name.
            let stride = Workload.nameBytes + 1
            var chunk = [UInt8](repeating: UInt8(Workload.nameBytes), count: MemberTable.chunkSlots * stride)
            var hashes = RestoredHashes(slotCapacity: members)
            for first in Swift.stride(from: 0, to: members, by: MemberTable.chunkSlots) {
                let count = min(MemberTable.chunkSlots, members - first)
                chunk.withUnsafeMutableBufferPointer { bytes in
                    for place in 0..<count {
                        Workload.write(nameOf: first + place, to: bytes.baseAddress! + place * stride + 1)
                    }
                }
                chunk.withUnsafeBytes { bytes in
                    let slots = table.restore(
                        chunk: first / MemberTable.chunkSlots,
                        UnsafeRawBufferPointer(rebasing: bytes[..<(count * stride)]), hashes: &hashes)
                    precondition(slots == count)
                }
            }
            table.finishRestore(hashes: hashes)
        }
        report.line("restore of all names", "\(report.rounded(restoring, 3)) s")
        var entries = (0..<UInt32(members)).map { RankForest.Entry(key: workload.score(), slot: $0) }
        let sorting = seconds { entries.sort { $0.key < $1.key } }
        let (keys, slots) = (entries.map(\.key), entries.map(\.slot))
        let building = seconds {
            keys.withUnsafeBufferPointer { keys in
                slots.withUnsafeBufferPointer { forest.append(keys: keys, slots: $0, to: 0) }
            }
        }
        report.rate("bulk build, sorted input", Double(members) / building)
        report.rate("bulk build with sorting", Double(members) / (building + sorting))
    }

    private func measureNewNames() {
        var fresh = MemberTable(seed: 3)
        var worst = 0.0
        var name = [UInt8](repeating: 0, count: Workload.nameBytes)
        let step = 64
        let total = seconds {
            for start in stride(from: 0, to: members, by: step) {
                let taken = seconds {
                    for member in start..<min(start + step, members) {
                        name.withUnsafeMutableBufferPointer { Workload.write(nameOf: member, to: $0.baseAddress!) }
                        name.withUnsafeBytes { checksum &+= Int(fresh.insert($0).slot) }
                    }
                }
                worst = max(worst, taken)
            }
        }
        report.rate("new names, one by one", Double(members) / total)
        report.line("slowest \(step) new names", "\(report.rounded(worst * 1e3, 2)) ms")
        report.bytes("names grown one by one", fresh.memoryBytes)
    }

    private func reportMemory(_ when: String) {
        report.bytes("names, \(when)", table.memoryBytes)
        report.bytes("ranks, \(when)", forest.memoryBytes)
        report.bytes("together, \(when)", table.memoryBytes + forest.memoryBytes)
        report.line("leaf fill, \(when)", "\(report.rounded(forest.leafFill, 3))")
    }

    // MARK: Commands

    private func measure(_ measure: String, _ body: (Workload.Commands) -> Void) {
        let rates = (0..<options.runs).map { _ in
            let commands = workload.commands(options.commands)
            return Double(options.commands) / seconds { body(commands) }
        }
        report.rate(measure, rates.sorted()[options.runs / 2])
    }

    private func measureUpdates() {
        measure("updates by name, one by one") { commands in
            commands.bytes.withUnsafeBytes { bytes in
                for (range, score) in zip(commands.ranges, commands.scores) {
                    let slot = table.find(UnsafeRawBufferPointer(rebasing: bytes[range]))!
                    checksum &+= forest.update(slot, key: score)!.newRank
                }
            }
        }
        measure("updates by name, in batches") { updateInBatches($0) }
    }

    private func updateInBatches(_ commands: Workload.Commands) {
        withBatches(of: commands) { slots, start in
            withUnsafeTemporaryAllocation(of: RankForest.Change.self, capacity: slots.count) { changes in
                withUnsafeTemporaryAllocation(of: RankForest.Outcome.self, capacity: slots.count) { outcomes in
                    for index in slots.indices {
                        changes[index] = .init(slot: slots[index], tree: 0, key: commands.scores[start + index])
                    }
                    forest.apply(UnsafeBufferPointer(changes), into: outcomes)
                    checksum &+= outcomes[0].newRank
                }
            }
        }
    }

    private func withBatches(of commands: Workload.Commands, _ body: (UnsafeBufferPointer<UInt32>, Int) -> Void) {
        commands.bytes.withUnsafeBytes { bytes in
            commands.ranges.withUnsafeBufferPointer { ranges in
                withUnsafeTemporaryAllocation(of: UInt32.self, capacity: Self.batch) { slots in
                    for start in stride(from: 0, to: ranges.count, by: Self.batch) {
                        let end = min(start + Self.batch, ranges.count)
                        table.find(bytes, at: UnsafeBufferPointer(rebasing: ranges[start..<end]), into: slots)
                        body(UnsafeBufferPointer(rebasing: slots[..<(end - start)]), start)
                    }
                }
            }
        }
    }

    private func measureQuestions() {
        measure("ranks by name, one by one") { commands in
            commands.bytes.withUnsafeBytes { bytes in
                for range in commands.ranges {
                    let slot = table.find(UnsafeRawBufferPointer(rebasing: bytes[range]))!
                    checksum &+= forest.rank(of: slot)!
                }
            }
        }
        measure("ranks by name, in batches") { commands in
            withBatches(of: commands) { slots, _ in
                withUnsafeTemporaryAllocation(of: Int.self, capacity: slots.count) { ranks in
                    forest.ranks(of: slots, into: ranks)
                    checksum &+= ranks[0]
                }
            }
        }
        measure("around a member, 11 names") { commands in
            commands.bytes.withUnsafeBytes { bytes in
                for range in commands.ranges {
                    let rank = forest.rank(of: table.find(UnsafeRawBufferPointer(rebasing: bytes[range]))!)!
                    readNames(max(0, rank - 5)..<(rank + 6))
                }
            }
        }
        let top = medianRate(runs: options.runs, count: options.commands / 10) { _ in
            for _ in 0..<(options.commands / 10) {
                forest.forEachDescending(in: 0, at: (members - 100)..<members) { entry in
                    checksum &+= Int(entry.slot)
                    return true
                }
            }
        }
        report.rate("top 100, slots and scores", top)
    }

    private func readNames(_ indices: Range<Int>) {
        forest.forEachDescending(in: 0, at: indices) { entry in
            checksum &+= table.name(of: entry.slot).count
            return true
        }
    }

    /// As many updates as there are members, so that figures of memory are those of a board in use.
    private func churn() {
        for _ in 0..<(members / options.commands) { updateInBatches(workload.commands(options.commands)) }
    }

    private func measureSnapshot() {
        var twigs = 0
        let beginning = seconds { twigs = forest.beginSnapshot().count }
        report.line("begin of a snapshot, \(twigs) twigs", "\(report.rounded(beginning * 1e3, 3)) ms")
        let taking = seconds { while let twig = forest.takeNextTwig() { checksum &+= twig.count } }
        report.rate("entries copied for a snapshot", Double(members) / taking)
        forest.endSnapshot()
    }

    private func measureRandomInserts() {
        var fresh = RankForest()
        var worst = 0.0
        let step = 64
        let total = seconds {
            for start in stride(from: 0, to: members, by: step) {
                let taken = seconds {
                    for slot in start..<min(start + step, members) {
                        checksum &+= fresh.insert(UInt32(slot), key: workload.score(), in: 0)
                    }
                }
                worst = max(worst, taken)
            }
        }
        report.rate("random inserts, one by one", Double(members) / total)
        report.line("slowest \(step) inserts", "\(report.rounded(worst * 1e3, 2)) ms")
        report.line("leaf fill after random inserts", "\(report.rounded(fresh.leafFill, 3))")
    }
}
