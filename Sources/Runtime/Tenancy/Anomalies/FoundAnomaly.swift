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
    /// If it is about the scores of one.
    package var leaderboard: String?
    package var anomaly: Anomaly
}

extension FoundAnomaly: CustomStringConvertible {
    package var description: String {
        let place = key.map { ", key \($0)" } ?? leaderboard.map { ", leaderboard \($0)" } ?? ""
        return "\(anomaly.kind.rawValue) of project \(project)\(place): \(anomaly.explanation)"
    }
}
