internal import Leaderboards
internal import NIOPosix
internal import Sharding

/// Carries out what other nodes ask of this one, on its own shards.
package struct PeerService: PeerHandler {
    private let node: Node

    package init(_ node: Node) { self.node = node }

    package func answer(_ operation: PeerOperation, _ request: [UInt8]) async -> [UInt8]? {
        let node = node
        switch operation {
        case .submit:
            return await carryOut(request) { (request: SubmissionRequest) async throws(ServiceError) in
                PeerList(try await node.submit(request.batch, project: request.project, upload: request.upload))
            }
        case .create:
            return await carryOut(request) { (request: DefinitionRequest) async throws(ServiceError) in
                try await node.create(request.key, request.definition)
            }
        case .update:
            return await carryOut(request) { (request: DefinitionRequest) async throws(ServiceError) in
                try await node.update(request.key, request.definition, replacing: request.replacedVersion)
            }
        case .delete:
            return await carryOut(request) { (key: LeaderboardKey) async throws(ServiceError) in
                try await node.delete(key)
            }
        case .describe:
            return await carryOut(request) { (key: LeaderboardKey) async throws(ServiceError) in
                try await node.describe(key)
            }
        case .removeEntry:
            return await carryOut(request) { (request: RemovalRequest) async throws(ServiceError) in
                try await node.removeEntry(request.key, user: request.user)
            }
        case .page:
            return await carryOut(request) { (question: PageQuestion) async throws(ServiceError) in
                try await node.page(question.key, question.board, question.request, question.options)
            }
        case .entries:
            return await carryOut(request) { (question: EntriesQuestion) async throws(ServiceError) in
                try await node.entries(question.key, question.board, users: question.users, question.options)
            }
        case .keys:
            return await forEachShard(request) { shard, question throws(ServiceError) in
                PeerList(try await node.keys(of: question.project, in: shard))
            }
        case .usage:
            return await forEachShard(request) { shard, question throws(ServiceError) in
                try await node.usage(of: question.project, in: shard)
            }
        case .usageOfAll:
            return await forEachShard(request) { shard, _ throws(ServiceError) in try await node.namedUsage(in: shard) }
        case .reportUsage:
            return await carryOut(request) { (report: UsageReport) async throws(ServiceError) in
                try await node.report(report.reports, in: report.shard)
                return PeerNothing()
            }
        case .checkpoints:
            return await carryOut(request) { (question: HoldingsQuestion) async throws(ServiceError) in
                PeerList(try await node.holdings(question))
            }
        case .checkpointChunk:
            return await carryOut(request) { (question: ChunkQuestion) async throws(ServiceError) in
                try await node.chunk(question)
            }
        case .commands, .transaction, .fingerprints, .regionGreeting, .projectKeys, .originCheckpoints, .originChunk:
            return nil
        case .nodeReport, .ordersChanged, .holdShard, .shardFingerprint, .checkpointReport:
            return await node.inspect(operation, request)
        }
    }

    private func forEachShard<Value: PeerMessage>(
        _ request: [UInt8], _ body: (Int, ShardQuestion) async throws(ServiceError) -> Value
    ) async -> [UInt8] {
        await carryOut(request) { (question: ShardQuestion) async throws(ServiceError) in
            var answers: [PeerAnswer<Value>] = []
            for shard in question.shards {
                answers.append(await PeerAnswer { () async throws(ServiceError) in try await body(shard, question) })
            }
            return PeerList(answers)
        }
    }
}

/// Reads a request, carries it out, and writes down what came of it.
package func carryOut<Request: PeerMessage, Value: PeerMessage>(
    _ request: [UInt8], _ body: (Request) async throws(ServiceError) -> Value
) async -> [UInt8] {
    do throws(ServiceError) {
        let request: Request = try decodeMessage(request, "a request")
        return PeerAnswer(.success(try await body(request))).encoded
    } catch {
        return PeerAnswer<Value>(.failure(error)).encoded
    }
}

/// What came of a call: the value that was answered, or the error.
func decodeAnswer<Value: PeerMessage>(_ bytes: [UInt8]) throws(ServiceError) -> Value {
    let answer: PeerAnswer<Value> = try decodeMessage(bytes, "an answer")
    return try answer.result.get()
}

package func decodeMessage<Message: PeerMessage>(_ bytes: [UInt8], _ what: String) throws(ServiceError) -> Message {
    do {
        return try Message.decode(bytes)
    } catch {
        throw .unavailable("\(what) of another node can't be read: \(error)", retryAfter: 1)
    }
}

// About a shard as a whole.
extension Node {
    func keys(of project: String, in shard: Int) async throws(ServiceError) -> [LeaderboardKey] {
        try await self.shard(numbered: shard).keys(of: project)
    }

    func usage(of project: String, in shard: Int) async throws(ServiceError) -> Positioned<ProjectUsage> {
        try await self.shard(numbered: shard).usage(of: project)
    }

    func namedUsage(in shard: Int) async throws(ServiceError) -> Positioned<PeerList<NamedUsage>> {
        let usage = try await self.shard(numbered: shard).usageOfAll()
        return Positioned(PeerList(usage.value.map { NamedUsage($0.project, $0.usage) }), at: usage.position)
    }

    func report(_ reports: [ReportedUsage], in shard: Int) async throws(ServiceError) {
        guard reports.count <= ReportedUsage.countAtOnce else {
            throw .unavailable("\(reports.count) reports are too many at once", retryAfter: 5)
        }
        try await self.shard(numbered: shard).count(reports[...])
    }

    func holdings(_ question: HoldingsQuestion) async throws(ServiceError) -> [ShardHoldings] {
        var holdings: [ShardHoldings] = []
        for number in question.shards {
            holdings.append(try await self.shard(numbered: number).holdings(question.wish))
        }
        return holdings
    }

    func chunk(_ question: ChunkQuestion) async throws(ServiceError) -> ChunkBytes {
        guard let desk = environment.sharing?.exchange.desk else {
            throw .unavailable("this node shares nothing", retryAfter: 5)
        }
        let now = environment.clock.uptime()
        let chunk: Result<ChunkBytes, ServiceError>
        do {
            chunk = try await environment.threads.runIfActive {
                Result { () throws(ServiceError) in try desk.chunk(question, at: now) }
            }
        } catch {
            throw .unavailable("the node is stopping", retryAfter: 2)
        }
        return try chunk.get()
    }

    private func shard(numbered number: Int) throws(ServiceError) -> ShardActor {
        let shards = try shards()
        guard shards.indices.contains(number) else { throw .unavailable("there is no shard \(number)", retryAfter: 5) }
        return shards[number]
    }
}
