/// A window as people write it, in the API's JSON or in a file: `{"name": "weekly", "every": "week", "at": "04:00"}`.
///
/// Exactly one of three kinds of schedule is given: `every`, `cron`, or `from` and `until`. A key that belongs to another
/// kind is a problem rather than ignored, since whoever wrote it expected something of it.
package struct WindowDocument: Hashable, Sendable, Codable {
    /// 1 to 64 of `A-Z a-z 0-9 _ -`.
    package var name: String
    /// `day`, `week`, `month` or `year`.
    package var every: String?
    /// Every so many of them: 1 to 1000, default 1.
    package var count: Int?
    /// A date within a period that begins a season, `2026-01-05`. Default: the first that begins in 1970.
    package var anchor: String?
    /// The local time of the reset, default `00:00`.
    package var at: String?
    /// The day on which weeks begin, default `monday`.
    package var weekday: String?
    /// The day on which months and years begin, 1 to 28, default 1.
    package var day: Int?
    /// The month in which years begin, 1 to 12, default 1.
    package var month: Int?
    /// As `CronExpression` describes.
    package var cron: String?
    /// The first and the one after the last instant, RFC 3339.
    package var from: String?
    package var until: String?
    /// An IANA name, default `UTC`.
    package var timezone: String?
    /// For how long after a season's end late scores are taken: 0 to 604800, default 0.
    package var graceSeconds: Int?

    package enum CodingKeys: String, CodingKey {
        case name, every, count, anchor, at, weekday, day, month, cron, from, until, timezone
        case graceSeconds = "grace_seconds"
    }

    package init(name: String) { self.name = name }
}

extension WindowDocument {
    /// What the document says. If it is wrong, nil, and everything that is wrong is added to `problems`.
    package func definition(at field: String, problems: inout [DefinitionProblem]) -> WindowDefinition? {
        let countBefore = problems.count
        var reader = WindowDocumentReader(document: self, field: field)
        let schedule = reader.schedule()
        problems += reader.problems
        // Without a schedule the rest can still be checked, and a complaint about the name would be about the schedule.
        let definition = WindowDefinition(
            name: name, schedule: schedule ?? (name == WindowDefinition.allTimeName ? .allTime : .every(.daily)),
            timeZone: timezone ?? "UTC", grace: .seconds(graceSeconds ?? 0))
        problems += definition.problems(at: field)
        return problems.count == countBefore ? definition : nil
    }

    /// The document that says the same, with all defaults left out.
    package init(_ definition: WindowDefinition) {
        name = definition.name
        timezone = definition.timeZone == "UTC" ? nil : definition.timeZone
        graceSeconds = definition.grace == .zero ? nil : Int(definition.grace.components.seconds)
        switch definition.schedule {
        case .allTime: break
        case .cron(let expression): cron = expression.text
        case .fixed(let first, let end): (from, until) = (first.description, end.description)
        case .every(let cycle):
            every = cycle.period.rawValue
            count = cycle.count == 1 ? nil : cycle.count
            anchor = cycle.anchor?.description
            at = cycle.time == .midnight ? nil : cycle.time.description
            weekday = cycle.weekday == .monday ? nil : cycle.weekday.name
            day = cycle.day == 1 ? nil : cycle.day
            month = cycle.month == 1 ? nil : cycle.month
        }
    }
}

/// Collects problems while it reads the schedule.
private struct WindowDocumentReader {
    let document: WindowDocument
    let field: String
    var problems: [DefinitionProblem] = []

    /// Nil if there is a problem, and sometimes in spite of one a schedule.
    mutating func schedule() -> WindowSchedule? {
        let isFixed = document.from != nil || document.until != nil
        let kinds = [document.every != nil, document.cron != nil, isFixed].count { $0 }
        if kinds == 0, document.name == WindowDefinition.allTimeName { return .allTime }
        guard kinds == 1 else {
            problem(nil, "schedule", "A window has one of: every; cron; from and until.")
            return nil
        }
        refuseUnused()
        if let every = document.every { return cycle(every).map { .every($0) } }
        if let cron = document.cron { return self.cron(cron).map { .cron($0) } }
        return fixed()
    }

    private mutating func refuseUnused() {
        let period = document.every.flatMap(CalendarCycle.Period.init(rawValue:))
        // A period that is misspelt is one problem, not several.
        if document.every != nil, period == nil { return }
        refuse("count", document.count, unless: period != nil, "every")
        refuse("anchor", document.anchor, unless: period != nil, "every")
        refuse("at", document.at, unless: period != nil, "every")
        refuse("weekday", document.weekday, unless: period == .week, "every: week")
        refuse("day", document.day, unless: period == .month || period == .year, "every: month and every: year")
        refuse("month", document.month, unless: period == .year, "every: year")
    }

    private mutating func refuse(_ name: String, _ value: (some Any)?, unless isUsed: Bool, _ place: String) {
        if value != nil, !isUsed { problem(name, "unused", "\(name) has a meaning only with \(place).") }
    }

    private mutating func cycle(_ every: String) -> CalendarCycle? {
        let period = CalendarCycle.Period(rawValue: every)
        if period == nil { problem("every", "period", "The periods are day, week, month and year.") }
        let anchor = read("anchor", document.anchor, "date", "A date is written 2026-01-05.") { CivilDate($0) }
        let time = read("at", document.at, "time", "A time of day is written 04:00.") { TimeOfDay($0) }
        let weekday = read("weekday", document.weekday, "weekday", "The weekdays are monday to sunday.") { name in
            Weekday.allCases.first { $0.name == name }
        }
        return period.map {
            CalendarCycle(
                $0, count: document.count ?? 1, anchor: anchor, at: time ?? .midnight, weekday: weekday ?? .monday,
                day: document.day ?? 1, month: document.month ?? 1)
        }
    }

    private mutating func cron(_ text: String) -> CronExpression? {
        do throws(CronError) { return try CronExpression(text) } catch {
            problem("cron", "cron", error.description)
            return nil
        }
    }

    private mutating func fixed() -> WindowSchedule? {
        for (name, value) in [("from", document.from), ("until", document.until)] where value == nil {
            problem(name, "required", "from and until are given together.")
        }
        let shape = "An instant is written 2026-11-23T04:00:00Z, or with an offset such as +01:00."
        let from = read("from", document.from, "timestamp", shape) { Timestamp(rfc3339: $0) }
        let until = read("until", document.until, "timestamp", shape) { Timestamp(rfc3339: $0) }
        guard let from, let until else { return nil }
        return .fixed(from: from, until: until)
    }

    private mutating func read<Value>(
        _ name: String, _ text: String?, _ code: String, _ message: String, _ parse: (String) -> Value?
    ) -> Value? {
        guard let text else { return nil }
        let value = parse(text)
        if value == nil { problem(name, code, message) }
        return value
    }

    private mutating func problem(_ name: String?, _ code: String, _ message: String) {
        problems.append(
            DefinitionProblem(field: name.map { path(field, $0) } ?? field, code: code, message: message))
    }
}
