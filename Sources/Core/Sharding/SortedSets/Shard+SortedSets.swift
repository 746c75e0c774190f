package import Leaderboards
import RankTrees

// Sorted sets: what the Redis protocol's commands are made of. Preconditions: what `missing(for:)` names was loaded.
extension Shard {
    /// What became of an entry.
    package enum SetChange: Sendable {
        case added, changed, unchanged
    }

    /// The set of a key; none if its deadline has come by `now`, the time of the record or question.
    package func sortedSet(_ key: LeaderboardKey, at now: Timestamp) -> SortedSet? {
        guard let number = numbers[key] else { return nil }
        let leaderboard = residentLeaderboard(number)
        if leaderboard.isExpired(at: now) { return nil }
        leaderboard.lastUse = time
        return SortedSet(leaderboard: leaderboard)
    }

    /// Gives a member a score. Of a leaderboard that has a definition, its rules decide what the score becomes.
    ///
    /// - Parameters:
    ///   - set: the set of `key`; if there is none, a plain one is made
    ///   - known: the member's slot, if it was looked up
    ///   - seed: a random number, which may serve for several sets
    ///   - isExempt: whether the project's plan was looked at before
    package func set(
        _ member: UnsafeRawBufferPointer, known: UInt32? = nil, to score: Double, in set: inout SortedSet?,
        of key: LeaderboardKey,
        seed: UInt64, isExempt: Bool = false, into record: inout RecordBuilder
    ) throws(Refusal) -> SetChange {
        guard 1...LeaderboardDefinition.userByteCountMax ~= member.count else { throw .unknownUser }
        let target: SortedSet
        if let set {
            target = set
            if !isExempt, target.isPlain { try requireBudget(forEntryOf: member, known: known, in: target.leaderboard) }
        } else {
            if !isExempt { try requireBudget(forLeaderboard: key, member: member) }
            target = try makeSortedSet(key, seed: seed, into: &record)
        }
        set = target
        guard target.isPlain else { return try submit(member, score, to: target, into: &record) }
        let leaderboard = target.leaderboard
        let bits = target.bits(of: score)
        let outcome = enter(member, known: known, bits: bits, into: leaderboard)
        guard let outcome else { return .unchanged }
        begin(.setEntry, in: &record)
        SetEntryOperation(leaderboard: leaderboard.number, member: member, bits: bits).write(to: &record.writer)
        record.writer.writeVarint(UInt64(outcome.newRank))
        return outcome.oldRank == nil ? .added : .changed
    }

    /// Gives a member of a plain set a score, live or replayed. Nil if it has that score.
    func enter(
        _ member: UnsafeRawBufferPointer, known: UInt32? = nil, bits: UInt64, into leaderboard: Leaderboard
    ) -> RankForest.Outcome? {
        let slot = known ?? leaderboard.members.member(named: member)
        let board = leaderboard.allTime
        let outcome: RankForest.Outcome?
        if board.takesScoresOnly {
            outcome = board.place(
                slot, nameHash: leaderboard.members.table.hash(of: member),
                key: leaderboard.rules.first.key(ofBits: bits))
        } else {
            outcome = enterWithDetours(slot, bits: bits, into: board)
        }
        if outcome != nil {
            leaderboard.account?.counters.setEntriesChanged &+= 1
            changed(leaderboard)
        }
        return outcome
    }

    /// Where something was entered over HTTP that has more than a score.
    private func enterWithDetours(_ slot: UInt32, bits: UInt64, into board: Board) -> RankForest.Outcome? {
        var score = Score()
        score.append(bits: bits, type: .decimal)
        if let existing = board.slot(of: slot), board.score(of: existing) == score { return nil }
        let content = Board.Content(score: score, at: time, metadata: UnsafeRawBufferPointer(start: nil, count: 0))
        let placed = board.enter(slot, content, values: [])
        return RankForest.Outcome(
            oldRank: placed.previousRank.map { $0.number - 1 }, newRank: placed.rank.number - 1)
    }

    /// Takes a member's entry away, and a plain set with its last one. False if the member has none.
    package func remove(
        _ member: UnsafeRawBufferPointer, from set: SortedSet, into record: inout RecordBuilder
    ) -> Bool {
        guard set.score(of: member) != nil else { return false }
        let operation = RemovalOperation(leaderboard: set.leaderboard.number, user: member)
        begin(.removeEntry, in: &record)
        operation.write(to: &record.writer)
        _ = apply(operation)
        if set.isPlain, set.count == 0 { delete(set, into: &record) }
        return true
    }

    /// Deletes a set, or a leaderboard with all its boards.
    package func delete(_ set: SortedSet, into record: inout RecordBuilder) {
        begin(.deleteLeaderboard, in: &record)
        record.writer.writeVarint(UInt64(set.leaderboard.number))
        applyDeletion(of: set.leaderboard.number)
    }

    private func makeSortedSet(
        _ key: LeaderboardKey, seed: UInt64, into record: inout RecordBuilder
    ) throws(Refusal) -> SortedSet {
        deleteIfExpired(key, into: &record)
        precondition(numbers[key] == nil, "there is one")
        if leaderboards.count >= settings.leaderboardCountMax {
            throw .limitReached(what: "leaderboards of a shard", limit: settings.leaderboardCountMax)
        }
        let seed = seed &+ UInt64(nextNumber) &* 0x9E37_79B9_7F4A_7C15
        let operation = DefineOperation(leaderboard: nextNumber, key: key, seed: seed, definition: .plainSet)
        begin(.define, in: &record)
        operation.write(to: &record.writer)
        apply(operation)
        return SortedSet(leaderboard: residentLeaderboard(operation.leaderboard))
    }

    private func submit(
        _ member: UnsafeRawBufferPointer, _ score: Double, to set: SortedSet, into record: inout RecordBuilder
    ) throws(Refusal) -> SetChange {
        let key = set.leaderboard.key
        var batch = SubmissionBatch()
        var submission = Submission()
        submission.leaderboard = batch.append(key.id.utf8)
        submission.user = batch.append(member)
        if set.leaderboard.rules.first.type == .integer, let integer = Int64(exactly: score) {
            submission.score.append(.integer(integer))
        } else {
            submission.score.append(.decimal(score))
        }
        batch.submissions.append(submission)
        let outcome = submit(batch, at: 0..<1, project: key.project, upload: nil, into: &record)[0]
        switch outcome.status {
        case .refused(let refusal): throw refusal
        case .unchanged: return .unchanged
        case .accepted: return outcome.previousScore == nil ? .added : .changed
        }
    }
}
