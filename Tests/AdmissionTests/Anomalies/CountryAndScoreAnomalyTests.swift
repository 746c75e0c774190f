import Admission
import TestSupport
import Testing

@Suite("Anomalies of countries and scores")
struct CountryAndScoreAnomalyTests {
    private let settings = AnomalySettings(learningIntervals: 100)
    private var detector: AnomalyDetector { AnomalyDetector(settings) }

    private func country(_ text: String) -> CountryCode { CountryCode(text)! }

    @Test("a country is two letters, or a letter and a digit; unknown ones are none")
    func codes() {
        #expect(CountryCode("no") == CountryCode("NO") && CountryCode("T1")?.description == "T1")
        for text in ["", "N", "NOR", "1T", "N-", "XX", "zz", "é", "ØO"] { #expect(CountryCode(text) == nil, "\(text)") }
    }

    @Test("a country never seen before is reported once; the first ones of all are not")
    func newCountry() throws {
        var state = AnomalyState()
        let (no, se, kp) = (country("NO"), country("SE"), country("KP"))
        let found = detector.run(&state, 0..<300) { minute in
            IntervalCounts(requests: 7, countries: minute >= 200 ? [no, kp] : minute.isMultiple(of: 50) ? [se] : [no])
        }
        #expect(found.map(\.interval) == [200])
        let anomaly = try #require(found.first?.anomaly)
        #expect(anomaly.kind == .newCountry && anomaly.country == kp && anomaly.observed == 7)
        #expect(
            anomaly.explanation
                == "Requests came from KP for the first time in 30 days, where until now they came from NO, SE.")
        var empty = AnomalyState()
        let late = detector.run(&empty, 0..<300) { IntervalCounts(requests: 1, countries: $0 == 200 ? [no] : []) }
        #expect(late.isEmpty)
    }

    @Test("a country not seen for 30 days is new again")
    func forgotten() {
        var state = AnomalyState()
        let (no, kp) = (country("NO"), country("KP"))
        _ = detector.run(&state, 0..<200) { _ in IntervalCounts(requests: 1, countries: [no, kp]) }
        detector.skip(&state, intervals: Int(AnomalyState.countryIntervalsMax) - 10)
        #expect(detector.update(&state, with: IntervalCounts(requests: 1, countries: [no])).isEmpty)
        detector.skip(&state, intervals: 20)
        #expect(
            detector.update(&state, with: IntervalCounts(requests: 1, countries: [kp])).map(\.kind) == [.newCountry])
    }

    @Test("whoever is known in 16 countries is at home everywhere, and no more are remembered")
    func worldwide() {
        var state = AnomalyState()
        let letters = Array("ABCDEFGHIJKLMNOPQRSTUVW")
        let all = letters.flatMap { first in letters.prefix(4).map { country("\(first)\($0)") } }
        _ = detector.run(&state, 0..<200) { _ in IntervalCounts(requests: 100, countries: Array(all.prefix(16))) }
        let found = detector.run(&state, 200..<600) { IntervalCounts(requests: 100, countries: [all[$0 % all.count]]) }
        #expect(found.isEmpty)
        #expect(state.encoded().count == AnomalyState.encodedByteCountMax)
    }

    private func scores(
        _ state: AnomalyState, _ values: some Sequence<Double>, better: ScoreTally.Better = .higher
    ) -> IntervalCounts {
        var tally = state.tally(better, settings)
        var count: UInt64 = 0
        for value in values {
            tally.add(value)
            count += 1
        }
        return IntervalCounts(requests: count, scores: tally)
    }

    @Test("10,000 intervals of ordinary scores raise no alarm, while players get better", arguments: [1, 2])
    func noFalseAlarm(seed: Int) {
        var traffic = Traffic(seed: seed)
        var state = AnomalyState()
        for minute in 0..<10_000 {
            let mean = 1000 + Double(minute) / 20
            let values = (0..<30).map { _ in mean + 100 * traffic.normal() }
            let found = detector.update(&state, with: scores(state, values))
            #expect(found.isEmpty, "\(found.first?.explanation ?? "")")
        }
    }

    @Test("nor do scores with a long tail, once they are known")
    func longTail() {
        var traffic = Traffic(seed: 3)
        var state = AnomalyState()
        let detector = AnomalyDetector()
        var alarmCount = 0
        for _ in 0..<10_000 {
            // Exponential: one in ten thousand is nine deviations off.
            let values = (0..<30).map { _ in 500 * traffic.exponential() }
            alarmCount += detector.update(&state, with: scores(state, values)).count
        }
        #expect(alarmCount <= 2)
    }

    @Test(
        "one score far beyond all others is reported, and once though more follow",
        arguments: [ScoreTally.Better.higher, .lower])
    func outlier(better: ScoreTally.Better) throws {
        var traffic = Traffic(seed: 4)
        var state = AnomalyState()
        var found: [(Int, Anomaly)] = []
        for minute in 0..<600 {
            var values = (0..<20).map { _ in 1000 + 100 * traffic.normal() }
            if 300..<310 ~= minute { values.append(better == .higher ? 99_999 : -98_000) }
            // On the worse side nobody cheats.
            if minute == 500 { values.append(better == .higher ? -50_000 : 50_000) }
            found += detector.update(&state, with: scores(state, values, better: better)).map { (minute, $0) }
        }
        #expect(found.map(\.0) == [300])
        let anomaly = try #require(found.first?.1)
        #expect(anomaly.kind == .scoreOutlier && anomaly.deviation > 500 && abs(anomaly.expected - 1000) < 30)
        #expect(anomaly.explanation.hasPrefix("A score of \(better == .higher ? "99999" : "-98000") came in, "))
        // It taught nothing that would hide the next one.
        let next = detector.update(&state, with: scores(state, [better == .higher ? 5000 : -3000], better: better))
        #expect(next.map(\.kind) == [.scoreOutlier])
    }

    @Test("many scores near the top, none of them absurd, are reported once")
    func topShare() throws {
        var traffic = Traffic(seed: 5)
        var state = AnomalyState()
        var found: [(Int, Anomaly)] = []
        for minute in 0..<600 {
            let isStuffed = 300..<320 ~= minute
            let values = (0..<50).map { $0 < 20 && isStuffed ? 1310 : 1000 + 100 * traffic.normal() }
            found += detector.update(&state, with: scores(state, values)).map { (minute, $0) }
        }
        #expect(found.map(\.0) == [300])
        let anomaly = try #require(found.first?.1)
        #expect(anomaly.kind == .topScoreShare && anomaly.observed >= 0.4 && anomaly.expected < 0.1)
    }

    @Test("numbers at the end of what doubles hold break nothing")
    func extremes() {
        var state = AnomalyState()
        let absurd: [Double] = [
            .infinity, -.infinity, .nan, .greatestFiniteMagnitude, -.greatestFiniteMagnitude, .leastNonzeroMagnitude, 0,
            -0.0,
        ]
        var random = SplitMix64(seed: 6)
        for _ in 0..<1000 {
            _ = detector.update(
                &state,
                with: scores(
                    state, (0..<random.below(40)).map { _ in random.pick(absurd) },
                    better: random.chance(2) ? .higher : .lower)
            )
            #expect(AnomalyState(encoded: state.encoded()) == state)
        }
        _ = detector.update(&state, with: IntervalCounts(requests: .max, errors: .max))
        #expect(AnomalyState(encoded: state.encoded()) == state)
    }
}
