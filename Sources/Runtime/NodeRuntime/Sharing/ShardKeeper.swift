internal import CommitLogs
internal import Leaderboards
internal import Logging
internal import Placement
internal import Sharding

/// Sees to it that each shard has an owner, and this node its part of them.
///
/// Watches the logs, lets followers apply what comes, and takes a step for each shard several times a second. What is worth trying is
/// decided by `ShardWatch`; whether it succeeds, by the log.
actor ShardKeeper {
    let cluster: NodeCluster
    let shards: [ShardActor]
    let environment: ShardEnvironment
    let me: NodeID
    let shardSet: ShardSet
    var watches: [ShardWatch]
    /// By log group.
    private var completeness: [LogCompleteness]
    /// When each log was heard of last.
    private var heardAt: [Duration]
    private(set) var table: PlacementTable
    /// What the table was made from.
    private var tableBasis: TableBasis?
    /// Shards for which a step is under way.
    var busy: Set<ShardID> = []
    var quarantined: [ShardID: Quarantine] = [:]
    /// Shards that can't be followed: until when that is not tried again.
    private var putOff: [ShardID: Duration] = [:]
    /// Of those, the ones of which that was said.
    private var unreachable: Set<ShardID> = []
    /// Shards whose log has what only newer versions understand.
    var beyond: Set<ShardID> = []
    /// Since when the log of a shard seems to end too early.
    var doubts: [ShardID: Duration] = [:]
    /// What was given up of shards, and of which of them this node has not forgotten it yet.
    var losses: [ShardID: AcceptedLosses]
    var unforgotten: Set<ShardID> = []
    /// The newest records that were seen of shards before they were looked at anew, for people.
    var seenBefore: [ShardID: LogSight] = [:]
    /// By log group: it is to be watched from its end on again.
    let rewatch: [AsyncStream<Void>.Continuation]
    private let rewatched: [AsyncStream<Void>]
    /// How far those are that should have this node's shards.
    var heirs = HeirWatch()
    /// Shards that are being handed over.
    var handOverCount = 0
    /// Shards that others have just given to this node.
    let given: AsyncStream<ShardID>
    let noteGiven: AsyncStream<ShardID>.Continuation
    private(set) var isDraining = false
    private let stopped: AsyncStream<Void>
    private let endRun: AsyncStream<Void>.Continuation

    private struct TableBasis: Equatable {
        var profiles: [NodeProfile]
        var owners: [ShardID: NodeID]
        var orders: PlacementOrders
    }

    init(_ cluster: NodeCluster, shards: [ShardActor], environment: ShardEnvironment) {
        self.cluster = cluster
        self.shards = shards
        self.environment = environment
        me = NodeID(environment.configuration.node)
        shardSet = ShardSet(count: shards.count)
        let now = environment.clock.uptime()
        watches = shards.map { _ in ShardWatch(terms: cluster.terms, at: now, spread: 0.5) }
        completeness = cluster.logs.map { _ in LogCompleteness() }
        heardAt = cluster.logs.map { _ in now }
        table = PlacementTable(shardSet, on: [])
        // A process that has just begun has nothing to forget.
        losses = cluster.orders?.current().losses ?? [:]
        let signals = cluster.logs.map { _ in
            AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        }
        rewatch = signals.map(\.continuation)
        rewatched = signals.map(\.stream)
        (stopped, endRun) = AsyncStream.makeStream()
        (given, noteGiven) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(shards.count))
    }

    var spread: Double { Double(environment.clock.randomNumber() >> 11) / Double(1 << 53) }
    var now: Duration { environment.clock.uptime() }

    /// Until `stop`.
    func run() async {
        await withDiscardingTaskGroup { group in
            for place in cluster.logs.indices {
                group.addTask { await self.watch(group: place) }
                group.addTask { await self.askForEnd(of: place) }
            }
            group.addTask { await self.takeSteps() }
            group.addTask { await self.claimWhatIsGiven() }
            for await _ in stopped {}
            group.cancelAll()
        }
    }

    // MARK: Watching

    /// Until it is cancelled, and anew whenever that is asked for.
    private func watch(group place: Int) async {
        while !Task.isCancelled {
            await withDiscardingTaskGroup { group in
                group.addTask { await self.watchOnce(group: place) }
                for await _ in rewatched[place] { break }
                group.cancelAll()
            }
        }
    }

    private func watchOnce(group place: Int) async {
        completeness[place] = LogCompleteness()
        let log = cluster.logs[place]
        var next: LogPosition?
        while !Task.isCancelled {
            do throws(ReadError) {
                if next == nil { next = try await look(at: log, group: place) }
                completeness[place].read(upTo: next!)
                let entries = try await log.watch(.everything, from: next!)
                var iterator = entries.makeRecoveryIterator()
                while let batch = try await iterator.next() {
                    await take(batch)
                    next = LogPosition(batch[batch.count - 1].position.value + 1)
                    completeness[place].read(upTo: next!)
                }
            } catch {
                if Task.isCancelled { return }
                if case .newer(let id, let position, let what) = error, let shard = self.shard(id) {
                    // Of the other shards everything can be read on.
                    await leave(shard, toNewer: what)
                    next = LogPosition(position.value + 1)
                    continue
                }
                environment.logger.warning("log group \(place) can't be watched: \(error)")
                lostSight(of: place)
                // From the end on again: what was missed is read for each shard by itself.
                next = nil
            }
            try? await environment.clock.sleep(for: Self.retryDelay)
        }
    }

    private static let retryDelay: Duration = .milliseconds(100)

    /// Asks where a log ends, from time to time: what followers have is as old as the last answer that they have come up to.
    private func askForEnd(of place: Int) async {
        let log = cluster.logs[place]
        while !Task.isCancelled {
            let askedAt = now
            if let end = try? await log.end() {
                completeness[place].ended(at: end.last, as: askedAt - end.age)
                heardAt[place] = now
            } else {
                lostSight(of: place)
            }
            try? await environment.clock.sleep(for: Self.askingInterval)
        }
    }

    private static let askingInterval: Duration = .milliseconds(500)

    /// Finds out how each shard of a group ends. Answers from where on to watch.
    ///
    /// Shards are looked at one after the other. What is appended meanwhile must be seen as well, by a look or by the watch.
    private func look(at log: any SharedLog, group place: Int) async throws(ReadError) -> LogPosition {
        // A mirror does not have everything that its origin's end is behind.
        if !cluster.isMirror, let end = try? await log.end() {
            _ = try await lookOnce(at: log, group: place)
            return max(await log.firstPosition(), end.last.map { LogPosition($0.value + 1) } ?? .start)
        }
        // The second look sees whatever was there before the first one ended.
        let next = try await lookOnce(at: log, group: place)
        _ = try await lookOnce(at: log, group: place)
        return next
    }

    private func lookOnce(at log: any SharedLog, group place: Int) async throws(ReadError) -> LogPosition {
        var end = await log.firstPosition()
        // Who is left alone may be so because it can't be read, and the others are watched all the same.
        for shard in shards(of: place) where quarantined[shard.id] == nil {
            do throws(ReadError) {
                guard let tail = try await log.tail(of: shard.id) else { continue }
                await saw(LastWord(tail), of: shard)
                end = max(end, LogPosition(tail.position.value + 1))
            } catch {
                guard case .newer(_, let position, let what) = error else { throw error }
                await leave(shard, toNewer: what)
                end = max(end, LogPosition(position.value + 1))
            }
        }
        return end
    }

    private func shards(of group: Int) -> [ShardActor] {
        shards.filter { Int($0.id.number) % cluster.logs.count == group }
    }

    private func lostSight(of group: Int) {
        for shard in shards(of: group) {
            watches[Int(shard.id.number)].lostSight(at: now, spread: spread)
        }
    }

    private func take(_ batch: [LogEntry]) async {
        let parts = Dictionary(grouping: batch, by: \.record.shard).sorted { $0.key < $1.key }
        for (id, entries) in parts where Int(id.number) < shards.count {
            let shard = shards[Int(id.number)]
            await saw(LastWord(entries[entries.count - 1]), of: shard)
            do throws(RecoveryError) {
                try await shard.apply(entries)
                noteIfGiven(id)
            } catch {
                await note(error, at: shard)
            }
        }
    }

    /// A hole in a shard's history, or damage, is for an operator to look at. Anything else may be over the next time.
    private func note(_ error: RecoveryError, at shard: ShardActor) async {
        if case .gap = error { return await quarantine(shard, "\(error)") }
        if case .newer(_, let what) = error { return await leave(shard, toNewer: what) }
        environment.logger.warning("shard \(shard.id) is followed later: \(error)")
    }

    func saw(_ word: LastWord, of shard: ShardActor) async {
        watches[Int(shard.id.number)].saw(word, at: now, spread: spread)
        await shard.hear(word)
    }

    // MARK: Steps

    private func takeSteps() async {
        await withDiscardingTaskGroup { group in
            while !Task.isCancelled {
                let view = cluster.membership.view()
                let orders = cluster.orders?.current() ?? ShardOrders()
                updateTable(view, orders.placement)
                note(orders.losses)
                note(orders.quarantines)
                var notes: [ShardNote] = []
                var wishes: [ShardID: HeirWatch.Wish] = [:]
                for shard in shards where !busy.contains(shard.id) {
                    let index = Int(shard.id.number)
                    let state = await shard.attend(
                        upTo: watches[index].last?.number ?? 0,
                        completeAt: beyond.contains(shard.id) ? nil : completeness[index % cluster.logs.count].time,
                        rumour: rumour(of: shard.id, in: view))
                    if unforgotten.contains(shard.id) {
                        if isDraining { continue }
                        busy.insert(shard.id)
                        group.addTask { await self.forget(shard) }
                        continue
                    }
                    if let damage = state.damage { await quarantine(shard, damage) }
                    if let quarantine = quarantined[shard.id] {
                        if quarantine.isLifted {
                            busy.insert(shard.id)
                            group.addTask { await self.lookAgain(at: shard) }
                        } else if state.role != .vacant, !isDraining {
                            busy.insert(shard.id)
                            group.addTask { await self.withdraw(shard) }
                        }
                        continue
                    }
                    if beyond.contains(shard.id) {
                        if let note = view.notes[shard.id], note.epoch > watches[index].last?.epoch ?? 0 {
                            await shard.hear(owner: note.owner)
                        }
                        if state.role != .vacant, !isDraining {
                            busy.insert(shard.id)
                            group.addTask { await self.withdraw(shard) }
                        }
                        continue
                    }
                    if let note = state.note { notes.append(note) }
                    if isDraining { continue }
                    let step = nextStep(of: shard.id, as: state.role, view)
                    if case .quarantine = step {} else { doubts[shard.id] = nil }
                    if case .handOver(let heir) = step {
                        wishes[shard.id] = HeirWatch.Wish(heir: heir, number: state.note?.number ?? 0)
                        continue
                    }
                    if step == .follow, let until = putOff[shard.id], now < until { continue }
                    guard step != .wait, busy.count < Self.stepsAtOnce else { continue }
                    busy.insert(shard.id)
                    group.addTask { await self.perform(step, shard) }
                }
                handOver(wishes, &group)
                for pace in environment.sharing?.paces ?? [] { pace.expire(at: now) }
                if !notes.isEmpty { cluster.membership.publish(notes) }
                cluster.membership.tell(reachesLog: heardAt.allSatisfy { now - $0 < cluster.terms.duration })
                try? await environment.clock.sleep(for: Self.interval)
            }
        }
    }

    private static let interval: Duration = .milliseconds(100)
    private static let stepsAtOnce = 32

    func nextStep(of id: ShardID, as role: ShardWatch.Role, _ view: ClusterView) -> ShardWatch.Step {
        if cluster.isMirror {
            return switch role {
            case .vacant: .follow
            case .behind: .catchUp
            case .owner, .follower: .wait
            }
        }
        return watches[Int(id.number)].step(
            as: role,
            among: ShardWatch.Surroundings(
                me: me, incarnation: environment.configuration.incarnation, target: table.owner(of: id),
                // Whom the log names follows in any case: it was given the shard, or had it, and nobody else takes it up.
                follows: owner(of: id) == me || followers(of: id, view).contains(me),
                knownNumber: rumour(of: id, in: view)?.number ?? 0, standing: view.standing(of:)),
            at: now)
    }

    /// Who should follow a shard. As long as its owner is there, whoever that should be: nobody leaves it because it will have another.
    private func followers(of id: ShardID, _ view: ClusterView) -> [NodeID] {
        guard let owner = owner(of: id), view.standing(of: owner) == .alive else {
            return table.followers(of: id, count: cluster.followerCount)
        }
        return table.followers(of: id, owner: owner, count: cluster.followerCount)
    }

    /// Who has a shard, as its log has it.
    private func owner(of id: ShardID) -> NodeID? {
        watches[Int(id.number)].last.flatMap { $0.isRelease ? $0.heir : $0.node }
    }

    /// Who has each shard.
    var owners: [ShardID: NodeID] {
        var owners: [ShardID: NodeID] = [:]
        for shard in shards { owners[shard.id] = owner(of: shard.id) }
        return owners
    }

    func updateTable(_ view: ClusterView, _ orders: PlacementOrders) {
        if cluster.isMirror { return }
        let owners = owners
        var profiles = view.profiles
        if isDraining {
            for index in profiles.indices where profiles[index].id == me { profiles[index].weight = 0 }
        }
        let basis = TableBasis(profiles: profiles, owners: owners, orders: orders)
        guard basis != tableBasis else { return }
        tableBasis = basis
        let before = table
        table = PlacementTable(shardSet, on: profiles, current: owners, orders: orders) { shard in
            before.nodes.isEmpty ? [] : before.followers(of: shard, count: before.nodes.count)
        }
    }

    func perform(_ step: ShardWatch.Step, _ shard: ShardActor) async {
        defer {
            busy.remove(shard.id)
            if step == .catchUp { noteIfGiven(shard.id) }
        }
        switch step {
        case .wait: break
        case .follow:
            do throws(RecoveryError) {
                try await shard.follow()
                putOff[shard.id] = nil
                unreachable.remove(shard.id)
            } catch { await put(off: shard, after: error) }
        case .catchUp:
            guard let last = watches[Int(shard.id.number)].last else { return }
            do throws(RecoveryError) { try await shard.catchUp(through: last) } catch { await note(error, at: shard) }
        case .claim: await claim(shard)
        case .handOver(let heir): _ = await shard.handOver(to: heir)
        case .leave: await shard.leave()
        case .quarantine(let reason): await doubt(shard, reason)
        }
    }

    private func put(off shard: ShardActor, after error: RecoveryError) async {
        switch error {
        // Whoever comes next when one has ended.
        case .busy, .early: putOff[shard.id] = now + Self.followSoon * (0.5 + spread)
        case .unreachable:
            // Said once, and tried until it is over.
            if unreachable.insert(shard.id).inserted {
                environment.logger.error("\(error)", metadata: ["shard": "\(shard.id)"])
            }
            putOff[shard.id] = now + Self.followAgain
        default:
            await note(error, at: shard)
            putOff[shard.id] = now + Self.followSoon
        }
    }

    private static let followAgain: Duration = .seconds(5)
    private static let followSoon: Duration = .seconds(1)

    private func claim(_ shard: ShardActor) async {
        let index = Int(shard.id.number)
        do throws(ReadError) {
            // What is watched comes late; and a log that can't be read may have an owner who can.
            let tail = try await cluster.logs[index % cluster.logs.count].tail(of: shard.id)
            guard tail?.position == watches[index].last?.position else {
                if let tail { await saw(LastWord(tail), of: shard) }
                return
            }
        } catch {
            watches[index].lostSight(at: now, spread: spread)
            return
        }
        do throws(AppendError) {
            if try await shard.claim(), let word = await shard.lastWord() { await saw(word, of: shard) }
        } catch {
            if case .quarantined(let reason) = error { return await quarantine(shard, reason) }
            environment.logger.warning("shard \(shard.id) could not be claimed: \(error)")
            watches[index].lostSight(at: now, spread: spread)
        }
    }

    // MARK: The end

    /// Takes no further steps.
    ///
    /// - Parameter givesAway: whether all shards are handed to others first, as far as that can be done
    func stop(givesAway: Bool) async {
        isDraining = true
        if givesAway { await giveAway() }
        endRun.finish()
    }
}

extension LastWord {
    init(_ tail: LogTail) {
        self.init(
            position: tail.position, epoch: tail.epoch, number: tail.number, node: NodeID(tail.node),
            incarnation: tail.incarnation, isRelease: tail.kind == .release)
    }

    init(_ entry: LogEntry) {
        let record = entry.record
        self.init(
            position: entry.position, epoch: record.epoch, number: record.number, node: NodeID(record.node),
            incarnation: record.incarnation, isRelease: record.kind == .release,
            heir: record.kind == .release ? ReleasePayload.heir(in: record.payload) : nil)
    }
}
