import Regions
import TestSupport
import Testing

@Suite struct GatewayChoiceTests {
    @Test("An estimate follows what is measured, slowly, and is lost after failures in a row")
    func estimate() {
        var estimate = LatencyEstimate()
        estimate.measured(.milliseconds(10), smoothing: 0.5)
        #expect(estimate.latency == .milliseconds(10))
        estimate.measured(.milliseconds(20), smoothing: 0.5)
        #expect(estimate.latency == .milliseconds(15))
        estimate.failed(countMax: 2)
        #expect(estimate.latency == .milliseconds(15))
        estimate.measured(.milliseconds(15), smoothing: 0.5)
        estimate.failed(countMax: 2)
        #expect(estimate.latency != nil)
        estimate.failed(countMax: 2)
        #expect(estimate.latency == nil)
        estimate.measured(.milliseconds(40), smoothing: 0.5)
        #expect(estimate.latency == .milliseconds(40))
    }

    @Test("The nearest gateway is used, and left only for one that is nearer by enough")
    func hysteresis() {
        var measuring = Measuring()
        measuring.smoothing = 1
        var choice = GatewayChoice(count: 3, measuring)
        #expect(choice.order == [0, 1, 2] && choice.latency == nil)
        choice.measured(.milliseconds(50), of: 1)
        #expect(choice.order == [1, 0, 2] && choice.latency == .milliseconds(50))
        // Nearer by less than a fifth.
        choice.measured(.milliseconds(45), of: 2)
        #expect(choice.order == [1, 2, 0])
        choice.measured(.milliseconds(39), of: 2)
        #expect(choice.order == [2, 1, 0] && choice.latency == .milliseconds(39))
        // Near ones by less than 5 ms.
        choice.measured(.milliseconds(3), of: 2)
        choice.measured(.milliseconds(1), of: 0)
        #expect(choice.order == [2, 0, 1])
        // One that does not answer is left for the nearest of the others.
        for _ in 0..<3 { choice.failed(2) }
        #expect(choice.order == [0, 1, 2])
    }

    @Test("Two gateways that vary about one latency are not used in turns", arguments: 0..<20)
    func steady(_ seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var choice = GatewayChoice(count: 2, Measuring())
        var changes = 0
        var last = choice.order[0]
        for _ in 0..<1000 {
            for gateway in 0..<2 {
                choice.measured(.milliseconds(Int.random(in: 40...60, using: &random)), of: gateway)
            }
            if choice.order[0] != last { changes += 1 }
            last = choice.order[0]
        }
        #expect(changes <= 3, "seed \(seed): \(changes)")
    }
}
