internal import Leaderboards
internal import Placement
internal import Sharding

/// Where a mirror gets checkpoints from: nodes of the region that it mirrors, through a gateway there.
///
/// Any of them may have the one that fits, so it is asked for by the node's number, and each gateway knows the way to all.
package struct CheckpointOrigin: Sendable {
    let region: String
    private let links: any RegionLinks

    package init(_ region: String, links: any RegionLinks) {
        self.region = region
        self.links = links
    }

    /// Longer than a gateway waits for the nodes of its region.
    private static let askingTime: Duration = .seconds(10)
    private static let chunkTime: Duration = .seconds(15)

    /// What there is of a shard that reflects record `number` or a later one, the best first.
    func offers(of id: ShardID, reaching number: UInt64) async throws(ServiceError) -> [CheckpointOffer] {
        let question = OriginQuestion(shard: Int(id.number), number: number)
        let answer: PeerList<CheckpointOffer> = try await ask(.originCheckpoints, question, within: Self.askingTime)
        return answer.elements
    }

    func chunk(_ question: ChunkQuestion, of node: NodeID) async throws(ServiceError) -> [UInt8] {
        let question = OriginChunkQuestion(node: node.number, chunk: question)
        let answer: ChunkBytes = try await ask(.originChunk, question, within: Self.chunkTime)
        return answer.bytes
    }

    private func ask<Request: PeerMessage, Value: PeerMessage>(
        _ operation: PeerOperation, _ request: Request, within time: Duration
    ) async throws(ServiceError) -> Value {
        let bytes = try await links.call(operation, request.encoded, to: region, within: time)
        return try decodeAnswer(bytes)
    }
}

extension Node {
    /// From now on this node, which mirrors a region, can ask that one for checkpoints.
    package func use(_ origin: CheckpointOrigin) { environment.sharing?.exchange.use(origin) }
}
