package import Admission
package import ControlPlane
package import Leaderboards

/// An anomaly, and whose it is.
package struct FoundAnomaly: Sendable {
    package var time: Timestamp
    package var tenant: TenantID
    package var project: ProjectID
    /// Nil if it is one of the project as a whole.
    package var key: KeyID?
    package var anomaly: Anomaly
}

extension FoundAnomaly: CustomStringConvertible {
    package var description: String {
        "\(anomaly.kind.rawValue) of project \(project)\(key.map { ", key \($0)" } ?? ""): \(anomaly.explanation)"
    }
}
