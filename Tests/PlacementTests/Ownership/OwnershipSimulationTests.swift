import Foundation
import Placement
import Testing

/// `LAUREL_SEEDS=20000` runs as many; 60 otherwise.
@Suite("Ownership, simulated")
struct OwnershipSimulationTests {
    private static let seeds = UInt64(ProcessInfo.processInfo.environment["LAUREL_SEEDS"] ?? "") ?? 60

    @Test("Whatever happens, nothing acknowledged is lost or done twice, and no read is behind what was acknowledged")
    func safety() {
        var sum = OwnershipSimulation.Findings()
        for seed in 1...Self.seeds {
            var simulation = OwnershipSimulation(seed: seed)
            let found = simulation.run(for: .seconds(60))
            #expect(
                found.lost == 0 && found.twice == 0 && found.stale == 0 && found.forks == 0, "seed \(seed): \(found)")
            sum.acknowledged += found.acknowledged
            sum.reads += found.reads
            sum.owners += found.owners
        }
        // It did something: owners changed, and were of use.
        #expect(sum.owners > Int(Self.seeds) * 2)
        #expect(sum.acknowledged > Int(Self.seeds) * 100 && sum.reads > Int(Self.seeds) * 100)
    }

    @Test("The same seed leads to the same history")
    func repeatable() {
        for seed in 1...5 as ClosedRange<UInt64> {
            var first = OwnershipSimulation(seed: seed)
            var second = OwnershipSimulation(seed: seed)
            #expect(first.run(for: .seconds(20)) == second.run(for: .seconds(20)))
        }
    }

    @Test("Canary: an owner that trusts its lease for ever answers stale reads")
    func withoutLease() {
        let stale = (1...25 as ClosedRange<UInt64>).reduce(0) { sum, seed in
            var simulation = OwnershipSimulation(seed: seed, guards: .init(lease: false))
            return sum + simulation.run(for: .seconds(60)).stale
        }
        #expect(stale > 0)
    }

    @Test("Canary: a log that takes whatever comes forks")
    func withoutFencing() {
        let forks = (1...25 as ClosedRange<UInt64>).reduce(0) { sum, seed in
            var simulation = OwnershipSimulation(seed: seed, guards: .init(fencing: false))
            return sum + simulation.run(for: .seconds(60)).forks
        }
        #expect(forks > 0)
    }

    @Test("When nothing goes wrong any more, there is an owner and it stays")
    func liveness() {
        for seed in 1...10 as ClosedRange<UInt64> {
            let calm = OwnershipSimulation.Faults(
                cuts: 0, pauses: 0, crashes: 0, lostReplies: 0, rumours: 0, staleReads: 0)
            var simulation = OwnershipSimulation(seed: seed, faults: calm)
            let found = simulation.run(for: .seconds(30))
            #expect(found.owners == 1, "seed \(seed): \(found)")
            #expect(found.acknowledged > 100)
        }
    }
}
