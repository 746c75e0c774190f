import Foundation
import Testing

extension RealClusters {
    /// `LAUREL_CLUSTER_ROUNDS=100` has as many rounds of each fault; 1 otherwise.
    @Suite("What several clients see of a cluster", .timeLimit(.minutes(60)))
    struct ClusterHistories {
        static let rounds = Int(ProcessInfo.processInfo.environment["LAUREL_CLUSTER_ROUNDS"] ?? "") ?? 1

        @Test("Owners are killed: what clients saw can be explained, and the log has what was acknowledged once")
        func killedOwners() async throws {
            let cluster = try LaureldCluster(nodes: 3)
            defer { cluster.stop() }
            let load = ClusterLoad(cluster, seed: 1)
            try await load.run {
                for round in 0..<Self.rounds {
                    try load.progress(60)
                    let node = round % 3
                    cluster.nodes[node].kill()
                    load.ask(cluster)
                    try load.progress(60)
                    try cluster.add(node)
                    load.ask(cluster)
                }
                try load.progress(60)
            }
            let findings = try await load.check(cluster)
            #expect(findings.problems == [])
            #expect(findings.claimCount > 8)
            print("killed owners: \(findings)")
        }
    }
}
