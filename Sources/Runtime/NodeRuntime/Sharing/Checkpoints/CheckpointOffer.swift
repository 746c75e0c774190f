internal import Leaderboards
internal import Placement
internal import Sharding

/// A checkpoint that another node has.
struct CheckpointOffer: Hashable {
    var node: NodeID
    var checkpoint: HeldCheckpoint

    var name: String { "checkpoint \(checkpoint.generation) of node \(node.number)" }
}

extension CheckpointExchange {
    /// What other nodes have of a shard that reflects record `number` or a later one: first what was verified, the newest of it first.
    func offers(of id: ShardID, reaching number: UInt64) async -> [CheckpointOffer] {
        var offers: [CheckpointOffer] = []
        for (node, holdings) in await holdings(HoldingsQuestion(shards: [Int(id.number)])) {
            for checkpoint in holdings?.first?.checkpoints ?? [] where checkpoint.record.number >= number {
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
