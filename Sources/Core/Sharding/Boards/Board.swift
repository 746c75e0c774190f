import Leaderboards
import RankTrees

/// One ranking: a window's season, ranked as a whole and once more for each value of each dimension.
///
/// An entry has a slot. In the all-time board the slot is the member's own, since every member is in it; a season has
/// slots of its own, so that a quiet week takes memory for those who played and not for everyone.
/// Invariant: `content` is the sum of the hashes of all entries, and every entry is in `ranking` and, for each dimension
/// its member has a value of, in that dimension's tree of the value, in the same order among equals.
final class Board {
    /// Nil for all-time.
    let window: String?
    let season: Season
    /// When the season may close. Never for all-time.
    let closesAt: Timestamp
    let rules: BoardRules
    /// Unsafe because a count for each access would cost as much as the access; the leaderboard owns both.
    unowned(unsafe) let members: Members
    let ranking: Ranking
    let slices: [Ranking]
    var content = ContentHash.zero
    /// Grows when one of the first or last `edgeCount` entries changed, or which they are.
    private(set) var edgeVersion: UInt64 = 0
    /// While a checkpoint is taken: the chunks written down so far, with their serials.
    var snapshot: BoardSnapshot?

    var updatedAt = PagedColumn<Int64>(absent: 0)
    /// The columns after the first, as bits, `rules.columns.count - 1` for each slot.
    var further = PagedColumn<UInt64>(absent: 0)
    var metadata: [UInt32: [UInt8]] = [:]
    var memberOfSlot = PagedColumn<UInt32>(absent: .max)
    var slotOfMember = PagedColumn<UInt32>(absent: .max)
    var slotCount: UInt32 = 0
    private var freeSlots: [UInt32] = []
    private var metadataBytes = 0

    init(window: String?, season: Season, closesAt: Timestamp, rules: BoardRules, members: Members) {
        self.window = window
        self.season = season
        self.closesAt = closesAt
        self.rules = rules
        self.members = members
        ranking = Ranking(rules: rules)
        slices = (0..<rules.dimensionCount).map { _ in Ranking(rules: rules) }
    }

    var isAllTime: Bool { window == nil }
    var count: Int { ranking.forest.count(in: 0) }

    var memoryBytes: Int {
        ranking.memoryBytes + slices.reduce(0) { $0 + $1.memoryBytes } + updatedAt.memoryBytes + further.memoryBytes
            + memberOfSlot.memoryBytes + slotOfMember.memoryBytes + metadataBytes + freeSlots.capacity * 4 + 512
    }

    // MARK: One entry

    func slot(of member: UInt32) -> UInt32? {
        let slot = isAllTime ? member : slotOfMember[Int(member)]
        return slot != .max && ranking.forest.contains(slot) ? slot : nil
    }

    func member(of slot: UInt32) -> UInt32 { isAllTime ? slot : memberOfSlot[Int(slot)] }

    func score(of slot: UInt32) -> Score {
        var score = Score()
        score.append(bits: rules.first.bits(ofKey: ranking.forest.key(of: slot)!), type: rules.first.type)
        for index in 1..<max(rules.columns.count, 1) {
            score.append(bits: further[furtherIndex(slot, index)], type: rules.columns[index].type)
        }
        return score
    }

    /// Asks for the memory of an entry's columns.
    func prefetch(_ slot: UInt32) { updatedAt.prefetch(Int(slot)) }

    /// Nil if the board keeps no times.
    func updateTime(of slot: UInt32) -> Timestamp? {
        rules.keepsTimes ? Timestamp(milliseconds: updatedAt[Int(slot)]) : nil
    }
    func metadata(of slot: UInt32) -> [UInt8]? { metadata[slot] }
    func rank(of slot: UInt32) -> Rank { ranking.rank(of: slot, in: self) }

    /// What one entry is made of, apart from its place.
    struct Content {
        var score: Score
        var at: Timestamp
        var metadata: UnsafeRawBufferPointer
    }

    /// Where an entry stands, and where it stood.
    struct Placed {
        let slot: UInt32
        let rank: Rank
        var previousRank: Rank?
    }

    /// Gives a member an entry, or its entry another score. `values` are the member's values of the dimensions.
    func enter(_ member: UInt32, _ content: Content, values: borrowing [UInt32]) -> Placed {
        let key = rules.first.key(ofBits: content.score[0])
        let placed: Placed
        if let existing = slot(of: member) {
            self.content -= hash(of: existing)
            // What a checkpoint in the making still needs is set aside before anything of the entry changes.
            ranking.forest.touch(existing)
            drain()
            placed = move(existing, key: key, content.score)
        } else {
            let slot = makeSlot(for: member)
            writeFurther(content.score, to: slot)
            let index = ranking.insert(slot, key: key, tree: 0, in: self)
            for (index, slice) in slices.enumerated() where values[index] != 0 {
                slice.insert(slot, key: key, tree: values[index], in: self)
            }
            placed = Placed(slot: slot, rank: rules.ranksAreUnique ? Rank(index: index) : rank(of: slot))
            countRow()
        }
        if rules.keepsTimes { updatedAt[Int(placed.slot)] = content.at.milliseconds }
        let metadata = content.metadata.isEmpty ? nil : Array(content.metadata)
        members.size.storedBytes += setMetadata(metadata, of: placed.slot)
        self.content += hash(of: placed.slot)
        drain()
        if rules.ranksAreUnique {
            noteChange(at: placed.rank.number - 1)
            if let previous = placed.previousRank { noteChange(at: previous.number - 1) }
        } else {
            edgeVersion &+= 1
        }
        return placed
    }

    @inline(__always)
    private func countRow() {
        members.size.entries += 1
        members.size.storedBytes += rules.entryBytes
    }

    /// How many entries at either end are an edge.
    static let edgeCount = 128

    /// An entry came to a place, or left it.
    private func noteChange(at index: Int) {
        if index < Self.edgeCount || index >= count - Self.edgeCount { edgeVersion &+= 1 }
    }

    /// Gives a member an entry of nothing but a score, in a board whose entries have nothing else; as `enter`, without the
    /// detours. Nil if it has that score.
    func place(_ slot: UInt32, nameHash: UInt64, key: UInt64) -> RankForest.Outcome? {
        let precedes = { [members] existing in members.isName(of: existing, before: slot) }
        guard let placed = ranking.forest.place(slot, key: key, in: 0, orderedBy: precedes) else { return nil }
        noteChange(at: placed.outcome.newRank)
        if let oldRank = placed.outcome.oldRank { noteChange(at: oldRank) } else { countRow() }
        if let oldKey = placed.oldKey { content -= Self.hash(nameHash: nameHash, key: oldKey, time: 0) }
        content += Self.hash(nameHash: nameHash, key: key, time: 0)
        drain()
        return placed.outcome
    }

    /// Whether `place` will do.
    var takesScoresOnly: Bool { !rules.keepsTimes && isAllTime && entriesArePlain && rules.tie == .member }

    private func move(_ slot: UInt32, key: UInt64, _ score: Score) -> Placed {
        if let placement = rules.placement, rules.ranksAreUnique {
            moveInSlices(slot, key: key, placement)
            let move = ranking.forest.update(slot, key: key, placing: placement)!
            return Placed(slot: slot, rank: Rank(index: move.newRank), previousRank: Rank(index: move.oldRank))
        }
        let previousRank = rank(of: slot)
        moveByComparing(slot, key: key, score)
        return Placed(slot: slot, rank: rank(of: slot), previousRank: previousRank)
    }

    private func moveInSlices(_ slot: UInt32, key: UInt64, _ placement: RankForest.Placement) {
        for slice in slices where slice.forest.contains(slot) {
            slice.forest.update(slot, key: key, placing: placement)
        }
    }

    private func moveByComparing(_ slot: UInt32, key: UInt64, _ score: Score) {
        if rules.hasOneColumn, ranking.forest.key(of: slot) == key { return }
        ranking.remove(slot, in: self)
        let trees = slices.map { $0.forest.tree(of: slot) }
        for (index, slice) in slices.enumerated() where trees[index] != nil { slice.remove(slot, in: self) }
        writeFurther(score, to: slot)
        ranking.insert(slot, key: key, tree: 0, in: self)
        for (index, slice) in slices.enumerated() {
            if let tree = trees[index] { slice.insert(slot, key: key, tree: tree, in: self) }
        }
    }

    /// The member's value of a dimension changed: its entry goes to another tree, to the place it has in the whole.
    func move(_ member: UInt32, toValue value: UInt32, ofDimension dimension: Int) {
        guard let slot = slot(of: member) else { return }
        content -= hash(of: slot)
        ranking.forest.touch(slot)
        drain()
        let slice = slices[dimension]
        if slice.forest.contains(slot) { slice.remove(slot, in: self) }
        if value != 0 {
            let rank = ranking.forest.rank(of: slot)!
            let key = ranking.forest.key(of: slot)!
            slice.insert(slot, key: key, tree: value, .after { self.ranking.forest.rank(of: $0)! < rank }, in: self)
        }
        content += hash(of: slot)
    }

    /// Takes a member's entry away. False if it has none.
    func remove(_ member: UInt32) -> Bool {
        guard let slot = slot(of: member) else { return false }
        edgeVersion &+= 1
        content -= hash(of: slot)
        ranking.forest.touch(slot)
        drain()
        for slice in slices where slice.forest.contains(slot) { slice.remove(slot, in: self) }
        ranking.remove(slot, in: self)
        drain()
        members.size.entries -= 1
        members.size.storedBytes += setMetadata(nil, of: slot) - rules.entryBytes
        if !isAllTime {
            slotOfMember[Int(member)] = .max
            memberOfSlot[Int(slot)] = .max
            freeSlots.append(slot)
        }
        return true
    }

    private func makeSlot(for member: UInt32) -> UInt32 {
        if isAllTime { return member }
        let slot: UInt32
        if let free = freeSlots.popLast() {
            slot = free
        } else {
            slot = slotCount
            slotCount += 1
        }
        slotOfMember[Int(member)] = slot
        memberOfSlot[Int(slot)] = member
        return slot
    }

    /// Answers by how many bytes the entry's metadata has grown.
    @discardableResult
    func setMetadata(_ bytes: [UInt8]?, of slot: UInt32) -> Int {
        if bytes == nil, metadata.isEmpty { return 0 }
        let old = metadata[slot]
        metadataBytes += (bytes.map { $0.count + 64 } ?? 0) - (old.map { $0.count + 64 } ?? 0)
        metadata[slot] = bytes
        return (bytes?.count ?? 0) - (old?.count ?? 0)
    }

    func furtherIndex(_ slot: UInt32, _ column: Int) -> Int {
        Int(slot) * (rules.columns.count - 1) + column - 1
    }

    private func writeFurther(_ score: Score, to slot: UInt32) {
        if rules.hasOneColumn { return }
        for index in 1..<rules.columns.count { further[furtherIndex(slot, index)] = score[index] }
    }

    // MARK: Order

    /// Compares the columns after the first, which two entries of the same key may still differ in.
    func compareFurther(_ left: UInt32, _ right: UInt32) -> Int {
        if rules.hasOneColumn { return 0 }
        for index in 1..<rules.columns.count {
            let leftKey = rules.columns[index].key(ofBits: further[furtherIndex(left, index)])
            let rightKey = rules.columns[index].key(ofBits: further[furtherIndex(right, index)])
            if leftKey != rightKey { return leftKey < rightKey ? -1 : 1 }
        }
        return 0
    }

    /// Whether an entry stands before a new one of the same key.
    func precedes(_ existing: UInt32, _ new: UInt32) -> Bool {
        let order = compareFurther(existing, new)
        if order != 0 { return order < 0 }
        switch rules.tie {
        case .first, .sharedWithGap, .sharedDense: return true
        case .last: return false
        case .member: return members.isName(of: member(of: existing), before: member(of: new))
        }
    }

    // MARK: Hash

    func hash(of slot: UInt32) -> ContentHash {
        hash(
            of: slot, nameHash: members.nameHash(of: member(of: slot)), key: ranking.forest.key(of: slot)!,
            time: updatedAt[Int(slot)])
    }

    /// As above, with what is known of the entry already.
    func hash(of slot: UInt32, nameHash: UInt64, key: UInt64, time: Int64) -> ContentHash {
        if entriesArePlain { return Self.hash(nameHash: nameHash, key: key, time: time) }
        var hasher = ContentHasher(seed: nameHash)
        hasher.combine(key)
        hasher.combine(UInt64(bitPattern: time))
        for index in 1..<max(rules.columns.count, 1) { hasher.combine(further[furtherIndex(slot, index)]) }
        if let bytes = metadata[slot] { hasher.combine(checksum(of: bytes)) }
        for slice in slices { hasher.combine(UInt64(slice.forest.tree(of: slot) ?? 0)) }
        return hasher.finalize()
    }

    /// No entry has more than a score and a time.
    var entriesArePlain: Bool { rules.hasOneColumn && slices.isEmpty && metadata.isEmpty }

    @inline(__always)
    static func hash(nameHash: UInt64, key: UInt64, time: Int64) -> ContentHash {
        var hasher = ContentHasher(seed: nameHash)
        hasher.combine(key)
        hasher.combine(UInt64(bitPattern: time))
        return hasher.finalize()
    }
}
