internal import Leaderboards
internal import Logging
internal import Placement

// While a cluster is upgraded node by node, a log may have what this node is too old for.
extension ShardKeeper {
    func shard(_ id: ShardID) -> ShardActor? { Int(id.number) < shards.count ? shards[Int(id.number)] : nil }

    /// Leaves a shard to the nodes that understand its log, until this one has been upgraded.
    ///
    /// That is no quarantine, which would be all nodes' matter: nothing is wrong with the log. Nor does this node follow up to that
    /// record and no further: what it then has would look complete, and is not.
    func leave(_ shard: ShardActor, toNewer what: String) async {
        if beyond.insert(shard.id).inserted {
            environment.logger.error(
                "shard \(shard.id) is left to nodes of a newer version, this one has to be upgraded: \(what)",
                metadata: ["shard": "\(shard.id)"])
        }
        await shard.leave()
    }
}

extension ShardActor {
    /// Gossip names the owner of a shard whose log this node can't read.
    func hear(owner: NodeID?) {
        guard role == .vacant, let owner, owner.number != environment.configuration.node else { return }
        ownerNumber = owner.number
    }
}
