package import Leaderboards
import RankTrees

extension Shard {
    /// Creates a leaderboard. `seed` is a random number, which becomes part of the record.
    package func create(
        _ key: LeaderboardKey, _ definition: LeaderboardDefinition, seed: UInt64, into record: inout RecordBuilder
    ) throws(Refusal) -> LeaderboardDescription {
        deleteIfExpired(key, into: &record)
        if numbers[key] != nil { throw .leaderboardExists }
        let problems = definition.problems()
        if !problems.isEmpty { throw .invalidDefinition(problems) }
        if leaderboards.count >= settings.leaderboardCountMax {
            throw .limitReached(what: "leaderboards of a shard", limit: settings.leaderboardCountMax)
        }
        try requireBudget(forLeaderboard: key)
        var definition = definition
        definition.version = 1
        let operation = DefineOperation(leaderboard: nextNumber, key: key, seed: seed, definition: definition)
        begin(.define, in: &record)
        operation.write(to: &record.writer)
        apply(operation)
        return try resident(key, at: record.time).description
    }

    /// Replaces a definition, if it is still the one that the caller saw. What decides the order of entries can't be
    /// changed: it would need every run ever submitted, not just the standing scores.
    package func update(
        _ key: LeaderboardKey, _ definition: LeaderboardDefinition, replacing version: UInt32,
        into record: inout RecordBuilder
    ) throws(Refusal) -> LeaderboardDescription {
        let leaderboard = try resident(key, at: record.time)
        let current = leaderboard.definition
        if current.version != version { throw .versionConflict(current: current.version) }
        // It keeps less of its entries than a leaderboard does.
        if current.isPlainSet { throw .immutable(field: "definition of a plain sorted set") }
        let problems = definition.problems()
        if !problems.isEmpty { throw .invalidDefinition(problems) }
        try checkUnchanged(current, definition)
        try checkReturning(definition, leaderboard)
        var definition = definition
        definition.version = current.version + 1
        let operation = RedefineOperation(leaderboard: leaderboard.number, definition: definition)
        begin(.redefine, in: &record)
        operation.write(to: &record.writer)
        apply(operation)
        return leaderboard.description
    }

    /// Deletes a leaderboard with all its boards.
    package func delete(_ key: LeaderboardKey, into record: inout RecordBuilder) throws(Refusal) {
        guard let number = numbers[key], !isExpired(key, at: record.time) else { throw .unknownLeaderboard }
        begin(.deleteLeaderboard, in: &record)
        record.writer.writeVarint(UInt64(number))
        applyDeletion(of: number)
    }

    /// Removes a member from every open board.
    package func removeEntry(
        _ key: LeaderboardKey, user: [UInt8], into record: inout RecordBuilder
    ) throws(Refusal) {
        let leaderboard = try resident(key, at: record.time)
        let wasThere = user.withUnsafeBytes { bytes in
            guard let member = leaderboard.members.table.find(bytes), leaderboard.isInOpenBoard(member) else {
                return false
            }
            let operation = RemovalOperation(leaderboard: leaderboard.number, user: bytes)
            begin(.removeEntry, in: &record)
            operation.write(to: &record.writer)
            return apply(operation)
        }
        if !wasThere { throw .unknownUser }
    }

    func apply(_ operation: DefineOperation) {
        nextNumber = max(nextNumber, operation.leaderboard + 1)
        let leaderboard = Leaderboard(
            number: operation.leaderboard, key: operation.key, seed: operation.seed, definition: operation.definition,
            createdAt: time, updatedAt: time, limits: limits)
        let account = usage.account(of: operation.key.project)
        account.counters.leaderboardsCreated &+= 1
        account.holdings.leaderboards += 1
        leaderboard.account = account
        leaderboards[operation.leaderboard] = .resident(leaderboard)
        numbers[operation.key] = operation.leaderboard
        lastTarget = nil
        changed(leaderboard)
    }

    func apply(_ operation: RedefineOperation) {
        let leaderboard = residentLeaderboard(operation.leaderboard)
        requests.rewrite(
            of: leaderboard.number, types: leaderboard.definition.columns.map(\.type),
            windows: leaderboard.definition.windows, to: operation.definition.windows)
        leaderboard.redefine(operation.definition, at: time)
        changed(leaderboard)
    }

    func applyDeletion(of number: UInt32) {
        guard let residency = leaderboards.removeValue(forKey: number) else { return }
        numbers[residency.key] = nil
        deletions.add(residency.key, number: number)
        deadlines[number] = nil
        let size: LeaderboardSize
        switch residency {
        case .resident(let leaderboard):
            pendingRetirements += leaderboard.stored?.all ?? []
            size = leaderboard.countedSize
        case .stored(let stored):
            storedCount -= 1
            size = stored.size
        }
        let account = usage.account(of: residency.key.project)
        account.counters.leaderboardsDeleted &+= 1
        account.holdings.leaderboards -= 1
        account.count(LeaderboardSize(), insteadOf: size)
        lastTarget = nil
        isDirty = true
    }

    func apply(_ operation: RemovalOperation) -> Bool {
        let leaderboard = residentLeaderboard(operation.leaderboard)
        let wasThere = leaderboard.remove(operation.user)
        if wasThere, leaderboard.isPlainSet { leaderboard.account?.counters.setEntriesChanged &+= 1 }
        changed(leaderboard)
        return wasThere
    }

    /// A window that was taken away and comes back must have the seasons it had: they are kept under its name.
    private func checkReturning(
        _ new: LeaderboardDefinition, _ leaderboard: Leaderboard
    ) throws(Refusal) {
        for window in new.windows where !leaderboard.definition.windows.contains(where: { $0.name == window.name }) {
            for slot in leaderboard.seasons where slot.window == window.name {
                if window.season(at: slot.season.start) != slot.season {
                    throw .immutable(field: "windows.\(window.name)")
                }
            }
        }
    }

    func checkUnchanged(
        _ current: LeaderboardDefinition, _ new: LeaderboardDefinition
    ) throws(Refusal) {
        func shape(_ column: Column) -> Column {
            Column(name: column.name, type: column.type, order: column.order, operator: column.operator)
        }
        if current.columns.map(shape) != new.columns.map(shape) { throw .immutable(field: "columns") }
        if current.tie != new.tie { throw .immutable(field: "tie") }
        if current.dimensions != new.dimensions { throw .immutable(field: "dimensions") }
        for window in new.windows {
            if let old = current.windows.first(where: { $0.name == window.name }),
                old.schedule != window.schedule || old.timeZone != window.timeZone
            {
                throw .immutable(field: "windows.\(window.name)")
            }
        }
    }
}

extension Leaderboard {
    func isInOpenBoard(_ member: UInt32) -> Bool {
        allTime.slot(of: member) != nil || seasons.contains { !$0.isClosed && $0.board?.slot(of: member) != nil }
    }
}
