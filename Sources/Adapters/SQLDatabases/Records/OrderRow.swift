internal import ControlPlane
internal import Leaderboards

extension ClusterOrder: StoredRecord {
    static let table = RecordTable(
        "cluster_orders", ["id", "cluster", "kind", "shard", "node", "state", "reason", "given_by", "at"])

    /// Parameters: whose, the state of those that are left out.
    static let ofCluster = "\(table.select) WHERE cluster = $1 AND state <> $2 ORDER BY id"

    var values: [SQLValue] {
        [
            .text(id.text), .text(cluster), .text(kind.rawValue), SQLValue(shard.map { Int64($0.number) }),
            SQLValue(node.map(String.init)), .text(state.rawValue), .text(reason), .text(by),
            .integer(at.milliseconds),
        ]
    }

    init(from row: inout SQLRow) throws(SQLError) {
        let id = try row.text()
        let cluster = try row.text()
        let kind = try StoredDocument.word(Kind.self, try row.text())
        let shard = try row.optionalInteger().map { UInt16(truncatingIfNeeded: $0) }.map(ShardID.init)
        let node = try row.optionalText().map { UInt64($0) }
        let state = try StoredDocument.word(State.self, try row.text())
        let reason = try row.text()
        let by = try row.text()
        let at = Timestamp(milliseconds: try row.integer())
        let needsShard = kind == .pin || kind == .quarantine || kind == .loss
        let needsNode = kind == .pin || kind == .drain || kind == .removal
        guard node != .some(nil), !needsShard || shard != nil, !needsNode || node != nil,
            kind != .loss || LossPoint(reason) != nil
        else {
            throw .failed("the stored order \(id) is none")
        }
        self.init(
            kind, of: cluster, shard: shard, node: node ?? nil, state: state, reason: reason, by: by, at: at)
    }
}
