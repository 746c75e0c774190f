import Foundation
import Testing

/// Nodes as they are, on a log in memory, with clients that take down what they hear while owners are cut off, lose replies and are
/// said to be gone. `LAUREL_SEEDS=500` plays as many; 4 otherwise.
@Suite("Histories of nodes that share shards", .timeLimit(.minutes(60)))
struct HistoryTests {
    private static let seeds = UInt64(ProcessInfo.processInfo.environment["LAUREL_SEEDS"] ?? "") ?? 4

    @Test("What clients saw can be explained, the log has it once, and replicas are alike")
    func histories() async throws {
        var (claims, acknowledged) = (0, 0)
        for seed in 1...Self.seeds {
            let found = try await SharedHistory(seed: seed).play()
            #expect(found.problems == [], "seed \(seed)")
            #expect(found.comparedCount > 0, "seed \(seed)")
            acknowledged += found.acknowledgedCount
            claims += found.claimCount
        }
        #expect(claims > Int(Self.seeds) && acknowledged > 15 * Int(Self.seeds))
    }

    @Test("Canary: owners that believe in their leases for ever are found out")
    func withoutLease() async throws {
        var problems: [String] = []
        for seed in 1...10 as ClosedRange<UInt64> where problems.isEmpty {
            problems = try await SharedHistory(seed: seed, believesForEver: true).play().problems
        }
        #expect(problems.contains { $0.contains("not linearizable") }, "\(problems)")
    }
}
