package import Leaderboards

// Seasons open when the first score falls into them, and close exactly once, when their time has come: both by an
// operation of a record, so that every replica agrees on when.
extension Shard {
    /// When `closeDueSeasons` has something to do next.
    package var nextDeadline: Timestamp? {
        var next: Timestamp?
        for residency in leaderboards.values {
            let closing: Timestamp? =
                switch residency {
                case .resident(let leaderboard): leaderboard.nextClosing
                case .stored(let stored): stored.nextClosing
                }
            if let closing { next = min(next ?? closing, closing) }
        }
        return next
    }

    /// Seals seasons whose time has come: as many as a record takes well, so that midnight does not make one too large.
    ///
    /// Precondition: what `missingForClosing(at:)` names was loaded, or shall wait. Answers how many were sealed.
    @discardableResult
    package func closeDueSeasons(into record: inout RecordBuilder) -> Int {
        var count = 0
        for number in sortedNumbers {
            guard case .resident(let leaderboard)? = leaderboards[number],
                let next = leaderboard.nextClosing, next <= record.time
            else { continue }
            for slot in leaderboard.seasons where !slot.isClosed && slot.closesAt <= record.time {
                if record.byteCount >= RecordBuilder.closingByteCountMax { return count }
                let operation = CloseSeasonOperation(
                    leaderboard: number, window: slot.window, season: slot.season.id,
                    entryCount: slot.board?.count ?? 0, content: slot.board?.content ?? .zero)
                begin(.closeSeason, in: &record)
                operation.write(to: &record.writer)
                apply(operation)
                count += 1
            }
        }
        return count
    }

    /// The season of `window` at `at`, if it must be opened first. Refuses a score for one that is closed.
    func seasonToOpen(
        of window: WindowDefinition, at: Timestamp, in leaderboard: Leaderboard
    ) throws(Refusal) -> Season? {
        if let index = leaderboard.index(ofSeasonAt: at, window: window.name) {
            let slot = leaderboard.seasons[index]
            if slot.isClosed { throw .seasonClosed(window: window.name, season: slot.season.id) }
            return nil
        }
        // Outside of a fixed window's dates there is no season, and the score counts elsewhere only.
        guard let season = window.season(at: at) else { return nil }
        if leaderboard.openSeasonCount(of: window.name) >= settings.openSeasonCountMax {
            throw .limitReached(what: "open seasons of a window", limit: settings.openSeasonCountMax)
        }
        return season
    }

    func open(
        _ season: Season, of window: WindowDefinition, in leaderboard: Leaderboard, into record: inout RecordBuilder
    ) {
        var closesAt = window.closing(of: season) ?? .never
        if closesAt <= record.time { closesAt = record.time.advanced(by: settings.backfillGrace) }
        let operation = OpenSeasonOperation(
            leaderboard: leaderboard.number, window: window.name, season: season.id, start: season.start,
            end: season.end ?? .never, closesAt: closesAt)
        begin(.openSeason, in: &record)
        operation.write(to: &record.writer)
        apply(operation)
    }

    func apply(_ operation: OpenSeasonOperation) {
        let leaderboard = residentLeaderboard(operation.leaderboard)
        leaderboard.openSeason(operation)
        changed(leaderboard)
    }

    func apply(_ operation: CloseSeasonOperation) {
        let leaderboard = residentLeaderboard(operation.leaderboard)
        guard let index = leaderboard.index(ofSeason: operation.season, window: operation.window) else { return }
        leaderboard.closeSeason(at: index)
        changed(leaderboard)
    }

    /// Begins an operation. The shard's time is that of its last record, so it moves only when something is logged:
    /// a command that changes nothing must leave no trace that a replay would not find.
    func begin(_ tag: OperationTag, in record: inout RecordBuilder) {
        advanceTime(to: record.time)
        record.begin(tag)
    }

    func advanceTime(to now: Timestamp) {
        guard now > time else { return }
        time = now
        requests.forget(before: now)
        uploads.forget(before: now)
    }
}
