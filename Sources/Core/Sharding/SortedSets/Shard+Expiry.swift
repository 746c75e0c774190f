package import Leaderboards

// A plain set may have a deadline. From then on it is not there: nobody sees it, at the time of their record or question.
// It goes by an operation, like everything that goes: before its key is used again, or when `deleteExpired` comes by. So a
// replay needs no clock.
extension Shard {
    /// Gives a plain set a deadline, or takes it away. Of times that have come the caller makes a deletion.
    package func setDeadline(_ deadline: Timestamp?, of set: SortedSet, into record: inout RecordBuilder) {
        precondition(set.isPlain, "a leaderboard with a definition has no deadline")
        let operation = DeadlineOperation(leaderboard: set.leaderboard.number, deadline: deadline)
        begin(.setDeadline, in: &record)
        operation.write(to: &record.writer)
        apply(operation)
    }

    func apply(_ operation: DeadlineOperation) {
        let leaderboard = residentLeaderboard(operation.leaderboard)
        leaderboard.deadline = operation.deadline
        deadlines[operation.leaderboard] = operation.deadline
        changed(leaderboard)
    }

    /// The key is there, but its set's deadline has come.
    func isExpired(_ key: LeaderboardKey, at now: Timestamp) -> Bool {
        numbers[key].map { deadlines.isOver($0, at: now) } ?? false
    }

    /// Clears a key whose set has expired, so that something new can be made of it. One that is on disk only, as it was
    /// alive when the caller asked what is missing, stays.
    func deleteIfExpired(_ key: LeaderboardKey, into record: inout RecordBuilder) {
        guard let number = numbers[key], case .resident(let leaderboard)? = leaderboards[number],
            leaderboard.isExpired(at: record.time)
        else { return }
        delete(SortedSet(leaderboard: leaderboard), into: &record)
    }
}

// Deleting what has expired, without being asked to.
extension Shard {
    /// When `deleteExpired` has something to do next.
    package var nextExpiry: Timestamp? { deadlines.earliest }

    /// Some expired sets, and those of them that are on disk only: the lists of their pieces are to be read first.
    package func expiredSets(at now: Timestamp, countMax: Int) -> (numbers: [UInt32], stored: [StoredLeaderboard]) {
        let numbers = deadlines.due(at: now, countMax: countMax)
        let stored = numbers.compactMap { number -> StoredLeaderboard? in
            if case .stored(let stored)? = leaderboards[number] { return stored }
            return nil
        }
        return (numbers, stored)
    }

    /// Deletes those of these sets that have expired still. One on disk only goes with the pieces that it consists of; if
    /// they are not among `pieces`, it waits for the next time. Answers how many were deleted.
    package func deleteExpired(
        _ candidates: [UInt32], stored pieces: [StoredPieces] = [], into record: inout RecordBuilder
    ) -> Int {
        var count = 0
        for number in candidates where deadlines.isOver(number, at: record.time) {
            if case .stored(let stored)? = leaderboards[number] {
                guard let list = pieces.first(where: { $0.manifest == stored.manifest }) else { continue }
                pendingRetirements += list.all
            }
            begin(.deleteLeaderboard, in: &record)
            record.writer.writeVarint(UInt64(number))
            applyDeletion(of: number)
            count += 1
        }
        return count
    }

    /// What creating a leaderboard needs in memory: a set of that name that has expired, and must go first.
    package func missingForCreating(_ key: LeaderboardKey, at now: Timestamp) -> [MissingPiece] {
        isExpired(key, at: max(now, time)) ? missing(for: key) : []
    }
}
