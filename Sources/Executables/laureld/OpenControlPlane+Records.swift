import AdminAPI
import Admission
import ControlPlane
import Leaderboards
import Logging
import NodeRuntime
import Sharding
import Tenancy

extension OpenControlPlane {
    /// Writes down what projects on a node have done and have.
    /// - Parameter isDue: in a cluster one node writes for all
    func usageWriter(
        of node: AnyNodeService, named name: String, _ logger: Logger, isDue: @escaping @Sendable () async -> Bool
    ) -> UsageWriter {
        UsageWriter(store: store, configuration: UsageWriter.Configuration(source: name), logger: logger) {
            guard await isDue() else { return [:] }
            return try await node.usageOfAll().value.mapValues(\.metrics)
        }
    }
}

extension OpenControlPlane {
    /// Has what was let in for projects counted in a node's log.
    func usageReporter(to node: AnyNodeService, _ logger: Logger) -> UsageReporter {
        UsageReporter(directory: directory, logger: logger) { usage in
            let reports = usage.map {
                ReportedUsage(project: $0.project.text, reads: $0.reads, requests: $0.requests)
            }
            return await node.report(usage: reports).compactMap { report in
                ProjectID(report.project).map {
                    ServedUsage(project: $0, requests: report.requests, reads: report.reads)
                }
            }
        }
    }
}

extension OpenControlPlane {
    /// Looks at what is asked of a node, and at the scores that it takes.
    func anomalyWatch(of node: AnyNodeService, named name: String, _ logger: Logger) -> AnomalyWatch {
        var configuration = AnomalyWatch.Configuration()
        configuration.source = name
        return AnomalyWatch(
            directory: directory, scores: gatekeeper.scores, configuration: configuration, logger: logger
        ) { leaderboard in
            let key = LeaderboardKey(project: leaderboard.project.text, id: leaderboard.id)
            guard let column = try? await node.describe(key).value.definition.columns.first,
                // The submitted value is not used there.
                column.operator != .count
            else { return nil }
            return column.order == .descending ? .higher : .lower
        }
    }
}

extension OpenControlPlane {
    /// What operators have ordered; nil if the node stands alone.
    func orders(_ settings: Settings, node: UInt64, _ logger: Logger) async throws -> StoredOrders? {
        guard let cluster = settings.cluster.name else { return nil }
        do {
            return try await StoredOrders(store, cluster: cluster, node: node, logger)
        } catch {
            throw StartError("the control database: \(error)")
        }
    }
}

extension AnomalyReport {
    init(_ found: FoundAnomaly) {
        self.init(
            time: found.time, tenant: found.tenant, project: found.project, key: found.key,
            leaderboard: found.leaderboard, kind: found.anomaly.kind.rawValue, explanation: found.anomaly.explanation)
    }
}
