import Leaderboards

// Operation 1, a leaderboard is created; operation 2, its definition is replaced; operation 3, it is deleted:
//
//   varint  leaderboard number
//   create: run project, run id, u64 seed, definition (LeaderboardDefinition+Codec)
//   replace: definition
//   delete: nothing more
//
struct DefineOperation: Hashable {
    var leaderboard: UInt32
    var key: LeaderboardKey
    /// Seeds the hash of the leaderboard's member table, so that nobody can choose names that collide.
    var seed: UInt64
    var definition: LeaderboardDefinition

    init(leaderboard: UInt32, key: LeaderboardKey, seed: UInt64, definition: LeaderboardDefinition) {
        self.leaderboard = leaderboard
        self.key = key
        self.seed = seed
        self.definition = definition
    }

    func write(to writer: inout ByteWriter) {
        writer.writeVarint(UInt64(leaderboard))
        writer.writeRun(key.project)
        writer.writeRun(key.id)
        writer.write(seed)
        definition.write(to: &writer)
    }

    init(from reader: inout ByteReader) throws(ByteReader.Problem) {
        leaderboard = UInt32(truncatingIfNeeded: try reader.readVarint())
        let project = try reader.readString()
        key = LeaderboardKey(project: project, id: try reader.readString())
        seed = try reader.read()
        definition = try LeaderboardDefinition(from: &reader)
    }
}

struct RedefineOperation: Hashable {
    var leaderboard: UInt32
    var definition: LeaderboardDefinition

    init(leaderboard: UInt32, definition: LeaderboardDefinition) {
        self.leaderboard = leaderboard
        self.definition = definition
    }

    func write(to writer: inout ByteWriter) {
        writer.writeVarint(UInt64(leaderboard))
        definition.write(to: &writer)
    }

    init(from reader: inout ByteReader) throws(ByteReader.Problem) {
        leaderboard = UInt32(truncatingIfNeeded: try reader.readVarint())
        definition = try LeaderboardDefinition(from: &reader)
    }
}
