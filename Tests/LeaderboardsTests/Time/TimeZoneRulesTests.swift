import Leaderboards
import Testing

@Suite struct TimeZoneRulesTests {
    @Test func `Offsets are those of the IANA database`() throws {
        for row in CalendarGolden.rows(CalendarGolden.offsets) {
            let rules = try #require(TimeZoneRules(id: row[0]))
            #expect(rules.offsetSeconds(at: instant(row[1])) == Int(row[2]), "\(row)")
        }
    }

    @Test(arguments: ["UTC", "Europe/Oslo", "America/Argentina/Buenos_Aires", "Asia/Calcutta", "Etc/UTC", "Etc/GMT+3"])
    func `IANA names are known`(id: String) {
        #expect(TimeZoneRules(id: id)?.id == id)
    }

    @Test(arguments: [
        "", "Oslo", "europe/oslo", "Europe/Atlantis", "GMT", "GMT+2", "GMT+0200", "+02:00", "CET", "EST", "PST", "utc",
        "Z",
        "Etc/Unknown", "SystemV/PST8PDT", "../etc/passwd", "Europe/Oslo ", "Europe/Oslo\0",
        String(repeating: "Europe/", count: 100),
    ])
    func `Anything but an IANA name is refused`(id: String) {
        #expect(TimeZoneRules(id: id) == nil)
    }

    @Test(arguments: [
        // Clocks in Oslo are put forward from 02:00 to 03:00 on the last Sunday of March.
        ("Europe/Oslo", "2026-03-29T01:59:59.999", "2026-03-29T00:59:59.999Z"),
        ("Europe/Oslo", "2026-03-29T02:00:00", "2026-03-29T01:00:00Z"),
        ("Europe/Oslo", "2026-03-29T02:30:00", "2026-03-29T01:00:00Z"),
        ("Europe/Oslo", "2026-03-29T03:00:00", "2026-03-29T01:00:00Z"),
        ("Europe/Oslo", "2026-03-29T03:00:00.001", "2026-03-29T01:00:00.001Z"),
        // Half an hour in Lord Howe, midnight in São Paulo, and a whole day in Samoa.
        ("Australia/Lord_Howe", "2026-10-04T02:15:00", "2026-10-03T15:30:00Z"),
        ("America/Sao_Paulo", "2018-11-04T00:00:00", "2018-11-04T03:00:00Z"),
        ("Pacific/Apia", "2011-12-30T12:00:00", "2011-12-30T10:00:00Z"),
        ("Pacific/Apia", "2011-12-31T00:00:00", "2011-12-30T10:00:00Z"),
    ])
    func `A local time that is skipped is the moment of the change`(zone: String, local: String, meaning: String) throws
    {
        try expect(local, in: zone, means: meaning)
    }

    @Test(arguments: [
        ("Europe/Oslo", "2026-10-25T02:00:00", "2026-10-25T00:00:00Z"),
        ("Europe/Oslo", "2026-10-25T02:59:59.999", "2026-10-25T00:59:59.999Z"),
        ("Europe/Oslo", "2026-10-25T03:00:00", "2026-10-25T02:00:00Z"),
        ("Australia/Lord_Howe", "2026-04-05T01:45:00", "2026-04-04T14:45:00Z"),
        ("Pacific/Kwajalein", "1969-09-30T12:00:00", "1969-09-30T01:00:00Z"),
    ])
    func `A local time that occurs twice is the earlier one`(zone: String, local: String, meaning: String) throws {
        try expect(local, in: zone, means: meaning)
    }

    private func expect(_ local: String, in zone: String, means meaning: String) throws {
        let rules = try #require(TimeZoneRules(id: zone))
        #expect(rules.timestamp(ofLocal: CivilTime(instant(local + "Z"))).description == meaning)
    }

    @Test(arguments: TimeZoneSamples.ids)
    func `A reading means the first instant that shows it or later`(zone: String) throws {
        let rules = try #require(TimeZoneRules(id: zone))
        var random = SeededInstants(seed: 2)
        for _ in 0..<2000 {
            let local = CivilTime(random.instant(in: TimeZoneSamples.span))
            let answer = rules.timestamp(ofLocal: local)
            #expect(rules.local(at: answer) >= local)
            #expect(rules.local(at: Timestamp(milliseconds: answer.milliseconds - 1)) < local)
        }
    }

    @Test(arguments: TimeZoneSamples.ids)
    func `What the clocks show leads back to the instant, or to the first time they showed it`(zone: String) throws {
        let rules = try #require(TimeZoneRules(id: zone))
        var random = SeededInstants(seed: 3)
        for _ in 0..<2000 {
            let instant = random.instant(in: TimeZoneSamples.span)
            let local = rules.local(at: instant)
            let answer = rules.timestamp(ofLocal: local)
            #expect(answer <= instant)
            #expect(rules.local(at: answer) == local)
        }
    }

    @Test func `Rules are equal when their names are`() {
        #expect(TimeZoneRules(id: "UTC") == .utc)
        #expect(TimeZoneRules(id: "Europe/Oslo") == TimeZoneRules(id: "Europe/Oslo"))
        #expect(TimeZoneRules(id: "Europe/Oslo") != TimeZoneRules(id: "Europe/Berlin"))
    }
}

enum TimeZoneSamples {
    /// Places whose clocks do, or did, something unusual.
    static let ids = [
        "UTC", "Europe/Oslo", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Apia",
        "America/Sao_Paulo", "Africa/Casablanca", "Europe/Dublin", "Asia/Gaza", "Pacific/Kwajalein", "Africa/Monrovia",
        "Antarctica/Troll", "America/St_Johns", "Asia/Manila",
    ]
    static let span = instant("1890-01-01T00:00:00Z")..<instant("2080-01-01T00:00:00Z")
}
