// Operation 9, an entry of a plain sorted set gets a score:
//
//   varint  leaderboard number
//   run     member
//   u64     bits of the double; infinite ones too, -0 never
//   varint  how many entries stand before it then
//
struct SetEntryOperation {
    var leaderboard: UInt32
    var member: UnsafeRawBufferPointer
    var bits: UInt64

    init(leaderboard: UInt32, member: UnsafeRawBufferPointer, bits: UInt64) {
        self.leaderboard = leaderboard
        self.member = member
        self.bits = bits
    }

    func write(to writer: inout ByteWriter) {
        writer.writeVarint(UInt64(leaderboard))
        writer.writeRun(member)
        writer.write(bits)
    }

    init(from reader: inout ByteReader) throws(ByteReader.Problem) {
        leaderboard = UInt32(truncatingIfNeeded: try reader.readVarint())
        member = try reader.readRun()
        bits = try reader.read()
        guard !Double(bitPattern: bits).isNaN, bits != (-0.0).bitPattern else { throw .invalid("score") }
    }
}
