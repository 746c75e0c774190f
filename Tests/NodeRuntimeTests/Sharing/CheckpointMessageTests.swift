import Leaderboards
import NodeRuntime
import Placement
import Sharding
import Testing

@Suite("What nodes say of checkpoints")
struct CheckpointMessageTests {
    private func check<Message: PeerMessage & Equatable>(_ message: Message, _ golden: String) throws {
        let bytes = message.encoded
        #expect(bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined() == golden)
        #expect(try Message.decode(bytes) == message)
        for count in bytes.indices {
            #expect(throws: ByteReader.Problem.self) { try Message.decode(Array(bytes[..<count])) }
        }
    }

    @Test("The layouts, and that nothing shorter is read")
    func layouts() throws {
        try check(HoldingsQuestion(shards: [3, 300], wish: .newer), "0203ac0202")
        let record = CheckpointRecord(
            position: LogPosition(9), number: 8, hash: ChainHash(low: 7, high: 6), epoch: 5)
        let checkpoint = HeldCheckpoint(generation: 4, record: record, byteCount: 300, isVerified: true)
        let checkpointBytes =
            "04000000000000000900000000000000080000000000000007000000000000000600000000000000"
            + "0500000000000000ac0201"
        try check(checkpoint, checkpointBytes)
        try check(
            ShardHoldings(
                role: .follower, applied: LogPosition(11), aged: LogPosition(12), floor: LogPosition(13),
                checkpoints: [checkpoint]),
            "010b000000000000000c00000000000000010d0000000000000001" + checkpointBytes)
        try check(
            ShardHoldings(role: .none, applied: .start, checkpoints: []), "00" + zeros(8) + zeros(8) + "0000")
        try check(
            ChunkQuestion(shard: 300, generation: 2, place: CheckpointPlace(pieces: 1, bytes: 300)),
            "ac02020000000000000001ac02")
        try check(ChunkBytes([1, 2, 3]), "03010203")
        try check(OriginQuestion(shard: 300, number: 8), "ac020800000000000000")
        try check(CheckpointOffer(node: NodeID(9), checkpoint: checkpoint), "0900000000000000" + checkpointBytes)
        try check(
            OriginChunkQuestion(
                node: 9, chunk: ChunkQuestion(shard: 300, generation: 2, place: CheckpointPlace(pieces: 1, bytes: 300))),
            "0900000000000000ac02020000000000000001ac02")
    }

    private func zeros(_ count: Int) -> String { String(repeating: "00", count: count) }
}
