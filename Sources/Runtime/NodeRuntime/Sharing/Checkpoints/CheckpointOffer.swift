internal import Leaderboards
package import Placement
internal import Sharding

/// A checkpoint that another node has.
package struct CheckpointOffer: Hashable, Sendable {
    package var node: NodeID
    package var checkpoint: HeldCheckpoint

    package init(node: NodeID, checkpoint: HeldCheckpoint) {
        self.node = node
        self.checkpoint = checkpoint
    }

    var name: String { "checkpoint \(checkpoint.generation) of node \(node.number)" }
}

extension CheckpointExchange {
    /// What others have of a shard that reflects record `number` or a later one: first what was verified, the newest of it first. Others
    /// are the nodes of this cluster, or of the one whose log this node mirrors.
    func offers(of id: ShardID, reaching number: UInt64) async throws(ServiceError) -> [CheckpointOffer] {
        guard isMirror else { return await offers(of: id, reaching: number, beside: nil) }
        return try await requireOrigin().offers(of: id, reaching: number)
    }

    /// Of the nodes of this cluster.
    ///
    /// - Parameter own: what this node has, if that is offered, too
    func offers(of id: ShardID, reaching number: UInt64, beside own: ShardHoldings?) async -> [CheckpointOffer] {
        var found = await holdings(HoldingsQuestion(shards: [Int(id.number)])).mapValues { $0?.first }
        if let own { found[me] = own }
        var offers: [CheckpointOffer] = []
        for (node, holdings) in found {
            for checkpoint in holdings?.checkpoints ?? [] where checkpoint.record.number >= number {
                offers.append(CheckpointOffer(node: node, checkpoint: checkpoint))
            }
        }
        return offers.sorted { one, other in
            if one.checkpoint.isVerified != other.checkpoint.isVerified { return one.checkpoint.isVerified }
            return (one.checkpoint.record.number, other.node) > (other.checkpoint.record.number, one.node)
        }
    }

    /// A call that did not come through is made again.
    private static var callsMax: Int { 3 }

    func chunk(
        of offer: CheckpointOffer, shard id: ShardID, at place: CheckpointPlace
    ) async throws(CheckpointTransferError) -> CheckpointChunk {
        let question = ChunkQuestion(
            shard: Int(id.number), generation: offer.checkpoint.generation, place: place)
        var calls = 0
        while true {
            let bytes: [UInt8]
            do throws(ServiceError) {
                bytes = try await chunk(question, of: offer.node)
            } catch {
                if case .overloaded = error { throw .busy }
                calls += 1
                if calls >= Self.callsMax || Task.isCancelled { throw .gone("\(error)") }
                continue
            }
            let chunk = try CheckpointChunk(receiving: bytes)
            guard chunk.generation == offer.checkpoint.generation else {
                throw .damaged("a chunk of another checkpoint")
            }
            return chunk
        }
    }
}
