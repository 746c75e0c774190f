internal import Leaderboards
internal import Placement
internal import Sharding
internal import Synchronization

/// Hands out this region's checkpoints to nodes that mirror its log, whichever node here has them.
///
/// Nothing is verified, kept or made for their sake: there is what there is, and whoever gets it compares it with the log. Bounded, so
/// that nodes of this region, which ask each other for the same, are not kept waiting by others.
final class CheckpointGateway: Sendable {
    private struct Reading: Hashable {
        var node: UInt64
        var shard: Int
        var generation: UInt64
    }

    private struct State {
        var askingCount = 0
        /// When a chunk of each was asked for last.
        var readings: [Reading: Duration] = [:]
    }

    /// Checkpoints on their way at once…
    static let readingCountMax = 2
    /// …and questions that are put to all nodes here.
    static let askingCountMax = 4
    static let offerCountMax = 16
    /// A checkpoint of which nobody asks for more is on its way no longer.
    private static let patience: Duration = .seconds(10)
    private static let chunkTime: Duration = .seconds(10)

    private let routed: RoutedService
    private let state = Mutex(State())

    init(_ routed: RoutedService) { self.routed = routed }

    func offers(_ question: OriginQuestion) async throws(ServiceError) -> PeerList<CheckpointOffer> {
        guard let exchange = routed.node.environment.sharing?.exchange, question.shard < routed.shardCount else {
            throw .unavailable("there is no shard \(question.shard)", retryAfter: 5)
        }
        let isAdmitted = state.withLock { state in
            guard state.askingCount < Self.askingCountMax else { return false }
            state.askingCount += 1
            return true
        }
        guard isAdmitted else { throw .overloaded(retryAfter: 1) }
        defer { state.withLock { $0.askingCount -= 1 } }
        let own = try await routed.node.holdings(HoldingsQuestion(shards: [question.shard]))
        let offers = await exchange.offers(
            of: ShardID(UInt16(question.shard)), reaching: question.number, beside: own[0])
        return PeerList(Array(offers.prefix(Self.offerCountMax)))
    }

    func chunk(_ question: OriginChunkQuestion) async throws(ServiceError) -> ChunkBytes {
        let reading = Reading(
            node: question.node, shard: question.chunk.shard, generation: question.chunk.generation)
        try begin(reading)
        do throws(ServiceError) {
            let answer = try await fetch(question)
            if let chunk = try? CheckpointChunk(receiving: answer.bytes), chunk.isLast { end(reading) }
            return answer
        } catch {
            end(reading)
            throw error
        }
    }

    private func fetch(_ question: OriginChunkQuestion) async throws(ServiceError) -> ChunkBytes {
        if question.node == routed.me { return try await routed.node.chunk(question.chunk) }
        return try await routed.ask(question.node, .checkpointChunk, question.chunk, within: Self.chunkTime)
    }

    private func begin(_ reading: Reading) throws(ServiceError) {
        let now = routed.clock.uptime()
        let isAdmitted = state.withLock { state in
            state.readings = state.readings.filter { now - $0.value < Self.patience }
            guard state.readings[reading] != nil || state.readings.count < Self.readingCountMax else { return false }
            state.readings[reading] = now
            return true
        }
        guard isAdmitted else { throw .overloaded(retryAfter: 1) }
    }

    private func end(_ reading: Reading) { state.withLock { $0.readings[reading] = nil } }
}
