/// When a window's seasons begin and end, in the window's local time.
package enum WindowSchedule: Hashable, Sendable {
    /// One season that holds everything.
    case allTime
    /// Every n days, weeks, months or years.
    case every(CalendarCycle)
    /// From each firing to the next.
    case cron(CronExpression)
    /// One season; scores before and after it do not count.
    case fixed(from: Timestamp, until: Timestamp)
}

extension WindowSchedule {
    func problems(at field: String) -> [DefinitionProblem] {
        switch self {
        case .allTime, .cron: return []
        case .every(let cycle): return cycle.problems(at: field)
        case .fixed(let from, let until):
            var problems: [DefinitionProblem] = []
            for (name, instant) in [("from", from), ("until", until)] where !Timestamp.accepted.contains(instant) {
                problems.append(
                    DefinitionProblem(
                        field: path(field, name), code: "range", message: "\(name) lies in the years 0001 to 9999."))
            }
            if until <= from {
                problems.append(
                    DefinitionProblem(
                        field: path(field, "until"), code: "range", message: "The window ends before it begins."))
            }
            return problems
        }
    }
}

func path(_ parent: String, _ name: String) -> String { parent.isEmpty ? name : "\(parent).\(name)" }
