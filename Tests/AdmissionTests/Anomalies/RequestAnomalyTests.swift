import Admission
import TestSupport
import Testing

@Suite("Request anomalies")
struct RequestAnomalyTests {
    private let detector = AnomalyDetector()

    @Test(
        "10,000 intervals of Poisson traffic with a daily cycle raise no alarm, however much or little it is",
        arguments: [0.05, 0.5, 2, 10, 40, 150], [1, 2])
    func noFalseAlarm(mean: Double, seed: Int) {
        var traffic = Traffic(seed: seed)
        var state = AnomalyState()
        let found = detector.run(&state, 0..<10_000) { minute in
            let requests = traffic.poisson(mean * Traffic.day(minute))
            return IntervalCounts(
                requests: requests,
                errors: (0..<requests).reduce(0) { sum, _ in sum + (traffic.uniform() < 0.03 ? 1 : 0) })
        }
        #expect(found.isEmpty)
    }

    @Test(
        "ten times the requests are reported at once, at any time of the day, and once",
        arguments: [0, 360, 720, 1080], [30.0, 150])
    func surge(offset: Int, mean: Double) throws {
        var traffic = Traffic(seed: offset)
        var state = AnomalyState()
        let start = 4320 + offset
        let found = detector.run(&state, 0..<start + 1440) { minute in
            let factor: Double = start..<start + 30 ~= minute ? 10 : 1
            return IntervalCounts(requests: traffic.poisson(mean * Traffic.day(minute) * factor))
        }
        #expect(found.map(\.interval) == [start])
        let surge = try #require(found.first?.anomaly)
        #expect(surge.kind == .requestSurge && surge.deviation > 6)
        #expect(6...14 ~= surge.observed / surge.expected)
    }

    @Test("a surge with lulls is one incident; after five calm intervals the next one is another")
    func hysteresis() {
        func starts(lull: Int) -> [Int] {
            var state = AnomalyState()
            return detector.run(&state, 0..<2200) { minute in
                let isSurge = minute >= 2000 && minute < 2100 && minute % 20 >= lull
                return IntervalCounts(requests: isSurge ? 1000 : 100)
            }.map(\.interval)
        }
        #expect(starts(lull: 4) == [2004])
        #expect(starts(lull: 6) == [2006, 2026, 2046, 2066, 2086])
    }

    @Test("a level that stays becomes usual within hours, and from there on only more is a surge")
    func newLevel() {
        var state = AnomalyState()
        var traffic = Traffic(seed: 5)
        let found = detector.run(&state, 0..<5000) { minute in
            IntervalCounts(requests: traffic.poisson(minute < 2000 ? 20 : minute < 4500 ? 200 : 2000))
        }
        #expect(found.map(\.interval) == [2000, 4500])
        #expect(abs((found.last?.anomaly.expected ?? 0) - 200) < 20)
    }

    @Test("growth by half from day to day is no surge")
    func growth() {
        var state = AnomalyState()
        var traffic = Traffic(seed: 6)
        var mean = 20.0
        let found = detector.run(&state, 0..<10_000) { minute in
            mean *= 1.000_28
            return IntervalCounts(requests: traffic.poisson(mean * Traffic.day(minute)))
        }
        #expect(mean > 300)
        #expect(found.isEmpty)
    }

    @Test("a game that sleeps at night, counted or skipped, wakes up without an alarm", arguments: [true, false])
    func nights(isSkipped: Bool) {
        var state = AnomalyState()
        var traffic = Traffic(seed: 8)
        var found: [Anomaly] = []
        for _ in 0..<6 {
            for _ in 0..<720 { found += detector.update(&state, with: IntervalCounts(requests: traffic.poisson(200))) }
            if isSkipped {
                detector.skip(&state, intervals: 720)
            } else {
                for _ in 0..<720 { found += detector.update(&state, with: IntervalCounts()) }
            }
        }
        #expect(found.isEmpty)
        #expect(state.intervalCount == 6 * 1440)
    }

    @Test("nothing is reported while it learns", arguments: [10, 100, 1440])
    func learning(intervals: Int) throws {
        let detector = AnomalyDetector(AnomalySettings(learningIntervals: intervals))
        var state = AnomalyState()
        var random = SplitMix64(seed: 1)
        let us = try #require(CountryCode("US"))
        let found = detector.run(&state, 0..<intervals) { _ in
            let requests = UInt64(random.below(10) == 0 ? 100_000 : 1)
            return IntervalCounts(
                requests: requests, errors: requests / UInt64(1 + random.below(4)),
                countries: random.chance(2) ? [us] : [])
        }
        #expect(found.isEmpty)
        // Canary: what comes next is.
        let next = detector.update(&state, with: IntervalCounts(requests: 100_000_000))
        #expect(next.map(\.kind) == [.requestSurge])
    }

    @Test("a share of errors that rises is reported once, with its numbers, until it has fallen again")
    func errors() throws {
        var state = AnomalyState()
        var traffic = Traffic(seed: 9)
        func counts(_ share: Double) -> IntervalCounts {
            let requests = traffic.poisson(60)
            return IntervalCounts(
                requests: requests,
                errors: (0..<requests).reduce(0) { sum, _ in sum + (traffic.uniform() < share ? 1 : 0) })
        }
        let found = detector.run(&state, 0..<4000) { minute in
            counts(2000..<2050 ~= minute || 3000..<3050 ~= minute ? 0.7 : 0.03)
        }
        #expect(found.map(\.interval) == [2000, 3000])
        let first = try #require(found.first?.anomaly)
        #expect(first.kind == .errorShare && abs(first.observed - 0.7) < 0.2 && abs(first.expected - 0.03) < 0.02)
        #expect(first.explanation.contains("requests failed in one interval"))
    }

    @Test("whoever always has many errors, or too few requests to tell, is no anomaly")
    func usualErrors() {
        var state = AnomalyState()
        #expect(detector.run(&state, 0..<3000) { _ in IntervalCounts(requests: 100, errors: 500) }.isEmpty)
        var quiet = AnomalyState()
        #expect(detector.run(&quiet, 0..<3000) { IntervalCounts(requests: 19, errors: $0 > 2000 ? 19 : 0) }.isEmpty)
        // Nearly idle until now: there is no share that could have risen.
        #expect(detector.run(&quiet, 3000..<3010) { _ in IntervalCounts(requests: 25, errors: 20) }.isEmpty)
    }

    @Test("an explanation is a sentence with the numbers")
    func explanation() throws {
        var state = AnomalyState()
        let found = detector.run(&state, 0..<2001) { IntervalCounts(requests: $0 == 2000 ? 1200 : 120) }
        #expect(
            found.map(\.anomaly.explanation) == [
                "1200 requests came in one interval where 120 are usual, which is 98.6 standard deviations more."
            ])
    }
}
