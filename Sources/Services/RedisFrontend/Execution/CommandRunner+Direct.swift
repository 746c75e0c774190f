internal import Leaderboards
internal import NIOCore
internal import RESP
internal import Sharding

// Direct steps: the commands that make up nearly all of the traffic, on one key, where they lie.
extension CommandRunner {
    /// How many members are looked up at once: their waits for memory overlap.
    private static var groupSize: Int { 32 }

    /// Carries out steps in order, until the record is full, or `done`, told after each of them, answers that it is enough for now.
    mutating func run(
        _ steps: UnsafeBufferPointer<Step>, of key: LeaderboardKey, in bytes: UnsafeRawBufferPointer,
        _ record: inout RecordBuilder, done: (ByteBuffer) -> Bool
    ) {
        var set = shard.sortedSet(key, at: now)
        for start in stride(from: 0, to: steps.count, by: Self.groupSize) {
            let group = UnsafeBufferPointer(
                rebasing: steps[start..<min(start + Self.groupSize, steps.count)])
            let goesOn = withUnsafeTemporaryAllocation(of: UInt32.self, capacity: group.count) { slots in
                lookUp(group, in: set, bytes, into: slots)
                for index in group.indices {
                    let known = slots[index] == SortedSet.noSlot ? nil : slots[index]
                    run(group[index], &set, key, bytes, known: known, &record)
                    guard done(reply.buffer), !record.isFull else { return false }
                }
                return true
            }
            guard goesOn else { return }
        }
    }

    private func lookUp(
        _ steps: UnsafeBufferPointer<Step>, in set: SortedSet?, _ bytes: UnsafeRawBufferPointer,
        into slots: UnsafeMutableBufferPointer<UInt32>
    ) {
        guard let set, steps.count > 1 else { return slots.initialize(repeating: SortedSet.noSlot) }
        withUnsafeTemporaryAllocation(of: SortedSet.Lookup.self, capacity: steps.count) { lookups in
            for index in steps.indices {
                let step = steps[index]
                lookups[index] = SortedSet.Lookup(
                    member: step.hasMember ? step.member.range : 0..<0, newScore: step.kind == .add ? step.score : nil)
            }
            set.lookUp(UnsafeBufferPointer(lookups), in: bytes, into: slots)
        }
    }

    private mutating func run(
        _ step: Step, _ set: inout SortedSet?, _ key: LeaderboardKey, _ bytes: UnsafeRawBufferPointer, known: UInt32?,
        _ record: inout RecordBuilder
    ) {
        let member = UnsafeRawBufferPointer(rebasing: bytes[step.member.range])
        do throws(CommandError) {
            switch step.kind {
            case .add: try add(member, step.score, &set, key, known: known, &record)
            case .increment: try increment(member, by: step.score, &set, key, known: known, &record)
            case .score: writeScore(set.flatMap { $0.score(of: member, known: known) })
            case .rank: rank(member, isReversed: step.isReversed, in: set, known: known)
            case .range: try range(step, of: set)
            case .count: reply.integer(set?.count ?? 0)
            case .prepared, .answered: preconditionFailure("not a direct step")
            }
        } catch {
            reply.error(error)
        }
    }

    private mutating func add(
        _ member: UnsafeRawBufferPointer, _ score: Double, _ set: inout SortedSet?, _ key: LeaderboardKey,
        known: UInt32?, _ record: inout RecordBuilder
    ) throws(CommandError) {
        try requireRoom(in: record)
        let change = try enter(member, score, &set, key, known: known, &record)
        reply.integer(change == .added ? 1 : 0)
    }

    private mutating func increment(
        _ member: UnsafeRawBufferPointer, by amount: Double, _ set: inout SortedSet?, _ key: LeaderboardKey,
        known: UInt32?, _ record: inout RecordBuilder
    ) throws(CommandError) {
        try requireRoom(in: record)
        let sum = (set?.score(of: member, known: known) ?? 0) + amount
        if sum.isNaN { throw .notNumber }
        reply.double(try enterSum(sum, of: amount, member, &set, key, known: known, &record))
    }

    private mutating func rank(
        _ member: UnsafeRawBufferPointer, isReversed: Bool, in set: SortedSet?, known: UInt32?
    ) {
        guard let set, let index = set.index(of: member, known: known) else { return reply.null() }
        reply.integer(isReversed ? set.count - 1 - index : index)
    }

    private mutating func range(_ step: Step, of set: SortedSet?) throws(CommandError) {
        guard let set else { return reply.arrayHeader(0) }
        guard SortedSet.canKeep(first: step.first, last: step.last) else { return try writeRange(step, of: set) }
        let page = KeptPages.Key(
            first: step.first, last: step.last, isDescending: step.isReversed,
            format: UInt8(reply.version.rawValue) << 1 | (step.withScores ? 1 : 0))
        if let kept = set.keptPage(page) {
            reply.buffer.writeBytes(kept)
            return
        }
        let start = reply.buffer.writerIndex
        try writeRange(step, of: set)
        let written = reply.buffer.viewBytes(at: start, length: reply.buffer.writerIndex - start)
        if let written { set.keep(Array(written), as: page) }
    }

    private mutating func writeRange(_ step: Step, of set: SortedSet) throws(CommandError) {
        let places = set.places(.ranks(start: step.first, stop: step.last), isReversed: step.isReversed)
        try write(places, of: set, descending: step.isReversed, withScores: step.withScores)
    }
}
