import Leaderboards

/// Reads a leaderboard's definition from JSON and tells everything that is wrong with it together.
struct DefinitionReader {
    private(set) var problems: [DefinitionProblem] = []

    /// The id, if the document has one, and the definition. Precondition of their use: there are no problems.
    mutating func read(_ document: JSONValue) -> (id: String?, definition: LeaderboardDefinition) {
        var fields = fields(of: document, at: "")
        let id = text(fields.take("id"), at: "id")
        let columns = elements(fields.take("columns"), at: "columns", countMax: Score.columnCountMax)
        let definition = LeaderboardDefinition(
            columns: columns?.enumerated().map { column($1, at: "columns[\($0)]") } ?? [Self.defaultColumn],
            tie: choice(fields.take("tie"), at: "tie", Self.ties) ?? .first,
            windows: elements(
                fields.take("windows"), at: "windows", countMax: LeaderboardDefinition.windowCountMax)?.enumerated()
                .compactMap {
                    window($1, at: "windows[\($0)]")
                } ?? [],
            dimensions: elements(
                fields.take("dimensions"), at: "dimensions", countMax: LeaderboardDefinition.dimensionCountMax)?
                .enumerated().compactMap {
                    text($1, at: "dimensions[\($0)]")
                } ?? [])
        refuse(fields, at: "")
        if let id, !LeaderboardDefinition.isID(Array(id.utf8)) {
            problem("id", .invalidName, "An id is 1 to 128 of the characters A-Z a-z 0-9 _ - . :")
        }
        // A document that was misread would only draw complaints about what it doesn't say.
        if problems.isEmpty { problems = definition.problems() }
        return (id, definition)
    }

    /// How many problems are told: a document can have as many as it has bytes.
    static let problemCountMax = 100

    /// What a leaderboard without columns has: one score, the best one stands, more is better.
    static let defaultColumn = Column(name: "score", type: .decimal, order: .descending, operator: .best)

    static let types: [(String, Column.ValueType)] = [("integer", .integer), ("decimal", .decimal)]
    static let orders: [(String, Column.Order)] = [("desc", .descending), ("asc", .ascending)]
    static let operators: [(String, Column.Operator)] = [
        ("best", .best), ("latest", .latest), ("sum", .sum), ("min", .min), ("max", .max), ("count", .count),
    ]
    static let ties: [(String, TieRule)] = [
        ("first", .first), ("last", .last), ("shared_with_gap", .sharedWithGap), ("shared_dense", .sharedDense),
        ("member", .member),
    ]
    static let weekdays: [(String, Weekday)] = Weekday.allCases.map { ("\($0)", $0) }
    static let periods: [(String, CalendarCycle.Period)] = CalendarCycle.Period.allCases.map { ($0.rawValue, $0) }
}

extension DefinitionReader {
    private mutating func column(_ value: JSONValue, at path: String) -> Column {
        var fields = fields(of: value, at: path)
        let column = Column(
            name: required(text(fields.take("name"), at: "\(path).name"), at: "\(path).name") ?? "",
            type: choice(fields.take("type"), at: "\(path).type", Self.types) ?? .decimal,
            order: choice(fields.take("order"), at: "\(path).order", Self.orders) ?? .descending,
            operator: choice(fields.take("operator"), at: "\(path).operator", Self.operators) ?? .best,
            minimum: number(fields.take("min"), at: "\(path).min"),
            maximum: number(fields.take("max"), at: "\(path).max"))
        refuse(fields, at: path)
        return column
    }

    private mutating func window(_ value: JSONValue, at path: String) -> WindowDefinition? {
        var fields = fields(of: value, at: path)
        let name = required(text(fields.take("name"), at: "\(path).name"), at: "\(path).name")
        let timeZone = text(fields.take("timezone"), at: "\(path).timezone") ?? "UTC"
        let grace = integer(fields.take("grace"), at: "\(path).grace") ?? 0
        let schedule = schedule(&fields, at: path)
        refuse(fields, at: path)
        guard let name, let schedule else { return nil }
        // A grace that overflows as a duration is out of range all the same.
        return WindowDefinition(
            name: name, schedule: schedule, timeZone: timeZone,
            grace: .seconds(max(-1, min(grace, 1_000_000_000))))
    }

    /// `every`, `cron`, or `from` and `until`.
    private mutating func schedule(_ fields: inout [JSONValue.Member], at path: String) -> WindowSchedule? {
        if let every = fields.take("every") { return cycle(every, &fields, at: path) }
        if let cron = fields.take("cron") {
            guard let text = text(cron, at: "\(path).cron") else { return nil }
            do {
                return .cron(try CronExpression(text))
            } catch {
                problem("\(path).cron", .invalidValue, error.description)
                return nil
            }
        }
        let from = time(fields.take("from"), at: "\(path).from")
        let until = time(fields.take("until"), at: "\(path).until")
        if let from, let until { return .fixed(from: from, until: until) }
        problem(path, .missingField, "A window has every, or cron, or from and until.")
        return nil
    }

    private mutating func cycle(
        _ every: JSONValue, _ fields: inout [JSONValue.Member], at path: String
    ) -> WindowSchedule? {
        if every == .string("all_time") { return .allTime }
        let count = integer(fields.take("count"), at: "\(path).count") ?? 1
        let anchor: CivilDate? = parsed(
            fields.take("starting"), at: "\(path).starting", "A date is written 2026-11-23.", CivilDate.init)
        let time: TimeOfDay? = parsed(
            fields.take("at"), at: "\(path).at", "A time of day is written 04:00.", TimeOfDay.init)
        let weekday = choice(fields.take("weekday"), at: "\(path).weekday", Self.weekdays)
        let day = integer(fields.take("day"), at: "\(path).day") ?? 1
        let month = integer(fields.take("month"), at: "\(path).month") ?? 1
        guard let period = choice(every, at: "\(path).every", Self.periods) else { return nil }
        return .every(
            CalendarCycle(
                period, count: count, anchor: anchor, at: time ?? .midnight, weekday: weekday ?? .monday, day: day,
                month: month))
    }
}

/// Values of each kind. A wrong one is noted and counts as absent, and so does null.
extension DefinitionReader {
    private mutating func problem(_ field: String, _ code: ProblemCode, _ message: String) {
        guard problems.count < Self.problemCountMax else { return }
        problems.append(DefinitionProblem(field: field, code: code.rawValue, message: message))
    }

    private mutating func wrongType(_ value: JSONValue, at field: String, _ expected: JSONKind) {
        problem(field, .wrongType, "Expected \(expected.rawValue), not \(value.kind.rawValue).")
    }

    private mutating func fields(of value: JSONValue, at path: String) -> [JSONValue.Member] {
        if case .object(let members) = value { return members }
        wrongType(value, at: path, .object)
        return []
    }

    /// Fields that nobody has taken are unknown.
    private mutating func refuse(_ fields: [JSONValue.Member], at path: String) {
        for field in fields {
            problem(
                path.isEmpty ? field.name : "\(path).\(field.name)", .unknownField,
                "There is no field of this name here.")
        }
    }

    private mutating func required<Value>(_ value: Value?, at field: String) -> Value? {
        if value == nil, !problems.contains(where: { $0.field == field }) {
            problem(field, .missingField, "The field is required.")
        }
        return value
    }

    /// Those beyond `countMax` are not looked at.
    private mutating func elements(_ value: JSONValue?, at field: String, countMax: Int) -> [JSONValue]? {
        switch value {
        case .array(let elements):
            if elements.count > countMax { problem(field, .tooMany, "At most \(countMax) are allowed.") }
            return Array(elements.prefix(countMax))
        case nil, .null: return nil
        case let value?:
            wrongType(value, at: field, .array)
            return nil
        }
    }

    private mutating func text(_ value: JSONValue?, at field: String) -> String? {
        switch value {
        case .string(let text): return text
        case nil, .null: return nil
        case let value?:
            wrongType(value, at: field, .string)
            return nil
        }
    }

    private mutating func number(_ value: JSONValue?, at field: String) -> Column.Value? {
        switch value {
        case .number(let number): return number
        case nil, .null: return nil
        case let value?:
            wrongType(value, at: field, .number)
            return nil
        }
    }

    private mutating func integer(_ value: JSONValue?, at field: String) -> Int? {
        switch number(value, at: field) {
        case .integer(let integer): return Int(integer)
        case .decimal:
            problem(field, .wrongType, "A whole number is expected.")
            return nil
        case nil: return nil
        }
    }

    private mutating func choice<Value>(
        _ value: JSONValue?, at field: String, _ choices: [(String, Value)]
    ) -> Value? {
        guard let text = text(value, at: field) else { return nil }
        if let choice = choices.first(where: { $0.0 == text }) { return choice.1 }
        problem(field, .invalidValue, "One of \(choices.map(\.0).joined(separator: ", ")).")
        return nil
    }

    private mutating func parsed<Value>(
        _ value: JSONValue?, at field: String, _ message: String, _ parse: (String) -> Value?
    ) -> Value? {
        guard let text = text(value, at: field) else { return nil }
        if let value = parse(text) { return value }
        problem(field, .invalidValue, message)
        return nil
    }

    private mutating func time(_ value: JSONValue?, at field: String) -> Timestamp? {
        parsed(value, at: field, "A time is written as in RFC 3339: 2026-11-23T19:59:34Z.") {
            Timestamp(rfc3339: $0)
        }
    }
}

extension [JSONValue.Member] {
    fileprivate mutating func take(_ name: String) -> JSONValue? {
        guard let index = firstIndex(where: { $0.name == name }) else { return nil }
        return remove(at: index).value
    }
}
