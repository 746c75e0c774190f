/// A window of a leaderboard as a tenant defines it: a name, a schedule, a time zone, and patience for late scores.
///
/// Plain data that may be wrong: `problems(at:)` tells in what way. Only a sound definition has a `calendar`.
package struct WindowDefinition: Hashable, Sendable {
    /// 1 to 64 of `A-Z a-z 0-9 _ -`.
    package let name: String
    package let schedule: WindowSchedule
    /// An IANA name such as `Europe/Oslo`, or `UTC`.
    package let timeZone: String
    /// For how long after a season's end scores that were made within it are still taken. 0 to 7 days.
    package let grace: Duration
    /// Nil if the schedule or the time zone is wrong.
    package let calendar: SeasonCalendar?

    package init(name: String, schedule: WindowSchedule, timeZone: String = "UTC", grace: Duration = .zero) {
        self.name = name
        self.schedule = schedule
        self.timeZone = timeZone
        self.grace = grace
        calendar = TimeZoneRules(id: timeZone).flatMap { SeasonCalendar(schedule, in: $0) }
    }

    package static let nameByteCountMax = 64
    package static let graceMax = Duration.seconds(7 * 86_400)

    /// What the window that every leaderboard has is called, and its only season; no other window may be.
    package static let allTimeName = "all-time"
    package static let allTime = WindowDefinition(name: allTimeName, schedule: .allTime)
}

extension WindowDefinition {
    /// Everything that is wrong with the window, which stands at `field` of its document.
    package func problems(at field: String) -> [DefinitionProblem] {
        var problems: [DefinitionProblem] = []
        func problem(_ name: String, _ code: String, _ message: String) {
            problems.append(DefinitionProblem(field: path(field, name), code: code, message: message))
        }
        if !(1...Self.nameByteCountMax).contains(name.utf8.count) || !name.utf8.allSatisfy(isNameByte) {
            problem("name", "name", "A name is 1 to 64 of the characters A-Z a-z 0-9 _ -.")
        }
        if (name == Self.allTimeName) != (schedule == .allTime) {
            problem(
                "name", "reserved", "'\(Self.allTimeName)' is the one window without resets; every leaderboard has it.")
        }
        problems += schedule.problems(at: field)
        if TimeZoneRules(id: timeZone) == nil {
            problem("timezone", "time_zone", "A time zone is UTC or an IANA name such as Europe/Oslo.")
        }
        if grace < .zero || grace > Self.graceMax {
            problem("grace_seconds", "range", "The grace is 0 to 604800 seconds, which is 7 days.")
        }
        return problems
    }
}

extension WindowDefinition {
    /// As `SeasonCalendar.season(at:)`; nil also if the definition has problems.
    package func season(at instant: Timestamp) -> Season? { calendar?.season(at: instant) }

    package func season(withID id: String) -> Season? { calendar?.season(withID: id) }

    /// As `SeasonCalendar.upcoming(_:after:)`: the next resets.
    package func upcoming(_ count: Int, after instant: Timestamp) -> [Season] {
        calendar?.upcoming(count, after: instant) ?? []
    }

    /// When a season takes no more scores: `grace` after its end. Nil if it never ends.
    package func closing(of season: Season) -> Timestamp? { season.end?.advanced(by: grace) }
}

private func isNameByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
        true
    default: false
    }
}
