import Leaderboards
import Testing

@Suite struct CivilTimeTests {
    @Test(arguments: [
        (0, "1970-01-01T00:00:00Z"), (1_795_463_974_000, "2026-11-23T19:59:34Z"),
        (1_795_463_974_123, "2026-11-23T19:59:34.123Z"), (1_795_463_974_007, "2026-11-23T19:59:34.007Z"),
        (-1, "1969-12-31T23:59:59.999Z"), (951_782_400_000, "2000-02-29T00:00:00Z"),
        (-62_135_596_800_000, "0001-01-01T00:00:00Z"), (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
        (253_402_300_800_000, "+10000-01-01T00:00:00Z"), (-62_135_596_800_001, "+0000-12-31T23:59:59.999Z"),
    ])
    func `An instant is written as ISO 8601`(milliseconds: Int64, text: String) {
        #expect(CivilTime(Timestamp(milliseconds: milliseconds)).iso8601 == text)
    }

    @Test func `The extremes of the type can be printed`() {
        #expect(Timestamp(milliseconds: .max).description == "+292278994-08-17T07:12:55.807Z")
        #expect(Timestamp(milliseconds: .min).description == "-292275055-05-16T16:47:04.192Z")
    }

    @Test func `Every accepted instant survives the way to civil time, to text, and back`() {
        var random = SeededInstants(seed: 1)
        for _ in 0..<20_000 {
            let instant = random.instant(in: Timestamp.accepted.lowerBound..<Timestamp.accepted.upperBound)
            #expect(CivilTime(instant).asUTC == instant)
            #expect(Timestamp(rfc3339: instant.description) == instant)
        }
    }

    @Test func `A clock that shows no such time is refused`() {
        #expect(CivilTime(year: 2026, month: 11, day: 23, hour: 24) == nil)
        #expect(CivilTime(year: 2026, month: 11, day: 23, minute: 60) == nil)
        #expect(CivilTime(year: 2026, month: 11, day: 23, second: 60) == nil)
        #expect(CivilTime(year: 2026, month: 11, day: 31) == nil)
        #expect(
            CivilTime(year: 2026, month: 11, day: 23, hour: 19, minute: 59, second: 34)?.asUTC.description
                == "2026-11-23T19:59:34Z")
    }

    @Test func `Times of day are read and written`() {
        #expect(TimeOfDay("04:05")?.description == "04:05")
        for text in ["24:00", "4:00", "04:60", "04:00:00", " 04:00", ""] { #expect(TimeOfDay(text) == nil) }
    }
}
