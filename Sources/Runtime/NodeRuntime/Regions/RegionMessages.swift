package import Sharding

/// A region introduces itself, as question and as answer: run its name, varint the epoch of its map.
package struct RegionGreeting: PeerMessage, Hashable {
    package var region: String
    package var epoch: UInt64

    package init(region: String, epoch: UInt64) {
        self.region = region
        self.epoch = epoch
    }

    package func write(to writer: inout ByteWriter) {
        writer.writeRun(region)
        writer.writeVarint(epoch)
    }

    package init(from reader: inout ByteReader) throws(ByteReader.Problem) {
        region = try reader.readString()
        epoch = try reader.readVarint()
    }
}

/// A project's name: a run.
struct ProjectQuestion: PeerMessage, Hashable {
    var project: String

    init(_ project: String) { self.project = project }

    func write(to writer: inout ByteWriter) { writer.writeRun(project) }
    init(from reader: inout ByteReader) throws(ByteReader.Problem) { project = try reader.readString() }
}
