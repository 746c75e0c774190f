package import Leaderboards
import RankTrees

/// A set of members with a score each, as Redis has them: in ascending order of score, equal scores by the members' bytes.
///
/// It is the all-time board of a leaderboard. A *plain* one came into being with its first entry, belongs to no definition
/// that anybody wrote, and is gone with its last entry. Any other has its own tie rule; one whose greatest score leads is
/// seen here from its end, and of several columns only the first.
///
/// Valid until the shard changes.
package struct SortedSet {
    let leaderboard: Leaderboard

    private var forest: RankForest { _read { yield leaderboard.allTime.ranking.forest } }
    private var column: Column { leaderboard.rules.first }
    private var isReversed: Bool { column.order == .descending }

    package var isPlain: Bool { leaderboard.isPlainSet }
    package var count: Int { leaderboard.allTime.count }
    package var deadline: Timestamp? { leaderboard.deadline }
    /// How a new score meets the standing one.
    package var leadingOperator: Column.Operator { leaderboard.rules.first.operator }

    /// The score of a member, if it has an entry.
    package func score(of member: UnsafeRawBufferPointer) -> Double? {
        slot(of: member).map { score(ofKey: forest.key(of: $0)!) }
    }

    /// How many entries stand before a member's.
    package func index(of member: UnsafeRawBufferPointer) -> Int? {
        slot(of: member).map { ascending(forest.rank(of: $0)!) }
    }

    /// How many entries have a score less than this, or equal to it if `inclusive`.
    package func count(below score: Double, inclusive: Bool) -> Int {
        let key = column.key(ofBits: bits(of: score))
        let ofKey: Int
        switch column.type {
        case .decimal:
            ofKey = inclusive == isReversed ? forest.count(below: key, in: 0) : forest.count(upTo: key, in: 0)
        case .integer: return countOfIntegers(below: score, inclusive: inclusive)
        }
        return isReversed ? count - ofKey : ofKey
    }

    /// How many entries have a member that comes before these bytes, or has them if `inclusive`. Means something only if
    /// all scores are equal, as in Redis.
    package func count(before member: UnsafeRawBufferPointer, inclusive: Bool) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            let slot = forest.entry(at: ascending(middle), in: 0)!.slot
            let isBefore = leaderboard.members.table.withName(of: slot) { name in
                inclusive ? !member.lexicographicallyPrecedes(name) : name.lexicographicallyPrecedes(member)
            }
            if isBefore { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// Calls `body` for the entries at these places, or for the same ones from the last to the first.
    package func forEach(
        _ places: Range<Int>, descending: Bool = false, _ body: (UnsafeRawBufferPointer, Double) -> Void
    ) {
        let places = places.clamped(to: 0..<count)
        guard !places.isEmpty else { return }
        let inForest = isReversed ? (count - places.upperBound)..<(count - places.lowerBound) : places
        withUnsafeTemporaryAllocation(of: RankForest.Entry.self, capacity: Self.groupSize) { group in
            var count = 0
            let visit = { (entry: RankForest.Entry) -> Bool in
                group[count] = entry
                count += 1
                if count == group.count {
                    tell(UnsafeBufferPointer(group), body)
                    count = 0
                }
                return true
            }
            if descending != isReversed {
                forest.forEachDescending(in: 0, at: inForest, visit)
            } else {
                forest.forEach(in: 0, at: inForest, visit)
            }
            tell(UnsafeBufferPointer(rebasing: group[..<count]), body)
        }
    }

    /// How many names are asked for at once.
    private static var groupSize: Int { 32 }

    private func tell(
        _ entries: UnsafeBufferPointer<RankForest.Entry>, _ body: (UnsafeRawBufferPointer, Double) -> Void
    ) {
        withUnsafeTemporaryAllocation(of: UInt32.self, capacity: entries.count) { slots in
            for index in entries.indices { slots[index] = entries[index].slot }
            leaderboard.members.table.prefetchNames(of: UnsafeBufferPointer(slots))
        }
        for entry in entries {
            leaderboard.members.table.withName(of: entry.slot) { body($0, score(ofKey: entry.key)) }
        }
    }

    /// Calls `body` for the entries of the members numbered from `first` on, about `countMax` numbers, and answers the
    /// first number not looked at; nil at the end. A member keeps its number as long as it has an entry.
    package func scan(
        from first: UInt32, countMax: Int, _ body: (UnsafeRawBufferPointer, Double) -> Void
    ) -> UInt32? {
        let members = leaderboard.members
        let end = UInt32(members.table.slotCapacity)
        guard first < end else { return nil }
        let last = first + UInt32(min(countMax, Int(end - first)))
        for slot in first..<last {
            guard let key = forest.key(of: slot) else { continue }
            members.table.withName(of: slot) { body($0, score(ofKey: key)) }
        }
        return last < end ? last : nil
    }

    // MARK: Slots

    /// What stands for a member that has no slot.
    package static var noSlot: UInt32 { MemberTable.noSlot }

    /// As `score(of:)`. `known` is the member's slot, if it was looked up.
    package func score(of member: UnsafeRawBufferPointer, known: UInt32?) -> Double? {
        known.map { score(ofSlot: $0) } ?? score(of: member)
    }

    package func index(of member: UnsafeRawBufferPointer, known: UInt32?) -> Int? {
        guard let known else { return index(of: member) }
        return forest.rank(of: known).map { ascending($0) }
    }

    func score(ofSlot slot: UInt32) -> Double? { forest.key(of: slot).map { score(ofKey: $0) } }

    // MARK: Scores

    func bits(of score: Double) -> UInt64 { score == 0 ? 0 : score.bitPattern }

    private func score(ofKey key: UInt64) -> Double {
        switch column.value(ofBits: column.bits(ofKey: key)) {
        case .integer(let integer): Double(integer)
        case .decimal(let decimal): decimal
        }
    }

    private func countOfIntegers(below score: Double, inclusive: Bool) -> Int {
        // The integers below a score are those up to the greatest one below it.
        let limit = inclusive ? score.rounded(.down) : score.rounded(.up)
        guard limit >= -0x1p63 else { return 0 }
        guard limit < 0x1p63 else { return count }
        let key = column.key(ofBits: UInt64(bitPattern: Int64(limit)))
        let ofKey = inclusive == isReversed ? forest.count(below: key, in: 0) : forest.count(upTo: key, in: 0)
        return isReversed ? count - ofKey : ofKey
    }

    private func ascending(_ index: Int) -> Int { isReversed ? count - 1 - index : index }

    private func slot(of member: UnsafeRawBufferPointer) -> UInt32? {
        leaderboard.members.table.find(member).flatMap { leaderboard.allTime.slot(of: $0) }
    }
}

extension LeaderboardDefinition {
    /// The definition of a plain sorted set. Its version is none that a definition of a tenant ever has.
    static let plainSet = LeaderboardDefinition(
        columns: [Column(name: "score", type: .decimal, order: .ascending, operator: .latest)], tie: .member,
        version: 0)

    package var isPlainSet: Bool { version == 0 }
}

/// Tells whether a set was changed, even if it is what it was again. One that left memory in between counts as changed.
package enum SetFingerprint: Hashable, Sendable {
    case absent(lastDeleted: UInt32)
    case present(number: UInt32, changeCount: UInt64, ContentHash)
}

extension Shard {
    /// Precondition: the key's set is in memory, if there is one.
    package func fingerprint(of key: LeaderboardKey, at now: Timestamp) -> SetFingerprint {
        guard let leaderboard = sortedSet(key, at: now)?.leaderboard else {
            // One that has expired looks as it will when it is deleted, which changes nothing that anybody sees.
            return .absent(lastDeleted: numbers[key] ?? deletions.last(of: key))
        }
        return .present(
            number: leaderboard.number, changeCount: leaderboard.changeCount, leaderboard.allTime.content)
    }
}

/// Which keys were deleted of late, so that one that came and went is not taken for one that was never there.
struct DeletionMemory {
    private var deletions: [LeaderboardKey: UInt32] = [:]
    /// Of what was deleted before this set the keys are forgotten.
    private var forgotten: UInt32 = 0
    private static let keyCountMax = 1024

    mutating func add(_ key: LeaderboardKey, number: UInt32) {
        if deletions.count >= Self.keyCountMax {
            deletions = [:]
            forgotten = number
        }
        deletions[key] = number
    }

    /// The number of the last set that the key had, and no other set's; or now and then that of another deleted one.
    func last(of key: LeaderboardKey) -> UInt32 { deletions[key] ?? forgotten }
}
