internal import NIOCore
internal import RESP
internal import Sharding

// Taking entries from an end, and drawing and walking them: ZPOPMIN, ZPOPMAX, ZMPOP, BZ…, ZRANDMEMBER, ZSCAN.
extension CommandRunner {
    mutating func pop(
        _ name: Argument, _ side: PopSide, count: Int?, _ record: inout RecordBuilder
    ) throws(CommandError) {
        let popped = try take(name, side, count ?? 1, &record)
        // Without a count one entry is a flat pair in either version of the protocol.
        write(popped, withScores: true, nested: count == nil ? false : nil)
    }

    mutating func popFirst(
        _ names: ArgumentList, _ side: PopSide, count: Int, _ record: inout RecordBuilder
    ) throws(CommandError) {
        for name in names {
            let popped = try take(name, side, count, &record)
            if popped.isEmpty { continue }
            reply.arrayHeader(2)
            reply.bulk(name)
            return write(popped, withScores: true, nested: true)
        }
        reply.nullArray()
    }

    /// Does not wait, which is not the runner's business: see `BlockedPop`.
    mutating func blockingPop(
        _ names: ArgumentList, _ side: PopSide, _ record: inout RecordBuilder
    ) throws(CommandError) {
        for name in names {
            guard let entry = try take(name, side, 1, &record).first else { continue }
            reply.arrayHeader(3)
            reply.bulk(name)
            reply.bulk(entry.member)
            return reply.double(entry.score)
        }
        reply.nullArray()
    }

    private func take(
        _ name: Argument, _ side: PopSide, _ count: Int, _ record: inout RecordBuilder
    ) throws(CommandError) -> [ScoredMember] {
        guard let set = set(name) else { return [] }
        let wanted = min(count, set.count)
        let places = side == .min ? 0..<wanted : (set.count - wanted)..<set.count
        let found = set.members(places, descending: side == .max)
        try remove(found, from: set, &record)
        return found
    }

    // MARK: Drawing

    mutating func randomMember(_ name: Argument) {
        guard let set = set(name), let place = (0..<set.count).randomElement() else { return reply.null() }
        reply.bulk(set.members(place..<(place + 1))[0].member)
    }

    mutating func randomMembers(_ name: Argument, _ count: Int, withScores: Bool) {
        guard let set = set(name), count != 0 else { return reply.arrayHeader(0) }
        var places: [Int]
        if count < 0 {
            // The same member may be drawn again.
            places = (0..<min(-count, Self.drawnMax)).map { _ in Int.random(in: 0..<set.count) }
        } else if count >= set.count {
            places = Array(0..<set.count)
        } else {
            places = Self.sample(count, of: set.count)
        }
        write(places.map { set.members($0..<($0 + 1))[0] }, withScores: withScores)
    }

    /// More members than this are not drawn at once: the reply would be larger than memory.
    private static var drawnMax: Int { 1 << 20 }

    /// Distinct numbers below `bound`, by Floyd's algorithm.
    private static func sample(_ count: Int, of bound: Int) -> [Int] {
        var chosen: Set<Int> = []
        for upper in (bound - count)..<bound {
            let number = Int.random(in: 0...upper)
            chosen.insert(chosen.contains(number) ? upper : number)
        }
        return chosen.shuffled()
    }

    // MARK: Walking

    mutating func scan(
        _ name: Argument, _ cursor: UInt64, _ options: Result<ScanOptions, CommandError>
    ) throws(CommandError) {
        var found: [ScoredMember] = []
        var next: UInt32?
        if let set = set(name) {
            let options = try options.get()
            next = set.scan(from: UInt32(clamping: cursor), countMax: options.count) { member, score in
                if options.pattern?.matches(Array(member)[...]) ?? true {
                    found.append(ScoredMember(member: Array(member), score: score))
                }
            }
        }
        reply.arrayHeader(2)
        reply.bulk(String(next ?? 0))
        reply.arrayHeader(found.count * 2)
        for entry in found {
            reply.bulk(entry.member)
            var text = ReplyWriter(version: .v2)
            text.double(entry.score)
            // A bulk in either version here.
            var buffer = text.buffer
            reply.buffer.writeBuffer(&buffer)
        }
    }
}
