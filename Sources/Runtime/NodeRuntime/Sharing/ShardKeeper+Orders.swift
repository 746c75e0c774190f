internal import CommitLogs
package import Leaderboards
internal import Logging
internal import Placement

/// Why this node does not touch a shard.
struct Quarantine: Hashable {
    var reason: String
    /// An order says so, or said so. What this node has found out itself is kept until it was seen as an order.
    var isOrdered = false
    /// The order was lifted: the log is looked at again.
    var isLifted = false
}

// What operators have ordered of shards. Pins and drained nodes are the placement table's matter.
extension ShardKeeper {
    /// Takes over which shards are to be left alone, and which no more.
    func note(_ orders: [ShardID: String]) {
        for (id, reason) in orders where quarantined[id]?.isOrdered != true || quarantined[id]?.reason != reason {
            if quarantined[id] == nil { environment.logger.warning("shard \(id) is left alone: \(reason)") }
            quarantined[id] = Quarantine(reason: reason, isOrdered: true)
        }
        for (id, quarantine) in quarantined where quarantine.isOrdered {
            quarantined[id]!.isLifted = orders[id] == nil
        }
    }

    /// The log seems to end before what others know. What this node has seen of it may be old: it is read again for a while before
    /// all are told to leave the shard alone.
    func doubt(_ shard: ShardActor, _ reason: String) async {
        let id = shard.id
        let known = rumour(of: id, in: cluster.membership.view())?.number ?? 0
        do throws(ReadError) {
            let tail = try await cluster.logs[Int(id.number) % cluster.logs.count].tail(of: id)
            if let tail { await saw(LastWord(tail), of: shard) }
            guard tail?.number ?? 0 < known else {
                doubts[id] = nil
                return
            }
        } catch {
            guard case .corrupted = error else {
                doubts[id] = nil
                return
            }
        }
        let since = doubts[id] ?? now
        doubts[id] = since
        guard now - since >= Self.doubtMax else { return }
        doubts[id] = nil
        await quarantine(shard, reason)
    }

    private static let doubtMax: Duration = .seconds(10)

    /// The log of a shard is not what it was, as far as anybody can tell.
    func quarantine(_ shard: ShardActor, _ reason: String) async {
        guard quarantined[shard.id] == nil else { return }
        environment.logger.critical(
            "shard \(shard.id) is not touched any more: \(reason)", metadata: ["shard": "\(shard.id)"])
        quarantined[shard.id] = Quarantine(reason: reason)
        cluster.orders?.report(shard.id, reason: reason)
        await shard.leave()
    }

    /// An operator has looked: these are looked at again, whether or not an order of theirs was ever seen here.
    func release(_ shards: [ShardID]) {
        for id in shards where quarantined[id] != nil { quarantined[id]!.isOrdered = true }
    }

    /// Gives up what this node has of a shard; all that it acknowledged is in the log.
    func withdraw(_ shard: ShardActor) async {
        defer { busy.remove(shard.id) }
        if await shard.role == .owner { _ = await shard.handOver(to: nil) }
        await shard.leave()
    }

    /// Begins anew with a shard that was left alone. What is wrong with its log is found again, if it is.
    func lookAgain(at shard: ShardActor) async {
        defer { busy.remove(shard.id) }
        let id = shard.id
        let log = cluster.logs[Int(id.number) % cluster.logs.count]
        log.endQuarantine(of: id)
        do throws(ReadError) {
            let tail = try await log.tail(of: id)
            guard quarantined[id]?.isLifted == true, !unforgotten.contains(id) else { return }
            if let problem = losses[id]?.problem(of: tail) {
                quarantined[id] = nil
                return await quarantine(shard, problem)
            }
            seenBefore[id] = sight(of: id)
            watches[Int(id.number)] = ShardWatch(terms: cluster.terms, at: now, spread: spread)
            quarantined[id] = nil
            environment.logger.notice("shard \(id) is taken up again")
            if let tail { await saw(LastWord(tail), of: shard) }
        } catch {
            // Not readable is no damage: it is tried again.
            guard case .corrupted = error else { return }
            quarantined[id] = nil
            await quarantine(shard, "the log is damaged: \(error)")
        }
    }

    // MARK: What operators are told

    /// What would move if these were the orders.
    func plan(_ orders: PlacementOrders) -> [PlacementPlan.Move] {
        let table = PlacementTable(shardSet, on: cluster.membership.view().profiles, current: owners, orders: orders)
        return PlacementPlan(from: owners, to: table).moves
    }

    func sight(of id: ShardID) -> LogSight {
        let last = watches[Int(id.number)].last
        let reason = quarantined[id]?.reason
        // A log that ends too early is seen to end there when it is looked at anew, and that there was more is worth knowing.
        if let reason, let before = seenBefore[id], before.number > last?.number ?? 0 {
            var sight = before
            sight.quarantine = reason
            return sight
        }
        return LogSight(
            number: last?.number ?? 0, epoch: last?.epoch ?? 0, position: last?.position ?? .start,
            owner: last.flatMap { $0.isRelease ? nil : $0.node.number }, heir: last?.heir?.number,
            target: table.nodes.isEmpty ? nil : table.owner(of: id)?.number, quarantine: quarantined[id]?.reason)
    }
}

/// What one node knows of a shard by its log.
package struct LogSight: Hashable, Sendable {
    /// The last record that it has seen.
    package var number: UInt64 = 0
    package var epoch: UInt64 = 0
    package var position = LogPosition.start
    /// Who wrote it; nil if it gave the shard away.
    package var owner: UInt64?
    /// To whom.
    package var heir: UInt64?
    /// Who should own the shard.
    package var target: UInt64?
    /// Why nobody should.
    package var quarantine: String?

    package init(
        number: UInt64 = 0, epoch: UInt64 = 0, position: LogPosition = .start, owner: UInt64? = nil,
        heir: UInt64? = nil, target: UInt64? = nil, quarantine: String? = nil
    ) {
        self.number = number
        self.epoch = epoch
        self.position = position
        self.owner = owner
        self.heir = heir
        self.target = target
        self.quarantine = quarantine
    }
}
