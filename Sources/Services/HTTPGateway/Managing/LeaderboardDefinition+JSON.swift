import Leaderboards
import Sharding

/// A definition as `DefinitionReader` reads it: reading what was written gives the same definition.
extension LeaderboardDefinition {
    /// Without id and version.
    var json: JSONValue { .object(members) }

    fileprivate var members: [JSONValue.Member] {
        [
            JSONValue.Member("columns", .array(columns.map(\.json))),
            JSONValue.Member("tie", word(tie, DefinitionReader.ties)),
            JSONValue.Member("windows", .array(windows.map(\.json))),
            JSONValue.Member("dimensions", .array(dimensions.map(JSONValue.string))),
        ]
    }
}

extension Column {
    fileprivate var json: JSONValue {
        .object([
            JSONValue.Member("name", .string(name)),
            JSONValue.Member("type", word(type, DefinitionReader.types)),
            JSONValue.Member("order", word(order, DefinitionReader.orders)),
            JSONValue.Member("operator", word(self.operator, DefinitionReader.operators)),
            JSONValue.Member("min", minimum.map(JSONValue.number) ?? .null),
            JSONValue.Member("max", maximum.map(JSONValue.number) ?? .null),
        ])
    }
}

extension WindowDefinition {
    fileprivate var json: JSONValue {
        .object(
            [JSONValue.Member("name", .string(name))] + schedule.members + [
                JSONValue.Member("timezone", .string(timeZone)),
                JSONValue.Member("grace", .integer(Int(grace.components.seconds))),
            ])
    }
}

extension WindowSchedule {
    fileprivate var members: [JSONValue.Member] {
        switch self {
        case .allTime: [JSONValue.Member("every", .string("all_time"))]
        case .cron(let expression): [JSONValue.Member("cron", .string(expression.text))]
        case .fixed(let from, let until):
            [
                JSONValue.Member("from", .string(from.description)),
                JSONValue.Member("until", .string(until.description)),
            ]
        case .every(let cycle):
            [
                JSONValue.Member("every", word(cycle.period, DefinitionReader.periods)),
                JSONValue.Member("count", .integer(cycle.count)),
                JSONValue.Member("starting", .optional(cycle.anchor?.description)),
                JSONValue.Member("at", .string(cycle.time.description)),
                JSONValue.Member("weekday", word(cycle.weekday, DefinitionReader.weekdays)),
                JSONValue.Member("day", .integer(cycle.day)),
                JSONValue.Member("month", .integer(cycle.month)),
            ]
        }
    }
}

private func word<Value: Equatable>(_ value: Value, _ choices: [(String, Value)]) -> JSONValue {
    .optional(choices.first { $0.1 == value }?.0)
}

extension LeaderboardDescription {
    /// The definition with what the service knows of it.
    var members: [JSONValue.Member] {
        [JSONValue.Member("id", .string(key.id))] + definition.members + [
            JSONValue.Member("version", .integer(Int(definition.version))),
            JSONValue.Member("entry_count", .integer(entryCount)),
            JSONValue.Member("created_at", .string(createdAt.description)),
            JSONValue.Member("updated_at", .string(updatedAt.description)),
        ]
    }
}
