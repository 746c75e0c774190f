internal import Leaderboards
package import Sharding

// A row: varint rank, run user, the score, u8 1 and i64 milliseconds or 0, u8 1 and the metadata as a run or 0.
extension Entry: PeerMessage {
    package func write(to writer: inout ByteWriter) {
        writer.writeCount(rank.number)
        writer.writeRun(user)
        score.write(to: &writer)
        writer.writeOptional(updatedAt)
        writer.writeOptional(metadata)
    }

    package init(from reader: inout ByteReader) throws(ByteReader.Problem) {
        self.init(
            rank: Rank(try reader.readCount()), user: try reader.readArray(), score: try Score(from: &reader),
            updatedAt: try reader.readOptionalTime(), metadata: try reader.readOptionalArray())
    }
}

// Rows of a ranking: varint entries and each, varint offset, varint total, u8 1 and the season as a run or 0, u8 1 and i64
// milliseconds until the next reset or 0, varint columns and each as a run.
extension Page: PeerMessage {
    package func write(to writer: inout ByteWriter) {
        PeerList(entries).write(to: &writer)
        writer.writeCount(offset)
        writer.writeCount(total)
        writer.writeOptional(season)
        writer.writeOptional(nextReset)
        writer.writeVarint(UInt64(columns.count))
        for column in columns { writer.writeRun(column) }
    }

    package init(from reader: inout ByteReader) throws(ByteReader.Problem) {
        self.init(
            entries: try PeerList<Entry>(from: &reader).elements, offset: try reader.readCount(),
            total: try reader.readCount(), season: try reader.readOptionalString(),
            nextReset: try reader.readOptionalTime(), columns: [])
        for _ in 0..<(try reader.readCount(atMost: 255)) { columns.append(try reader.readString()) }
    }
}

// The entries of certain users: varint users, each u8 1 and its row or 0; varint total, season and next reset as for a page.
extension UserEntries: PeerMessage {
    package func write(to writer: inout ByteWriter) {
        writer.writeVarint(UInt64(entries.count))
        for entry in entries {
            writer.write(flag: entry != nil)
            entry?.write(to: &writer)
        }
        writer.writeCount(total)
        writer.writeOptional(season)
        writer.writeOptional(nextReset)
    }

    package init(from reader: inout ByteReader) throws(ByteReader.Problem) {
        var entries: [Entry?] = []
        for _ in 0..<(try reader.readCount(atMost: 1 << 20)) {
            entries.append(try reader.readFlag() ? try Entry(from: &reader) : nil)
        }
        self.init(
            entries: entries, total: try reader.readCount(), season: try reader.readOptionalString(),
            nextReset: try reader.readOptionalTime())
    }
}
