import Leaderboards
import Testing

@Suite struct CronExpressionTests {
    @Test func `Firings are those of an independent search, minute by minute`() throws {
        for row in CalendarGolden.rows(CalendarGolden.firings, separator: "|") {
            let rules = try #require(TimeZoneRules(id: row[0]))
            let expression = try CronExpression(row[1])
            var now = instant(row[2])
            for expected in row[3].split(separator: " ") {
                let next = expression.next(after: now, in: rules)
                #expect(next.description == expected, "\(row[1]) in \(row[0]) after \(now)")
                #expect(expression.previous(atOrBefore: next, in: rules) == next)
                #expect(
                    expression.next(after: expression.previous(atOrBefore: now, in: rules), in: rules) == next,
                    "\(row[1]) in \(row[0]): the way back from \(now)")
                now = next
            }
        }
    }

    @Test(arguments: [
        ("@hourly", "2026-11-23T20:00:00Z"), ("@daily", "2026-11-24T00:00:00Z"), ("@midnight", "2026-11-24T00:00:00Z"),
        ("@weekly", "2026-11-29T00:00:00Z"), ("@monthly", "2026-12-01T00:00:00Z"), ("@Yearly", "2027-01-01T00:00:00Z"),
        ("@annually", "2027-01-01T00:00:00Z"), ("* * * * *", "2026-11-23T20:00:00Z"),
        ("0 0 * * 7", "2026-11-29T00:00:00Z"), ("0 0 * * sun", "2026-11-29T00:00:00Z"),
        ("0 0 * * FRI-SUN", "2026-11-27T00:00:00Z"), ("0 0 * * 5-7", "2026-11-27T00:00:00Z"),
        ("0 0 * * sat-7", "2026-11-28T00:00:00Z"), ("  0\t0   1  Jan  * ", "2027-01-01T00:00:00Z"),
        ("10-40/15 5 * * *", "2026-11-24T05:10:00Z"), ("0 0 29 2 *", "2028-02-29T00:00:00Z"),
        ("0 0 31 2,4 MON", "2027-02-01T00:00:00Z"),
    ])
    func `Fields take names, lists, ranges and steps`(text: String, next: String) throws {
        let expression = try CronExpression(text)
        #expect(expression.next(after: instant("2026-11-23T19:59:34Z"), in: .utc).description == next)
    }

    @Test(arguments: [
        ("", CronError.Field.expression), ("* * * *", .expression), ("* * * * * *", .expression),
        ("@often", .expression),
        ("@daily 5", .expression), (String(repeating: "*", count: 300), .expression),
        ("60 * * * *", .minute), ("-1 * * * *", .minute), ("+1 * * * *", .minute), ("a * * * *", .minute),
        ("1,,2 * * * *", .minute), ("5/15 * * * *", .minute), ("*/0 * * * *", .minute), ("*/60 * * * *", .minute),
        ("*/ * * * *", .minute), ("*/5/5 * * * *", .minute), ("40-10 * * * *", .minute), ("1-2-3 * * * *", .minute),
        ("001 * * * *", .minute), ("** * * * *", .minute), ("* 24 * * *", .hour), ("* * 0 * *", .dayOfMonth),
        ("* * 32 * *", .dayOfMonth), ("* * L * *", .dayOfMonth), ("* * * 13 *", .month), ("* * * januar *", .month),
        ("* * * * 8", .dayOfWeek), ("* * * * mon#1", .dayOfWeek),
        ("0 0 30 2 *", .dayOfMonth), ("0 0 31 4,6,9,NOV *", .dayOfMonth), ("0 0 30-31 FEB */2", .dayOfMonth),
    ])
    func `A wrong expression is refused, and the field named`(text: String, field: CronError.Field) {
        let error = #expect(throws: CronError.self) { try CronExpression(text) }
        #expect(error?.field == field)
        #expect(error?.reason.hasSuffix(".") == true)
    }

    @Test func `The reason says what would be right`() {
        let error = #expect(throws: CronError.self) { try CronExpression("0 0 * * monday") }
        #expect(error?.description == "day of week: 'monday' is not a number from 0 to 7 or a name like MON.")
        let step = #expect(throws: CronError.self) { try CronExpression("5/15 * * * *") }
        #expect(step?.description == "minute: A step follows * or a range: 5-59/15, not 5/15.")
    }

    @Test func `Days match either field when both are restricted, and both when one begins with a star`() throws {
        func days(_ text: String) throws -> [Int] {
            let expression = try CronExpression(text)
            var now = instant("2026-10-31T23:59:00Z")
            var days: [Int] = []
            while true {
                now = expression.next(after: now, in: .utc)
                guard CivilTime(now).month == 11 else { return days }
                days.append(CivilTime(now).day)
            }
        }
        #expect(try days("0 0 1,15 * MON") == [1, 2, 9, 15, 16, 23, 30])
        #expect(try days("0 0 * * MON") == [2, 9, 16, 23, 30])
        #expect(try days("0 0 1,15 * *") == [1, 15])
        #expect(try days("0 0 */2 * MON") == [9, 23])
        #expect(try days("0 0 1-9 * */2") == [1, 3, 5, 7, 8])
    }

    @Test func `The rarest expression fires once in forty years, and is found from both sides`() throws {
        let expression = try CronExpression("0 0 29 2 */7")
        let firing = instant("2088-02-29T00:00:00Z")
        let following = instant("2128-02-29T00:00:00Z")
        #expect(expression.next(after: firing, in: .utc) == following)
        #expect(
            expression.previous(atOrBefore: Timestamp(milliseconds: following.milliseconds - 1), in: .utc) == firing)
    }
}
