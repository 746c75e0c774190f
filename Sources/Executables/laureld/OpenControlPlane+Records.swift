import AdminAPI
import Admission
import ControlPlane
import Logging
import NodeRuntime
import Tenancy

extension OpenControlPlane {
    /// Writes down what projects on a node have done and have.
    func usageWriter(of node: Node, named name: String, _ logger: Logger) -> UsageWriter {
        UsageWriter(store: store, configuration: UsageWriter.Configuration(source: name), logger: logger) {
            try await node.usageOfAll().value.mapValues(\.metrics)
        }
    }
}

extension AnomalyReport {
    init(_ found: FoundAnomaly) {
        self.init(
            time: found.time, tenant: found.tenant, project: found.project, key: found.key,
            kind: found.anomaly.kind.rawValue, explanation: found.anomaly.explanation)
    }
}
