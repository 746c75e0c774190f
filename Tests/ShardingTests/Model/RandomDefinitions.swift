import Leaderboards
import TestSupport

/// Definitions and values at random, small enough that ties, sums and seasons meet all the time.
struct RandomDefinitions {
    /// Half a day before clocks in Oslo are put back.
    static let start = Timestamp(seconds: 1_792_843_200)

    static let windows = [
        WindowDefinition(name: "daily", schedule: .every(.daily), timeZone: "Europe/Oslo"),
        WindowDefinition(
            name: "weekly", schedule: .every(.weekly), timeZone: "America/New_York", grace: .seconds(3600)),
        WindowDefinition(name: "hourly", schedule: .cron(try! CronExpression("0 * * * *")), timeZone: "Europe/Oslo"),
        WindowDefinition(
            name: "cup",
            schedule: .fixed(from: start.advanced(by: .seconds(20_000)), until: start.advanced(by: .seconds(90_000))),
            grace: .seconds(600)),
    ]
    static let dimensions = ["country", "team"]
    static let attributeValues = ["", "NO", "SE", "DK"]

    static func definition(_ random: inout SplitMix64) -> LeaderboardDefinition {
        var columns: [Column] = []
        for index in 0..<(random.chance(2) ? 1 : 1 + random.below(3)) {
            columns.append(
                Column(
                    name: "c\(index)", type: random.chance(2) ? .integer : .decimal,
                    order: random.chance(2) ? .ascending : .descending,
                    operator: random.pick(Column.Operator.allCases)))
        }
        var definition = LeaderboardDefinition(columns: columns, tie: random.pick(TieRule.allCases))
        definition.dimensions = Array(dimensions.prefix(random.below(3)))
        change(&definition, &random)
        return definition
    }

    /// Changes what may be changed later.
    static func change(_ definition: inout LeaderboardDefinition, _ random: inout SplitMix64) {
        definition.windows = random.chance(3) ? [] : windows.shuffled(using: &random).prefix(random.below(4)).map { $0 }
        for index in definition.columns.indices {
            let isBounded = random.chance(4)
            let isInteger = definition.columns[index].type == .integer
            definition.columns[index].minimum = isBounded ? (isInteger ? .integer(-2) : .decimal(-1.5)) : nil
        }
    }

    static func value(of column: Column, _ random: inout SplitMix64) -> Column.Value {
        let small = Int64(random.below(8)) - 3
        switch column.type {
        case .integer: return random.chance(80) ? .integer(random.chance(2) ? .max : .min) : .integer(small)
        case .decimal:
            if random.chance(80) { return .decimal(random.chance(2) ? .greatestFiniteMagnitude : -1e300) }
            return random.chance(3) ? .integer(small) : .decimal(Double(small) / 2)
        }
    }

    static func user(_ random: inout SplitMix64) -> String {
        let number = random.below(36)
        return number % 9 == 0 ? "spiller-\(number)-æøå-" + String(repeating: "x", count: number * 5) : "m\(number)"
    }

    static func entrant(
        _ id: String, _ definition: LeaderboardDefinition, now: Timestamp, _ random: inout SplitMix64
    ) -> Entrant {
        var entrant = Entrant(leaderboard: id, user: user(&random), score: [])
        entrant.score = definition.columns.map { value(of: $0, &random) }
        if random.chance(60) { entrant.score.append(.integer(1)) }
        if random.chance(40) { entrant.score[0] = .decimal(0.25) }
        switch random.below(12) {
        case 0: entrant.at = now.advanced(by: .seconds(-random.below(100_000)))
        case 1: entrant.at = now.advanced(by: .seconds(random.below(400)))
        case 2: entrant.at = now.advanced(by: .seconds(-random.below(4000)))
        default: break
        }
        if random.chance(6) { entrant.metadata = "{\"run\":\(random.below(100))}" }
        for dimension in definition.dimensions where random.chance(3) {
            entrant.attributes.append((dimension, random.pick(attributeValues)))
        }
        if random.chance(80) { entrant.attributes.append(("planet", "mars")) }
        if random.chance(8) { entrant.requestKey = "key-\(random.below(30))" }
        return entrant
    }
}
