internal import Placement
package import Sharding

/// A region's checkpoints of a shard are asked for, those that reflect record `number` or a later one: varint shard, u64 number.
package struct OriginQuestion: PeerMessage, Hashable {
    package var shard: Int
    package var number: UInt64

    package init(shard: Int, number: UInt64) {
        self.shard = shard
        self.number = number
    }

    package func write(to writer: inout ByteWriter) {
        writer.writeCount(shard)
        writer.write(number)
    }

    package init(from reader: inout ByteReader) throws(ByteReader.Problem) {
        shard = try reader.readCount(atMost: 1 << 16)
        number = try reader.read()
    }
}

// A checkpoint, and who has it: u64 node, then the checkpoint.
extension CheckpointOffer: PeerMessage {
    package func write(to writer: inout ByteWriter) {
        writer.write(node.number)
        checkpoint.write(to: &writer)
    }

    package init(from reader: inout ByteReader) throws(ByteReader.Problem) {
        node = NodeID(try reader.read())
        checkpoint = try HeldCheckpoint(from: &reader)
    }
}

/// A chunk of a checkpoint that a node of a region has: u64 node, then what that one is asked.
package struct OriginChunkQuestion: PeerMessage, Hashable {
    package var node: UInt64
    package var chunk: ChunkQuestion

    package init(node: UInt64, chunk: ChunkQuestion) {
        self.node = node
        self.chunk = chunk
    }

    package func write(to writer: inout ByteWriter) {
        writer.write(node)
        chunk.write(to: &writer)
    }

    package init(from reader: inout ByteReader) throws(ByteReader.Problem) {
        node = try reader.read()
        chunk = try ChunkQuestion(from: &reader)
    }
}
