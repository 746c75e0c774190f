package import CommitLogs
package import Leaderboards
package import Placement
internal import Sharding

/// Asks a node, and through it the others of its cluster, each with a deadline of its own: who does not answer is told as such.
package struct ClusterInspector: ClusterInspection {
    private let node: Node
    private let routed: RoutedService?
    package let clusterName: String?

    /// - Parameter routed: how others are asked; nil if the node stands alone
    package init(_ node: Node, routed: RoutedService?, clusterName: String?) {
        self.node = node
        self.routed = routed
        self.clusterName = clusterName
    }

    package var shardCount: Int { node.configuration.shardCount }
    private var me: UInt64 { node.configuration.node }
    private var membership: (any ClusterMembership)? { node.cluster?.membership }

    /// How long a node may take for what it knows by heart.
    private static var shortWait: Duration { .seconds(3) }
    /// And for what it has to read.
    private static var longWait: Duration { .seconds(120) }

    private var members: [ClusterMember] {
        membership?.members() ?? [ClusterMember(id: NodeID(me), state: .alive)]
    }

    package func nodes(shards: [Int]) async -> [NodeSight] {
        let members = members
        let reports: [UInt64: Result<NodeReport, ServiceError>] = await askAll(
            .nodeReport, ShardQuestion(shards: shards), within: Self.shortWait)
        return members.map { NodeSight($0, reports[$0.id.number]) }
    }

    package func plan(_ orders: PlacementOrders) async -> [PlacementPlan.Move] {
        await node.keeper?.plan(orders) ?? []
    }

    package func checkpoints(of shards: [Int], verifying: Bool) async -> [NodeCheckpoints] {
        let found: [UInt64: Result<PeerList<CheckpointSight>, ServiceError>] = await askAll(
            .checkpointReport, CheckpointQuestion(shards, verifies: verifying),
            within: verifying ? Self.longWait : Self.shortWait)
        return found.sorted { $0.key < $1.key }.map { NodeCheckpoints($0.key, $0.value.map(\.elements)) }
    }

    package func inspectLog(
        of shard: Int, from position: LogPosition?, limit: Int
    ) async throws(ServiceError) -> LogInspection {
        try await node.inspectLog(of: shard, from: position, limit: limit)
    }

    package func survey(shard: Int, removed: Set<UInt64>) async throws(ServiceError) -> LossSurvey {
        var survey = LossSurvey(shard: try node.inspectedShard(shard).id)
        // First who has let go, for from then on nothing changes any more.
        survey.take(await nodes(shards: [shard])) { removed.contains($0) }
        let records = survey.take(await checkpoints(of: [shard], verifying: false))
        await node.surveyLog(&survey, records, removed: removed)
        return survey
    }

    package func logGroups() async -> [LogCondition] {
        guard let logs = node.cluster?.logs else { return [] }
        return await withTaskGroup(of: (Int, LogCondition).self) { group in
            for (place, log) in logs.enumerated() { group.addTask { (place, await log.condition()) } }
            var found: [Int: LogCondition] = [:]
            for await (place, condition) in group { found[place] = condition }
            return logs.indices.map { found[$0]! }
        }
    }

    package func removeConsumer(_ name: String, ofGroup group: Int) async throws(AppendError) -> Bool {
        guard let logs = node.cluster?.logs, logs.indices.contains(group) else { return false }
        return try await logs[group].removeConsumer(name)
    }

    package func ordersChanged(released: [ShardID]) async {
        let message = PeerList(released.map { PeerNumber(UInt64($0.number)) })
        let _: [UInt64: Result<PeerNothing, ServiceError>] = await askAll(
            .ordersChanged, message, within: Self.shortWait)
    }

    // MARK: Comparing

    package func compare(shard: Int) async throws(ServiceError) -> ShardComparison {
        var attempt = 1
        while true {
            let comparison = try await compareOnce(shard)
            let isAhead = comparison.followers.contains { follower in
                if case .unknown(let reason) = follower.finding { reason.contains("has record") } else { false }
            }
            // A follower may have seen a record before its owner was told that it is durable.
            guard isAhead, attempt < 3 else { return comparison }
            attempt += 1
        }
    }

    private func compareOnce(_ shard: Int) async throws(ServiceError) -> ShardComparison {
        let reports: [UInt64: Result<NodeReport, ServiceError>] = await askAll(
            .nodeReport, ShardQuestion(shards: [shard]), within: Self.shortWait)
        var owner: UInt64?
        var followers: [UInt64] = []
        var unknown: [(node: UInt64, finding: ShardComparison.Finding)] = []
        for (node, report) in reports.sorted(by: { $0.key < $1.key }) {
            do throws(ServiceError) {
                switch try report.get().shards.first?.role {
                case .owner: owner = node
                case .follower: followers.append(node)
                default: break
                }
            } catch {
                unknown.append((node, .unknown(error.text)))
            }
        }
        guard let owner else { throw .unavailable("no node owns shard \(shard) at the moment", retryAfter: 1) }
        let held: [UInt64: Result<PeerNumber, ServiceError>] = await askAll(
            .holdShard, FingerprintQuestion(shard: shard), of: followers, within: Self.shortWait)
        let own: PlacedFingerprint = try await ask(
            owner, .shardFingerprint, FingerprintQuestion(shard: shard), within: Self.longWait)
        let question = FingerprintQuestion(shard: shard, number: own.number, position: own.position)
        let found: [UInt64: Result<PlacedFingerprint, ServiceError>] = await askAll(
            .shardFingerprint, question, of: followers.filter { (try? held[$0]?.get()) != nil },
            within: Self.longWait)
        for node in followers {
            do throws(ServiceError) {
                guard let hold = held[node] else { continue }
                _ = try hold.get()
                guard let other = try found[node]?.get() else { continue }
                let differences = other.content.differences(from: own.content)
                unknown.append((node, differences.isEmpty ? .same : .differs(differences)))
            } catch {
                unknown.append((node, .unknown(error.text)))
            }
        }
        return ShardComparison(
            shard: shard, owner: owner, number: own.number, hash: own.content.hash,
            followers: unknown.sorted { $0.node < $1.node })
    }

    // MARK: Asking

    /// Asks nodes at the same time; of all those that are there, if none are named.
    private func askAll<Request: PeerMessage, Value: PeerMessage>(
        _ operation: PeerOperation, _ request: Request, of nodes: [UInt64]? = nil, within time: Duration
    ) async -> [UInt64: Result<Value, ServiceError>] {
        let nodes = nodes ?? members.filter(\.isPresent).map(\.id.number)
        return await withTaskGroup(of: (UInt64, Result<Value, ServiceError>).self) { group in
            for node in nodes {
                group.addTask {
                    do throws(ServiceError) {
                        let value: Value = try await self.ask(node, operation, request, within: time)
                        return (node, .success(value))
                    } catch {
                        return (node, .failure(error))
                    }
                }
            }
            return await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
        }
    }

    private func ask<Request: PeerMessage, Value: PeerMessage>(
        _ other: UInt64, _ operation: PeerOperation, _ request: Request, within time: Duration
    ) async throws(ServiceError) -> Value {
        guard other == me else {
            guard let routed else { throw .unavailable("the node stands alone", retryAfter: 60) }
            return try await routed.ask(other, operation, request, within: time)
        }
        guard let answer = await node.inspect(operation, request.encoded) else {
            throw .unavailable("the node does not know the question", retryAfter: 60)
        }
        return try decodeAnswer(answer)
    }
}

extension ServiceError {
    /// For people.
    package var text: String {
        switch self {
        case .refused(let refusal): "refused: \(refusal)"
        case .overloaded: "too much is under way to the node"
        case .unavailable(let reason, _), .outcomeUnknown(let reason), .corrupted(let reason): reason
        case .noSpace: "the disk is full"
        case .moved(let owner): owner.map { "node \($0) owns it" } ?? "no node owns it"
        }
    }
}
