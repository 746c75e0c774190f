import LoadHarness
import Testing

@Suite("Arrivals")
struct ArrivalTests {
    private func scenario(_ arrivals: Scenario.Arrivals, rate: Double, seconds: Double) -> Scenario {
        var scenario = Scenario()
        scenario.arrivals = arrivals
        scenario.rate = rate
        scenario.durationSeconds = seconds
        return scenario
    }

    private func times(_ scenario: Scenario) -> [Double] {
        var schedule = ArrivalSchedule(scenario)
        var times: [Double] = []
        while let time = schedule.next() { times.append(Double(time) / 1e9) }
        return times
    }

    @Test("Constant arrivals have one distance")
    func constant() {
        let times = times(scenario(.constant, rate: 10, seconds: 2))
        #expect(times.count == 20)
        for (place, time) in times.enumerated() { #expect(abs(time - (0.05 + 0.1 * Double(place))) < 1e-6) }
    }

    @Test("Poisson arrivals come at the wanted rate, and as often close together as independent users do")
    func poisson() {
        let times = times(scenario(.poisson, rate: 1000, seconds: 100))
        #expect(abs(times.count - 100_000) < 2000)
        #expect(zip(times, times.dropFirst()).allSatisfy { $0 <= $1 })
        // Of distances that know nothing of each other, 1 - 1/e are shorter than the mean.
        let short = zip(times, times.dropFirst()).count { $1 - $0 < 0.001 }
        #expect(abs(Double(short) / Double(times.count) - 0.632) < 0.01)
    }

    @Test("A ramp rises in a line: a quarter of its arrivals in its first half")
    func ramp() {
        var scenario = scenario(.constant, rate: 1000, seconds: 20)
        scenario.rampSeconds = 10
        let times = times(scenario)
        #expect(times.count { $0 < 5 } == 1250)
        #expect(times.count { $0 < 10 } == 5000)
        #expect(times.count == 15_000)
        let profile = RateProfile(scenario)
        #expect(profile.rate(at: 5) == 500)
        #expect(profile.rate(at: 15) == 1000)
        #expect(profile.rate(at: 21) == 0)
    }

    @Test("A spike multiplies the rate while it lasts, and a rate of nothing is a pause")
    func spikes() {
        var scenario = scenario(.constant, rate: 100, seconds: 10)
        scenario.spikes = [.init(start: 2, seconds: 1, times: 8), .init(start: 5, seconds: 2, times: 0)]
        let times = times(scenario)
        #expect(times.count == 200 + 800 + 200 + 300)
        #expect(times.count { $0 >= 2 && $0 < 3 } == 800)
        #expect(times.count { $0 > 5.001 && $0 < 6.999 } == 0)
    }

    @Test("A spike within a ramp follows it, and one beyond the end is cut")
    func spikeInRamp() {
        let spikes = [
            Scenario.Spike(start: 4, seconds: 2, times: 2), Scenario.Spike(start: 9, seconds: 100, times: 3),
        ]
        let profile = RateProfile(rate: 100, rampSeconds: 8, spikes: spikes, seconds: 10)
        #expect(profile.rate(at: 4.5) == 112.5)
        #expect(abs(profile.total - (400 + 125 + 100 + 300)) < 1e-9)
    }

    @Test("There are no more arrivals than requests are allowed, and a seed repeats them")
    func bounds() {
        var scenario = scenario(.poisson, rate: 1000, seconds: 100)
        scenario.requestsMax = 123
        #expect(times(scenario).count == 123)
        #expect(times(scenario) == times(scenario))
        let first = times(scenario)
        scenario.seed = 2
        #expect(times(scenario) != first)
    }
}
