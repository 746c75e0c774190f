internal import CommitLogs
internal import Leaderboards
internal import Logging
internal import Placement
internal import Sharding

// Records that were given up (`AcceptedLoss`). What a node knows of such a shard is forgotten before it does anything else with it: its
// memory, the newest record that its log has seen, and how far the watch of the log group has come, since the log may number anew.
extension ShardKeeper {
    /// Takes over what was given up.
    func note(_ losses: [ShardID: AcceptedLosses]) {
        for (id, accepted) in losses where losses[id] != self.losses[id] && shard(id) != nil {
            self.losses[id] = accepted
            unforgotten.insert(id)
            // A node that hears of all of it late may not have left the shard alone. It begins anew like the others.
            if quarantined[id] == nil {
                quarantined[id] = Quarantine(reason: "records were given up", isOrdered: true, isLifted: true)
            }
        }
    }

    /// What others say of a shard, unless that was given up.
    func rumour(of id: ShardID, in view: ClusterView) -> ShardNote? {
        guard let note = view.notes[id] else { return nil }
        return losses[id]?.voids(number: note.number, epoch: note.epoch) == true ? nil : note
    }

    /// Takes a step towards knowing nothing of a shard any more.
    func forget(_ shard: ShardActor) async {
        let id = shard.id
        defer { busy.remove(id) }
        guard await shard.isForgotten() else { return }
        let place = Int(id.number) % cluster.logs.count
        cluster.logs[place].forget(id)
        watches[Int(id.number)] = ShardWatch(terms: cluster.terms, at: now, spread: spread)
        doubts[id] = nil
        seenBefore[id] = nil
        unforgotten.remove(id)
        let number = losses[id]?.all.max { $0.epoch < $1.epoch }?.number ?? 0
        environment.logger.critical(
            "records of shard \(id) behind \(number) were given up by an operator", metadata: ["shard": "\(id)"])
        rewatch[place].yield()
    }
}

extension ShardActor {
    /// Drops what is in memory without writing anything. True if there is nothing.
    func isForgotten() async -> Bool {
        switch role {
        case .vacant: return true
        case .follower:
            await leave()
            return role == .vacant
        case .owner:
            // It heard neither of the quarantine nor that it is owner no more: it has been away for long, and others have gone on. What it
            // would append to hand over is the very thing that must not be.
            if case .failed = state { return false }
            failShard(.corrupted("records that this node has were given up meanwhile: it has to be restarted"))
            return false
        }
    }
}
