import Admission
import TestSupport
import Testing

@Suite("Stored anomaly states")
struct AnomalyStateTests {
    /// A state with something in each of its parts.
    private func lived(seed: Int, intervals: Int = 400) -> AnomalyState {
        var traffic = Traffic(seed: seed)
        var state = AnomalyState()
        let settings = AnomalySettings(learningIntervals: 100)
        let detector = AnomalyDetector(settings)
        let countries = ["NO", "SE", "DK", "T1"].compactMap { CountryCode($0) }
        for interval in 0..<intervals {
            var tally = state.tally(.higher, settings)
            for _ in 0..<20 { tally.add(traffic.normal()) }
            if interval == intervals - 1 { tally.add(1000) }
            let requests = traffic.poisson(interval > intervals - 3 ? 500 : 40)
            _ = detector.update(
                &state,
                with: IntervalCounts(
                    requests: requests, errors: requests / 9, countries: [countries[interval * 4 / intervals]],
                    scores: tally))
        }
        return state
    }

    @Test("a state comes back from its bytes, and goes on as it would have", arguments: 0..<10)
    func roundTrip(seed: Int) throws {
        var state = lived(seed: seed, intervals: 50 + 40 * seed)
        let bytes = state.encoded()
        var copy = try #require(AnomalyState(encoded: bytes))
        #expect(copy == state && bytes.count <= AnomalyState.encodedByteCountMax)
        let detector = AnomalyDetector(AnomalySettings(learningIntervals: 100))
        var traffic = Traffic(seed: 99)
        for _ in 0..<100 {
            let counts = IntervalCounts(requests: traffic.poisson(300), errors: traffic.poisson(20))
            #expect(detector.update(&state, with: counts) == detector.update(&copy, with: counts))
        }
        #expect(copy == state)
    }

    @Test("an empty state and one of three intervals are stored as they always were")
    func golden() {
        #expect(AnomalyState().encoded() == [1] + [UInt8](repeating: 0, count: 97))
        var state = AnomalyState()
        for requests in [8, 16, 24] as [UInt64] {
            _ = AnomalyDetector().update(
                &state, with: IntervalCounts(requests: requests, countries: [CountryCode("NO")!]))
        }
        let expected: [UInt8] =
            [1, 3, 0, 0, 0, 3, 0, 0, 0, 1, 0, 0, 0]
            // Mean 16, variance 42.67, peak 16.
            + [0, 0, 0, 0, 0, 0, 0x30, 0x40] + [0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x45, 0x40]
            + [0, 0, 0, 0, 0, 0, 0x30, 0x40] + [UInt8](repeating: 0, count: 16 + 40 + 4)
            + [1, 0x4F, 0x4E, 3, 0, 0, 0]
        #expect(state.encoded() == expected)
    }

    @Test("bytes that are no state are refused, whatever was cut off, added or changed")
    func malformed() {
        let state = lived(seed: 1)
        let bytes = state.encoded()
        for count in 0..<bytes.count { #expect(AnomalyState(encoded: bytes.prefix(count)) == nil) }
        #expect(AnomalyState(encoded: bytes + [0]) == nil)
        #expect(AnomalyState(encoded: [2] + bytes.dropFirst()) == nil)
        var nan = bytes
        nan.replaceSubrange(13..<21, with: [0, 0, 0, 0, 0, 0, 0xF8, 0x7F])
        #expect(AnomalyState(encoded: nan) == nil)
        var random = SplitMix64(seed: 2)
        for _ in 0..<5000 {
            var changed = bytes
            for _ in 0...random.below(3) {
                changed[random.below(bytes.count)] = UInt8(truncatingIfNeeded: random.next())
            }
            // Some changes make another state; that one must be sound.
            guard var other = AnomalyState(encoded: changed) else { continue }
            #expect(other.encoded() == changed)
            _ = AnomalyDetector().update(
                &other, with: IntervalCounts(requests: 5, scores: other.tally(.higher, AnomalySettings())))
        }
    }

    @Test("an incident under way is not reported again by whoever reads the state later")
    func incident() throws {
        let detector = AnomalyDetector(AnomalySettings(learningIntervals: 100))
        var state = AnomalyState()
        let found = detector.run(&state, 0..<202) { IntervalCounts(requests: $0 >= 200 ? 900 : 50) }
        #expect(found.map(\.interval) == [200])
        var later = try #require(AnomalyState(encoded: state.encoded()))
        #expect(detector.update(&later, with: IntervalCounts(requests: 900)).isEmpty)
    }

    @Test("settings are brought into their ranges")
    func settings() {
        let low = AnomalySettings(
            learningIntervals: 0, memoryIntervals: 0, calmIntervals: 0, deviations: 0, scoreDeviations: 0,
            surgeFactor: 0,
            surgeRequestCountMin: 0, shareRise: 0)
        #expect(low.learningIntervals == 10 && low.memoryIntervals == 4 && low.calmIntervals == 1)
        #expect(low.deviations == 3 && low.scoreDeviations == 3 && low.surgeFactor == 1.5)
        #expect(low.surgeRequestCountMin == 10 && low.shareRise == 0.05)
        #expect(AnomalySettings(calmIntervals: 1000).calmIntervals == 100)
    }
}
