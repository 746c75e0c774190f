import TestSupport
import Testing

@testable import Admission

@Suite("Samples of scores")
struct ScoreSampleTests {
    private let settings = AnomalySettings(learningIntervals: 100)

    private func sample(_ scores: some Sequence<Double>) -> ScoreSample {
        var sample = ScoreSample()
        for score in scores { sample.add(score) }
        return sample
    }

    @Test("few scores are all there, of many so many as there is room for, and the same ones each time")
    func bounds() {
        #expect(sample([3, 1, 2, .nan]).kept == [3, 1, 2])
        let many = sample((0..<100_000).map(Double.init))
        #expect(many.count == 100_000 && many.kept.count == ScoreSample.keptCountMax)
        #expect(many.kept == sample((0..<100_000).map(Double.init)).kept)
    }

    @Test("every score has about the same chance, whether it came first or last")
    func fairness() {
        // 2000 samples of 256: a quarter of each place, give or take 6 standard deviations.
        var chosen = [Int](repeating: 0, count: 256)
        var random = SplitMix64(seed: 7)
        var order = (0..<256).map(Double.init)
        for _ in 0..<2000 {
            // The choice is the same, so that what stands where must change.
            order.shuffle(using: &random)
            for score in sample(order).kept { chosen[Int(score)] += 1 }
        }
        #expect(chosen.allSatisfy { abs($0 - 500) < 120 })
        let places = sample((0..<256).map(Double.init)).kept
        #expect((16...48).contains(places.count { $0 >= 128 }))
    }

    @Test("the best of all counts, on either side, although it is not among the few")
    func best() {
        let scores = (0..<5000).map { Double($0 % 100) }
        for better in [ScoreTally.Better.higher, .lower] {
            let extreme = better == .higher ? 9999.0 : -9999
            let tally = sample(scores[..<2500] + [extreme] + scores[2500...]).tally(
                for: AnomalyState(), better: better, settings)
            #expect(tally.best == extreme && tally.count == ScoreSample.keptCountMax)
        }
        #expect(ScoreSample().tally(for: AnomalyState(), better: .higher, settings).best == nil)
    }

    @Test("samples of ordinary scores raise no alarm in 10,000 intervals, and one absurd score in thousands does")
    func alarms() {
        var traffic = Traffic(seed: 11)
        var state = AnomalyState()
        let detector = AnomalyDetector(settings)
        func next(_ count: Int, adding score: Double? = nil) -> [Anomaly.Kind] {
            var scores = (0..<count).map { _ in 1000 + 100 * traffic.normal() }
            if let score { scores.insert(score, at: count / 2) }
            let tally = sample(scores).tally(for: state, better: .higher, settings)
            return detector.update(&state, with: IntervalCounts(scores: tally)).map(\.kind)
        }
        for _ in 0..<10_000 { #expect(next(100) == []) }
        #expect(next(5000) == [])
        #expect(next(5000, adding: 99_999) == [.scoreOutlier])
    }
}
