package import ControlPlane
import Leaderboards
package import NodeRuntime
import Sharding

extension ClusterState {
    /// A quarantined shard goes on behind the last record that its log has.
    ///
    /// Both orders, that what was behind is given up and that the quarantine is lifted, are committed together, and only if the
    /// quarantine is still the one that was in force when nodes said that they have let go of the shard.
    ///
    /// - Parameter number: what whoever orders it has seen the log to end with
    func acceptLoss(
        _ survey: LossSurvey, endingAt number: UInt64, _ signature: Signature
    ) throws(AdminProblem) -> ClusterDecision {
        let id = survey.shard
        guard let quarantine = order(.quarantine, of: id) else { throw Self.notQuarantined(id) }
        guard let loss = survey.loss else {
            throw AdminProblem(
                .notPossible, "Shard \(id) can't go on from what its log has. " + survey.problems.joined(separator: " ")
            )
        }
        guard loss.number == number else {
            throw AdminProblem(.notPossible, "The log of shard \(id) ends with record \(loss.number), not \(number).")
        }
        let order = ClusterOrder(
            .loss, of: cluster, shard: id, reason: loss.point.text, by: signature.by, at: signature.at)
        let lost = survey.lost.map { "records \($0.lowerBound) to \($0.upperBound) are given up" }
        return ClusterDecision(
            action: "shard.accept-loss", target: "\(id)",
            detail:
                "\(lost ?? "no record is known to be missing"), behind record \(loss.number) all is void up to epoch \(loss.epoch); was quarantined: \(quarantine.reason)",
            orders: [order, signature.lifting(quarantine)], released: [id])
    }

    static func notQuarantined(_ id: ShardID) -> AdminProblem {
        AdminProblem(
            .notPossible,
            "Shard \(id) is not quarantined by an order. Only a shard that everybody has let go of can be given back.")
    }
}

extension AcceptedLoss {
    /// Nil if the point is none.
    package init?(_ point: LossPoint) {
        guard let hash = ChainHash(hexadecimal: point.hash) else { return nil }
        self.init(number: point.number, position: LogPosition(point.position), hash: hash, epoch: point.epoch)
    }

    package var point: LossPoint {
        LossPoint(number: number, position: position.value, hash: hash.description, epoch: epoch)
    }
}

extension ChainHash {
    /// As `description` writes it; nil if it does not.
    fileprivate init?(hexadecimal text: String) {
        guard text.utf8.count == 32, let high = UInt64(text.prefix(16), radix: 16),
            let low = UInt64(text.suffix(16), radix: 16)
        else { return nil }
        self.init(low: low.byteSwapped, high: high.byteSwapped)
    }
}
