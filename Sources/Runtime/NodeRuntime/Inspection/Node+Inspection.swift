internal import CommitLogs
internal import Leaderboards
internal import Sharding

// What a node answers to operators' questions about itself.
extension Node {
    func inspect(_ operation: PeerOperation, _ request: [UInt8]) async -> [UInt8]? {
        switch operation {
        case .nodeReport:
            return await carryOut(request) { (question: ShardQuestion) async throws(ServiceError) in
                await self.report(on: question.shards)
            }
        case .ordersChanged:
            return await carryOut(request) { (released: PeerList<PeerNumber>) async throws(ServiceError) in
                await self.ordersChanged(released: released.elements.map { ShardID(UInt16($0.number & 0xFFFF)) })
                return PeerNothing()
            }
        case .holdShard:
            return await carryOut(request) { (question: FingerprintQuestion) async throws(ServiceError) in
                PeerNumber(try await self.inspectedShard(question.shard).hold())
            }
        case .shardFingerprint:
            return await carryOut(request) { (question: FingerprintQuestion) async throws(ServiceError) in
                let shard = try self.inspectedShard(question.shard)
                if question.number == 0 { return try await shard.fingerprintOfOwner() }
                return try await shard.fingerprintOfFollower(at: question.number, question.position)
            }
        case .checkpointReport:
            return await carryOut(request) { (question: CheckpointQuestion) async throws(ServiceError) in
                PeerList(try await self.checkpoints(of: question.shards.shards, verifying: question.verifies))
            }
        default: return nil
        }
    }

    func inspectedShard(_ number: Int) throws(ServiceError) -> ShardActor {
        let shards = try shards()
        guard shards.indices.contains(number) else { throw .unavailable("there is no shard \(number)", retryAfter: 5) }
        return shards[number]
    }

    /// - Parameter numbers: of shards; none for all
    package func report(on numbers: [Int]) async -> NodeReport {
        let readiness = await readiness()
        var report = NodeReport(
            node: configuration.node, incarnation: configuration.incarnation, state: readiness.text,
            shardCount: configuration.shardCount, shards: [])
        guard let shards = try? shards() else { return report }
        let keeper = keeper
        for number in numbers.isEmpty ? Array(shards.indices) : numbers where shards.indices.contains(number) {
            let log = await keeper?.sight(of: shards[number].id) ?? LogSight()
            report.shards.append(await shards[number].sight(log))
        }
        return report
    }

    private func ordersChanged(released: [ShardID]) async {
        await orders?.refresh()
        await keeper?.release(released)
    }
}

extension Readiness {
    /// For people.
    package var text: String {
        switch self {
        case .ready: "ready"
        case .starting(let what): "starting: \(what)"
        case .stopping: "stopping"
        case .failed(let reason): "failed: \(reason)"
        }
    }
}

extension ShardActor {
    /// - Parameter log: what the node has seen of its log
    func sight(_ log: LogSight) -> ShardSight {
        let role: ShardSight.Role =
            switch role {
            case .owner: .owner
            case .follower: .follower
            case .vacant: .vacant
            }
        var sight = ShardSight(shard: id, role: role)
        sight.log = log
        sight.isBehind = role == .follower && (isLent || tail.number < log.number)
        sight.epoch = tail.epoch
        sight.number = tail.number
        sight.position = tail.position ?? .start
        sight.hash = tail.hash
        // While another thread applies records to it, nobody else looks into it.
        sight.leaderboardCount = isLent ? 0 : shard.leaderboardCount
        sight.memoryBytes = memoryBytes
        sight.checkpoint = checkpoint.generations.last ?? 0
        sight.checkpointPosition = checkpoint.lastPosition ?? .start
        switch state {
        case .serving: break
        case .refusingWrites: sight.problem = "the disk is full"
        case .stopping: sight.problem = "stopping"
        case .failed(let error): sight.problem = "\(error)"
        }
        return sight
    }
}
