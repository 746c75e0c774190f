/// A schedule in its time zone: which season an instant belongs to, and what comes next.
///
/// A value of this type proves that the schedule is sound. For a recurring schedule every accepted instant belongs to
/// exactly one season, and each season ends where the next one starts.
package struct SeasonCalendar: Hashable, Sendable {
    package let schedule: WindowSchedule
    package let timeZone: TimeZoneRules

    /// Nil if the schedule has problems.
    package init?(_ schedule: WindowSchedule, in timeZone: TimeZoneRules) {
        guard schedule.problems(at: "").isEmpty else { return nil }
        self.schedule = schedule
        self.timeZone = timeZone
    }

    /// What `upcoming` answers at most.
    package static let upcomingMax = 100
}

extension SeasonCalendar {
    /// The season that holds `instant`: nil outside a fixed window and outside `Timestamp.accepted`.
    ///
    /// Takes a microsecond or so. Whoever asks for every score keeps the last answer and tries `Season.contains` first.
    package func season(at instant: Timestamp) -> Season? {
        guard Timestamp.accepted.contains(instant) else { return nil }
        switch schedule {
        case .allTime: return .allTime
        case .fixed:
            return fixedSeason.flatMap { $0.contains(instant) ? $0 : nil }
        case .every(let cycle):
            let interval = cycle.interval(containing: instant, in: timeZone)
            return Season(id: cycle.seasonID(of: interval.step), start: interval.start, end: interval.end)
        case .cron(let expression):
            let interval = expression.interval(containing: instant, in: timeZone)
            return Season(id: minuteID(of: interval.start), start: interval.start, end: interval.end)
        }
    }

    /// The season of this name, if the schedule has it.
    package func season(withID id: String) -> Season? {
        // A name tells the first local time of its season, and that leads to the only season that can have the name.
        let local: CivilTime?
        switch schedule {
        case .allTime: return id == Season.allTime.id ? .allTime : nil
        case .fixed: return fixedSeason.flatMap { $0.id == id ? $0 : nil }
        case .every(let cycle): local = cycle.step(ofSeason: id)
        case .cron: local = localMinute(ofID: id)
        }
        guard let local, let season = season(at: timeZone.timestamp(ofLocal: local)), season.id == id else {
            return nil
        }
        return season
    }

    /// The next resets: the seasons that start after `instant`, in order, at most `count` and at most `upcomingMax`.
    package func upcoming(_ count: Int, after instant: Timestamp) -> [Season] {
        var seasons: [Season] = []
        var next = nextStart(after: instant)
        while seasons.count < min(count, Self.upcomingMax), let start = next, let season = season(at: start) {
            seasons.append(season)
            next = nextStart(after: start)
        }
        return seasons
    }

    private func nextStart(after instant: Timestamp) -> Timestamp? {
        switch schedule {
        case .allTime: nil
        case .fixed(let from, _): instant < from ? from : nil
        case .every, .cron: season(at: instant)?.end
        }
    }

    private var fixedSeason: Season? {
        guard case .fixed(let from, let until) = schedule else { return nil }
        return Season(id: minuteID(of: from), start: from, end: until)
    }
}

/// Seasons of cron and fixed windows are called by what the clocks show when they start, `2026-11-23T04:00`.
///
/// Unique although an hour may occur twice: a season starts at the first instant that shows its time *or later*, and no
/// other season can do so at the same reading.
extension SeasonCalendar {
    private func minuteID(of start: Timestamp) -> String {
        let local = timeZone.local(at: start)
        return "\(local.date)T\(local.timeOfDay)"
    }

    private func localMinute(ofID id: String) -> CivilTime? {
        var id = id
        return id.withUTF8 { bytes in
            var reader = DigitReader(UnsafeRawBufferPointer(bytes))
            guard let date = reader.date(), reader.skip("T"), let time = reader.timeOfDay(), reader.isAtEnd else {
                return nil
            }
            return CivilTime(date, at: time)
        }
    }
}
