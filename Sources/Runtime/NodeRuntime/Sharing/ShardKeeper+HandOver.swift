internal import Leaderboards
internal import Logging
internal import Placement

// Shards on their way from one node to another, because that was wanted: from this one, when its heir has nearly all of them
// (`HeirWatch`), and to this one.
extension ShardKeeper {
    // MARK: To others

    /// Hands over what can be, and asks about the rest.
    func handOver(_ wishes: [ShardID: HeirWatch.Wish], _ group: inout DiscardingTaskGroup) {
        let now = now
        heirs.want(wishes, at: now)
        for (id, heir) in heirs.due(at: now) where handOverCount < HeirWatch.handOversAtOnce {
            let shard = shards[Int(id.number)]
            busy.insert(id)
            handOverCount += 1
            group.addTask { await self.handOver(shard, to: heir) }
        }
        for (heir, ids) in heirs.takeQuestions(at: now) {
            group.addTask { await self.ask(heir, about: ids) }
        }
        for (heir, lacks) in heirs.takeNews(at: now) { tell(of: lacks, of: heir) }
    }

    private func handOver(_ shard: ShardActor, to heir: NodeID) async {
        defer { handOverCount -= 1 }
        await perform(.handOver(to: heir), shard)
    }

    private func ask(_ heir: NodeID, about ids: [ShardID]) async {
        let applied = await applied(by: heir, of: ids, within: Self.answerTime)
        heirs.answer(of: heir, applied, at: now)
    }

    private static let answerTime: Duration = .seconds(2)

    /// The last record of each shard that a node follows; nil if it does not answer.
    private func applied(by node: NodeID, of ids: [ShardID], within time: Duration) async -> [ShardID: UInt64]? {
        guard let report = await environment.sharing?.exchange.report(of: node, on: ids, within: time) else {
            return nil
        }
        var applied: [ShardID: UInt64] = [:]
        for sight in report.shards where sight.role == .follower && sight.problem == nil && sight.log.quarantine == nil
        {
            applied[sight.shard] = sight.number
        }
        return applied
    }

    private func tell(of lacks: [ShardID: HeirWatch.Lack], of heir: NodeID) {
        let shards = lacks.keys.sorted().map { "\($0)" }.joined(separator: " ")
        let isSilent = lacks.values.allSatisfy { $0 == .unknown }
        let reason = isSilent ? "does not say what it has of them" : "does not have enough of them yet"
        environment.logger.warning(
            "\(lacks.count) shards stay here for now: node \(heir), which should own them, \(reason)",
            metadata: ["shards": "\(shards)"])
    }

    // MARK: At the end

    /// Hands all shards over, each to a node that has nearly all of it, if there is one.
    func giveAway() async {
        let view = cluster.membership.view()
        updateTable(view, cluster.orders?.current().placement ?? .none)
        var numbers: [ShardID: UInt64] = [:]
        for shard in shards { if let word = await shard.lastWord() { numbers[shard.id] = word.number } }
        let applied = await appliedByOthers(of: numbers.keys.sorted(), view)
        await withDiscardingTaskGroup { group in
            for shard in shards {
                let heir = heir(of: shard.id, number: numbers[shard.id] ?? 0, applied, view)
                group.addTask { _ = await shard.handOver(to: heir) }
            }
        }
    }

    private func heir(
        of id: ShardID, number: UInt64, _ applied: [NodeID: [ShardID: UInt64]], _ view: ClusterView
    ) -> NodeID? {
        let target = table.owner(of: id)
        let preference = (target.map { [$0] } ?? []) + table.followers(of: id, owner: me, count: table.nodes.count)
        if let heir = HeirWatch.heir(among: preference, applied: applied.compactMapValues { $0[id] }, number: number) {
            return heir
        }
        return target.flatMap { $0 != me && view.standing(of: $0) == .alive ? $0 : nil }
    }

    private func appliedByOthers(of ids: [ShardID], _ view: ClusterView) async -> [NodeID: [ShardID: UInt64]] {
        if ids.isEmpty { return [:] }
        return await withTaskGroup(of: (NodeID, [ShardID: UInt64]).self) { group in
            for node in view.profiles.map(\.id) where node != me && view.standing(of: node) == .alive {
                group.addTask {
                    (node, await self.applied(by: node, of: ids, within: Self.lastAnswerTime) ?? [:])
                }
            }
            var found: [NodeID: [ShardID: UInt64]] = [:]
            for await (node, applied) in group { found[node] = applied }
            return found
        }
    }

    /// Clients wait meanwhile.
    private static let lastAnswerTime: Duration = .milliseconds(500)

    // MARK: To this node

    /// A shard that was given to this node is claimed at once, and not when it has its turn.
    func noteIfGiven(_ id: ShardID) {
        guard let last = watches[Int(id.number)].last, last.isRelease, last.heir == me else { return }
        noteGiven.yield(id)
    }

    func claimWhatIsGiven() async {
        await withDiscardingTaskGroup { group in
            for await id in given
            where !busy.contains(id) && quarantined[id] == nil && !unforgotten.contains(id) && !isDraining {
                let shard = shards[Int(id.number)]
                busy.insert(id)
                group.addTask { await self.claimIfGiven(shard) }
            }
        }
    }

    private func claimIfGiven(_ shard: ShardActor) async {
        let id = shard.id
        var step = ShardWatch.Step.wait
        if let last = watches[Int(id.number)].last, await shard.hasApplied(last.number) {
            step = nextStep(of: id, as: .follower, cluster.membership.view())
        }
        await perform(step == .claim ? .claim : .wait, shard)
    }
}

extension ShardActor {
    fileprivate func hasApplied(_ number: UInt64) -> Bool { role == .follower && !isLent && tail.number >= number }
}
