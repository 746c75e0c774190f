package import Leaderboards
package import Sharding

/// A leaderboard is to be created, or to get another definition:
///
///   the leaderboard's name
///   varint  the version that is to be replaced; 0 to create
///   the definition, as in records
package struct DefinitionRequest: PeerMessage {
    package var key: LeaderboardKey
    package var replacedVersion: UInt32
    package var definition: LeaderboardDefinition

    package init(_ key: LeaderboardKey, _ definition: LeaderboardDefinition, replacing version: UInt32 = 0) {
        self.key = key
        self.definition = definition
        replacedVersion = version
    }

    package func write(to writer: inout ByteWriter) {
        key.write(to: &writer)
        writer.writeVarint(UInt64(replacedVersion))
        definition.write(to: &writer)
    }

    package init(from reader: inout ByteReader) throws(ByteReader.Problem) {
        key = try LeaderboardKey(from: &reader)
        replacedVersion = UInt32(try reader.readCount(atMost: Int(UInt32.max)))
        definition = try LeaderboardDefinition(from: &reader)
    }
}

// A leaderboard as its tenant sees it:
//
//   its name, its definition as in records, i64 created, i64 updated, in milliseconds, varint entries
extension LeaderboardDescription: PeerMessage {
    package func write(to writer: inout ByteWriter) {
        key.write(to: &writer)
        definition.write(to: &writer)
        writer.write(createdAt.milliseconds)
        writer.write(updatedAt.milliseconds)
        writer.writeCount(entryCount)
    }

    package init(from reader: inout ByteReader) throws(ByteReader.Problem) {
        self.init(
            key: try LeaderboardKey(from: &reader), definition: try LeaderboardDefinition(from: &reader),
            createdAt: Timestamp(milliseconds: try reader.read()),
            updatedAt: Timestamp(milliseconds: try reader.read()), entryCount: try reader.readCount())
    }
}

/// An entry is to be removed: the leaderboard's name, run user.
package struct RemovalRequest: PeerMessage, Hashable {
    package var key: LeaderboardKey
    package var user: [UInt8]

    package init(_ key: LeaderboardKey, user: [UInt8]) {
        self.key = key
        self.user = user
    }

    package func write(to writer: inout ByteWriter) {
        key.write(to: &writer)
        writer.writeRun(user)
    }

    package init(from reader: inout ByteReader) throws(ByteReader.Problem) {
        key = try LeaderboardKey(from: &reader)
        user = try reader.readArray()
    }
}
