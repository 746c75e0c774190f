import Leaderboards
import RankTrees

extension Leaderboard {
    /// Enters a score into the all-time board and the season of every window: all of them, or none if a sum overflows.
    ///
    /// The seasons must be open. `known` is the member's slot, if it was looked up before.
    func apply(_ operation: SubmissionOperation, known: UInt32?) throws(ScoreError) -> SubmissionOutcome {
        let member = known ?? members.table.find(operation.user)
        let current = member.flatMap { allTime.slot(of: $0) }.map { allTime.score(of: $0) }
        let allTimeScore = try definition.combine(operation.score, with: current)
        if definition.windows.isEmpty, definition.dimensions.isEmpty {
            return enterAllTime(operation, member, current, allTimeScore)
        }
        var plans: [SeasonPlan] = []
        for window in definition.windows {
            guard let index = index(ofSeasonAt: operation.at, window: window.name),
                let board = seasons[index].board, !seasons[index].isClosed
            else { continue }
            let old = member.flatMap { board.slot(of: $0) }.map { board.score(of: $0) }
            plans.append(
                SeasonPlan(board: board, old: old, new: try definition.combine(operation.score, with: old)))
        }
        let known = member ?? members.member(named: operation.user)
        applyAttributes(operation.attributes, to: known)
        var outcome = enterAllTime(operation, known, current, allTimeScore)
        for plan in plans { outcome.windows.append(enter(plan, operation, known)) }
        return outcome
    }

    /// Throws what `apply` would throw.
    func check(_ operation: SubmissionOperation) throws(ScoreError) {
        guard let member = members.table.find(operation.user) else { return }
        if let slot = allTime.slot(of: member) {
            _ = try definition.combine(operation.score, with: allTime.score(of: slot))
        }
        for window in definition.windows {
            guard let index = index(ofSeasonAt: operation.at, window: window.name), let board = seasons[index].board,
                let slot = board.slot(of: member)
            else { continue }
            _ = try definition.combine(operation.score, with: board.score(of: slot))
        }
    }

    private struct SeasonPlan {
        let board: Board
        let old: Score?
        let new: Score
    }

    private func enterAllTime(
        _ operation: SubmissionOperation, _ known: UInt32?, _ old: Score?, _ new: Score
    ) -> SubmissionOutcome {
        var outcome = SubmissionOutcome(status: old == new ? .unchanged : .accepted)
        outcome.score = new
        outcome.previousScore = old
        if let known, old == new {
            outcome.rank = allTime.rank(of: known)
            outcome.previousRank = outcome.rank
            return outcome
        }
        let member = known ?? members.member(named: operation.user)
        let content = Board.Content(score: new, at: operation.at, metadata: operation.metadata)
        let placed = allTime.enter(member, content, values: values(of: member))
        outcome.rank = placed.rank
        outcome.previousRank = placed.previousRank
        return outcome
    }

    private func enter(_ plan: SeasonPlan, _ operation: SubmissionOperation, _ member: UInt32) -> WindowOutcome {
        let board = plan.board
        var outcome = WindowOutcome(
            window: board.window!, season: board.season.id, accepted: plan.old != plan.new, score: plan.new, rank: nil,
            previousRank: nil)
        if plan.old == plan.new {
            outcome.rank = board.slot(of: member).map { board.rank(of: $0) }
            outcome.previousRank = outcome.rank
            return outcome
        }
        let content = Board.Content(score: plan.new, at: operation.at, metadata: operation.metadata)
        let placed = board.enter(member, content, values: values(of: member))
        outcome.rank = placed.rank
        outcome.previousRank = placed.previousRank
        return outcome
    }

    /// Asks for the memory that submissions by these users will touch, and looks the users up: `slots[i]` becomes the
    /// slot of the name at `names[i]`, or `MemberTable.noSlot`.
    func prefetch(
        _ bytes: UnsafeRawBufferPointer, names: UnsafeBufferPointer<Range<Int>>, scores: (Int) -> UInt64,
        into slots: UnsafeMutableBufferPointer<UInt32>
    ) {
        members.table.find(bytes, at: names, into: slots)
        let column = rules.first
        withUnsafeTemporaryAllocation(of: RankForest.Change.self, capacity: names.count) { changes in
            for index in names.indices {
                // What is added up ends elsewhere than where the submitted value would stand: half of the lines help then.
                let slot = slots[index] == MemberTable.noSlot ? UInt32(members.table.slotCapacity) : slots[index]
                changes[index] = RankForest.Change(slot: slot, tree: 0, key: column.key(ofBits: scores(index)))
            }
            allTime.ranking.forest.prefetch(changes: UnsafeBufferPointer(changes))
        }
        for slot in slots where slot != MemberTable.noSlot { allTime.prefetch(slot) }
    }

    private func values(of member: UInt32) -> [UInt32] {
        if definition.dimensions.isEmpty { return [] }
        return (0..<definition.dimensions.count).map { members.value(of: member, dimension: $0) }
    }

    /// A member's values hold from now on, in every open board.
    private func applyAttributes(_ attributes: UnsafeRawBufferPointer, to member: UInt32) {
        guard !attributes.isEmpty else { return }
        _ = forEachAttribute(in: attributes) { name, value in
            guard let dimension = definition.dimensions.firstIndex(where: { name.elementsEqual($0.utf8) }) else {
                return
            }
            let number = value.isEmpty ? 0 : members.intern(Array(value), dimension: dimension)
            guard members.value(of: member, dimension: dimension) != number else { return }
            members.setValue(number, of: member, dimension: dimension)
            allTime.move(member, toValue: number, ofDimension: dimension)
            for slot in seasons where !slot.isClosed {
                slot.board?.move(member, toValue: number, ofDimension: dimension)
            }
        }
    }

    /// Takes a member out of every open board. False if it was in none.
    ///
    /// Sealed seasons keep their entries, and so the leaderboard keeps the name once there are any.
    func remove(_ user: UnsafeRawBufferPointer) -> Bool {
        guard let member = members.table.find(user) else { return false }
        var wasThere = allTime.remove(member)
        for slot in seasons where !slot.isClosed {
            if let board = slot.board, board.remove(member) { wasThere = true }
        }
        if wasThere, !seasons.contains(where: \.isClosed) { members.forget(member) }
        return wasThere
    }
}
