package import Leaderboards
internal import RankTrees

extension Shard {
    /// What each project has here.
    package var holdings: [(project: String, holdings: Holdings)] { usage.sorted.map { ($0.project, $0.holdings) } }

    /// Measures projects by these budgets from now on.
    package func setBudgets(_ budget: (_ project: String) -> Budget?) {
        for account in usage.all {
            account.allowance = budget(account.project).map { Allowance($0, own: account.holdings) } ?? Allowance()
        }
    }

    /// A project's account, which may begin with this command.
    private func account(of project: String) -> UsageAccount {
        if let account = usage[project] { return account }
        let account = usage.account(of: project)
        if let budget = budgets?(project) { account.allowance = Allowance(budget, own: account.holdings) }
        return account
    }

    // MARK: Before a command becomes an operation

    /// Refuses another leaderboard or plain set, which may have a first entry.
    func requireBudget(forLeaderboard key: LeaderboardKey, member: UnsafeRawBufferPointer? = nil) throws(Refusal) {
        var growth = Holdings(leaderboards: 1, storedBytes: StoredBytes.ofLeaderboard(key))
        if let member {
            growth.entries = 1
            growth.storedBytes += Self.plainEntryBytes(nameByteCount: member.count)
        }
        try account(of: key.project).require(growth)
    }

    /// Refuses a new entry of a plain set. `known` is the member's slot, if it was looked up.
    @inline(__always)
    func requireBudget(
        forEntryOf member: UnsafeRawBufferPointer, known: UInt32?, in leaderboard: Leaderboard
    ) throws(Refusal) {
        guard let account = leaderboard.account else { return }
        let bytes = StoredBytes.ofMember(nameByteCount: member.count) + leaderboard.rules.entryBytes
        // Nearly always.
        if account.admits(entries: 1, storedBytes: bytes) { return }
        if let slot = known ?? leaderboard.members.table.find(member), leaderboard.allTime.slot(of: slot) != nil {
            return
        }
        try account.require(Holdings(entries: 1, storedBytes: bytes))
    }

    /// Refuses a submission that would make rows.
    func requireBudget(for operation: SubmissionOperation, in leaderboard: Leaderboard) throws(Refusal) {
        guard let account = leaderboard.account else { return }
        let perRow = leaderboard.rules.entryBytes + operation.metadata.count
        let perMember = StoredBytes.ofMember(nameByteCount: operation.user.count)
        let rowsMax = 1 + leaderboard.definition.windows.count
        if account.admits(entries: rowsMax, storedBytes: rowsMax * perRow + perMember) { return }
        let member = leaderboard.members.table.find(operation.user)
        let rows = leaderboard.rowsMade(by: operation, member)
        if rows == 0 { return }
        try account.require(
            Holdings(entries: rows, storedBytes: rows * perRow + (member == nil ? perMember : 0)))
    }

    /// Refuses to enter several members into a plain set, before any is entered: those of them are counted that have no entry.
    package func requireBudget(
        toEnter members: some Sequence<ArraySlice<UInt8>>, count: Int, into set: SortedSet?, of key: LeaderboardKey
    ) throws(Refusal) {
        if let set, !set.isPlain { return }
        let account = account(of: key.project)
        if set != nil, account.admits(entries: count, storedBytes: count * Self.plainEntryBytes(nameByteCount: 255)) {
            return
        }
        var growth = Holdings()
        if set == nil { growth = Holdings(leaderboards: 1, storedBytes: StoredBytes.ofLeaderboard(key)) }
        for member in Set(members) where member.withUnsafeBytes({ set?.score(of: $0) }) == nil {
            growth.entries += 1
            growth.storedBytes += Self.plainEntryBytes(nameByteCount: member.count)
        }
        try account.require(growth)
    }

    /// Refuses to put a plain set of so many members into the place of what a key has.
    package func requireBudget(
        toReplace old: SortedSet?, withMembers count: Int, nameByteCount: Int, of key: LeaderboardKey
    ) throws(Refusal) {
        var growth = Holdings(
            leaderboards: 1, entries: count,
            storedBytes: StoredBytes.ofLeaderboard(key) + count * Self.plainEntryBytes(nameByteCount: 0) + nameByteCount
        )
        if let size = old?.leaderboard.countedSize {
            growth.leaderboards = 0
            growth.entries -= size.entries
            growth.storedBytes -= size.storedBytes
        }
        try account(of: key.project).require(growth)
    }

    private static func plainEntryBytes(nameByteCount: Int) -> Int {
        StoredBytes.ofMember(nameByteCount: nameByteCount) + StoredBytes.ofEntry(columns: 1, dimensions: 0)
    }
}

extension Leaderboard {
    /// How many rows a submission adds to its boards.
    fileprivate func rowsMade(by operation: SubmissionOperation, _ member: UInt32?) -> Int {
        var rows = member.flatMap { allTime.slot(of: $0) } == nil ? 1 : 0
        for window in definition.windows {
            if let index = index(ofSeasonAt: operation.at, window: window.name) {
                let slot = seasons[index]
                // It is refused for another reason.
                if slot.isClosed { continue }
                if member.flatMap({ slot.board?.slot(of: $0) }) == nil { rows += 1 }
            } else if window.season(at: operation.at) != nil {
                rows += 1
            }
        }
        return rows
    }
}
