// Operation 6, a member's entries are removed from every open board:
//
//   varint  leaderboard number
//   run     user
//
struct RemovalOperation {
    var leaderboard: UInt32
    var user: UnsafeRawBufferPointer

    init(leaderboard: UInt32, user: UnsafeRawBufferPointer) {
        self.leaderboard = leaderboard
        self.user = user
    }

    func write(to writer: inout ByteWriter) {
        writer.writeVarint(UInt64(leaderboard))
        writer.writeRun(user)
    }

    init(from reader: inout ByteReader) throws(ByteReader.Problem) {
        leaderboard = UInt32(truncatingIfNeeded: try reader.readVarint())
        user = try reader.readRun()
    }
}
