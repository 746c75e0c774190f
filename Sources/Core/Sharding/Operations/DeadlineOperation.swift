import Leaderboards

// Operation 10, a plain sorted set gets a deadline, or loses the one it has:
//
//   varint   leaderboard number
//   deadline u8 1 and an i64, milliseconds since 1970; or u8 0, for none
//
/// That the deadline has come is no operation: whoever finds the set so deletes it (operation 3).
struct DeadlineOperation: Hashable {
    var leaderboard: UInt32
    var deadline: Timestamp?

    init(leaderboard: UInt32, deadline: Timestamp?) {
        self.leaderboard = leaderboard
        self.deadline = deadline
    }

    func write(to writer: inout ByteWriter) {
        writer.writeVarint(UInt64(leaderboard))
        writer.writeDeadline(deadline)
    }

    init(from reader: inout ByteReader) throws(ByteReader.Problem) {
        leaderboard = UInt32(truncatingIfNeeded: try reader.readVarint())
        deadline = try reader.readDeadline()
    }
}

// In operations and manifests.
extension ByteWriter {
    mutating func writeDeadline(_ deadline: Timestamp?) {
        write(UInt8(deadline == nil ? 0 : 1))
        if let deadline { write(deadline.milliseconds) }
    }
}

extension ByteReader {
    mutating func readDeadline() throws(Problem) -> Timestamp? {
        switch try read(UInt8.self) {
        case 0: return nil
        case 1: return Timestamp(milliseconds: try read())
        default: throw .invalid("deadline")
        }
    }
}
