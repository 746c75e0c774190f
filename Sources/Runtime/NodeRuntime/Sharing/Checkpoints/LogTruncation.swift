internal import CommitLogs
internal import Leaderboards
internal import Logging
internal import Placement
internal import Sharding

/// Cuts the shared log of the shards that this node owns, when that is safe (`TruncationBound`).
///
/// In rounds: ask all nodes for their checkpoints, with the wish that they be verified; some seconds later ask again, then the log for its
/// consumers, and cut. As long as there is room, a shard has its turn once in a twenty-fourth of the time for which the log is kept. When
/// a group is nearly full, all its shards have theirs every few seconds, and the wish is for newer checkpoints.
actor LogTruncation {
    private let shards: [ShardActor]
    private let environment: ShardEnvironment
    private let sharing: Sharing
    private var exchange: CheckpointExchange { sharing.exchange }
    private var progress: [Progress]
    private var nextLook: Duration = .zero
    /// Of each log group.
    private var warnings: [ConsumerWarnings]

    private struct Progress {
        var cut = LogPosition.start
        /// Not before, as long as there is room.
        var nextRound: Duration = .zero
        /// Not before, when there is little.
        var nextHurriedRound: Duration = .zero
        /// When checkpoints were asked for; nil when they have served.
        var askedAt: Duration?
        var obstacle: TruncationBound.Obstacle?
        /// Checkpoints would allow a cut, and consumers don't: no newer ones are asked for.
        var isHeldByConsumers = false
    }

    private static let lookInterval: Duration = .seconds(1)
    private static let hurriedInterval: Duration = .seconds(2)
    private static let patientInterval: Duration = .seconds(10)
    /// After so long newer checkpoints are asked for again.
    private static let wishMax: Duration = .seconds(60)
    private static let shardsAtOnce = 64

    init(_ sharing: Sharing, shards: [ShardActor], environment: ShardEnvironment) {
        self.sharing = sharing
        self.shards = shards
        self.environment = environment
        progress = shards.map { _ in Progress() }
        warnings = sharing.logs.map { _ in ConsumerWarnings() }
    }

    private var now: Duration { environment.clock.uptime() }

    /// A shard's turn comes this often.
    private var roundInterval: Duration {
        min(max(exchange.keeping.keep / 24, Self.patientInterval), .seconds(3600))
    }

    func step() async {
        if now >= nextLook {
            nextLook = now + Self.lookInterval
            await look()
        }
        var due: [HoldingsQuestion.Wish: [ShardActor]] = [:]
        for shard in shards where isInTurn(shard) {
            guard let wish = await wish(for: shard), due.values.reduce(0, { $0 + $1.count }) < Self.shardsAtOnce
            else { continue }
            due[wish, default: []].append(shard)
        }
        for (wish, shards) in due.sorted(by: { $0.key.rawValue < $1.key.rawValue }) { await cut(shards, wish) }
    }

    /// One whose turn is an hour away has it at once when its group becomes nearly full.
    private func isInTurn(_ shard: ShardActor) -> Bool {
        let progress = progress[Int(shard.id.number)]
        let isNearlyFull = exchange.pressure(on: shard.id) >= .nearlyFull
        return (isNearlyFull ? progress.nextHurriedRound : progress.nextRound) <= now
    }

    /// How full each group is.
    private func look() async {
        for (group, log) in sharing.logs.enumerated() {
            guard let fill = try? await log.fill() else { continue }
            exchange.note(fill, ofGroup: group, at: now)
        }
    }

    /// Nil if there is nothing to do for a shard.
    private func wish(for shard: ShardActor) async -> HoldingsQuestion.Wish? {
        let isNearlyFull = exchange.pressure(on: shard.id) >= .nearlyFull
        guard await shard.mayCut(whenNearlyFull: isNearlyFull) else { return nil }
        let progress = progress[Int(shard.id.number)]
        if progress.isHeldByConsumers { return .look }
        if !isNearlyFull, exchange.aged(shard.id, at: now) <= progress.cut, progress.askedAt == nil,
            exchange.keeping.keep > .zero
        {
            // Another node may have seen more; that is asked for, and nothing verified, when its turn comes.
            return .look
        }
        if let askedAt = progress.askedAt, now - askedAt < Self.wishMax { return .verified }
        return isNearlyFull ? .newer : .verified
    }

    private func cut(_ shards: [ShardActor], _ wish: HoldingsQuestion.Wish) async {
        let answers = await exchange.holdings(
            HoldingsQuestion(shards: shards.map { Int($0.id.number) }, wish: wish))
        var bounds: [(shard: ShardActor, bound: TruncationBound)] = []
        for (place, shard) in shards.enumerated() {
            guard let own = try? await shard.holdings(wish) else { continue }
            var others: [NodeID: ShardHoldings] = [:]
            for (node, holdings) in answers { if let holdings { others[node] = holdings[place] } }
            bounds.append(
                (
                    shard,
                    TruncationBound(
                        own: own, others: others, silent: Set(answers.filter { $0.value == nil }.keys),
                        isAlone: exchange.isAlone, isNearlyFull: exchange.pressure(on: shard.id) >= .nearlyFull)
                ))
        }
        let listed = await consumers(of: Set(bounds.filter(isDue).map { sharing.group(of: $0.shard.id) }))
        for (shard, bound) in bounds {
            var bound = bound
            if let consumers = listed[sharing.group(of: shard.id)] {
                bound.consumers = try? consumers.get().filter { $0.reads(shard.id) }
            }
            await cut(shard, bound, wish)
        }
        warn(listed)
    }

    /// Nodes allow more to be cut than was.
    private func isDue(_ shard: ShardActor, _ bound: TruncationBound) -> Bool {
        guard case .success(let position) = bound.nodesPosition else { return false }
        return position > progress[Int(shard.id.number)].cut
    }

    /// What the logs say of their consumers now: right before the cut, and not for shards of which nothing can be cut anyway.
    private func consumers(of groups: Set<Int>) async -> [Int: Result<[LogConsumer], ReadError>] {
        let logs = sharing.logs
        return await withTaskGroup(of: (Int, Result<[LogConsumer], ReadError>).self) { tasks in
            for group in groups {
                tasks.addTask {
                    do throws(ReadError) { return (group, .success(try await logs[group].consumers())) } catch {
                        return (group, .failure(error))
                    }
                }
            }
            return await tasks.reduce(into: [:]) { $0[$1.0] = $1.1 }
        }
    }

    private func warn(_ listed: [Int: Result<[LogConsumer], ReadError>]) {
        for (group, consumers) in listed.sorted(by: { $0.key < $1.key }) {
            let problem: String? = if case .failure(let error) = consumers { "\(error)" } else { nil }
            if let line = warnings[group].line(log: "log group \(group)", problem: problem, at: now) {
                environment.logger.warning("\(line)", metadata: ["group": "\(group)"])
            }
        }
    }

    private func cut(_ shard: ShardActor, _ bound: TruncationBound, _ wish: HoldingsQuestion.Wish) async {
        let index = Int(shard.id.number)
        let isDue = isDue(shard, bound)
        if bound.isNearlyFull, isDue { warnings[sharing.group(of: shard.id)].note(bound.holders) }
        if progress[index].askedAt == nil, wish != .look { progress[index].askedAt = now }
        let hasCut = await cut(shard, bound)
        progress[index].isHeldByConsumers = isDue && !hasCut && !bound.holders.isEmpty
        let isHeld = progress[index].isHeldByConsumers
        // A consumer may take its time, and is not worth fewer checkpoints. Where there is no room, it is.
        if isHeld, !bound.isNearlyFull { await shard.releasePair() }
        let oldest = ([bound.own] + bound.others.values).map(\.aged).max() ?? .start
        if hasCut || isHeld || (wish != .look && !bound.isNearlyFull && oldest <= progress[index].cut) {
            progress[index].askedAt = nil
        } else if let askedAt = progress[index].askedAt, now - askedAt >= Self.wishMax {
            progress[index].askedAt = nil
        }
        // Somebody has seen that the log is old enough: in the next round checkpoints are verified.
        if wish == .look, !isHeld, !bound.isNearlyFull, oldest > progress[index].cut { progress[index].askedAt = now }
        let isWaiting = progress[index].askedAt != nil
        progress[index].nextHurriedRound = now + Self.hurriedInterval
        progress[index].nextRound = now + (isWaiting ? Self.patientInterval : roundInterval)
    }

    /// True if something was given back.
    private func cut(_ shard: ShardActor, _ bound: TruncationBound) async -> Bool {
        let index = Int(shard.id.number)
        switch bound.position {
        case .failure(let obstacle):
            if bound.isNearlyFull, obstacle != .consumers, progress[index].obstacle != obstacle {
                environment.logger.warning(
                    "the log of shard \(shard.id) is nearly full and can't be cut: \(obstacle)",
                    metadata: ["shard": "\(shard.id)"])
            }
            progress[index].obstacle = obstacle
            return false
        case .success(let position):
            guard position > progress[index].cut else { return false }
            progress[index].obstacle = nil
            do throws(AppendError) {
                try await sharing.log(of: shard.id).truncate(shard.id, below: position)
                progress[index].cut = position
                await shard.releasePair()
                return true
            } catch {
                environment.logger.warning("the log of shard \(shard.id) is cut later: \(error)")
                return false
            }
        }
    }
}

extension ShardActor {
    /// Whether it falls to this node to cut the shard's log: to its owner, or when there is no room for a claim and the owner is gone, to
    /// whoever follows it. Several may do so, for what is safe does not depend on who it is.
    func mayCut(whenNearlyFull isNearlyFull: Bool) -> Bool {
        // Nothing is taken from a log that somebody has to look at.
        if case .failed = state { return false }
        switch role {
        case .owner: return true
        case .vacant: return false
        case .follower:
            guard isNearlyFull, let exchange = environment.sharing?.exchange else { return false }
            return ownerNumber.map { exchange.standing(of: NodeID($0)) == .gone } ?? true
        }
    }
}
