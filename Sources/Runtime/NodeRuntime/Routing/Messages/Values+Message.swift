package import Leaderboards
package import Sharding

// A leaderboard's name: run project, run id.
extension LeaderboardKey: PeerMessage {
    package func write(to writer: inout ByteWriter) {
        writer.writeRun(project)
        writer.writeRun(id)
    }

    package init(from reader: inout ByteReader) throws(ByteReader.Problem) {
        self.init(project: try reader.readString(), id: try reader.readString())
    }
}

// A place in the log: varint.
extension LogPosition: PeerMessage {
    package func write(to writer: inout ByteWriter) { writer.writeVarint(value) }
    package init(from reader: inout ByteReader) throws(ByteReader.Problem) { self.init(try reader.readVarint()) }
}

// An answer and its place in the log: varint position, then the value.
extension Positioned: PeerMessage where Value: PeerMessage {
    package func write(to writer: inout ByteWriter) {
        position.write(to: &writer)
        value.write(to: &writer)
    }

    package init(from reader: inout ByteReader) throws(ByteReader.Problem) {
        let position = try LogPosition(from: &reader)
        self.init(try Value(from: &reader), at: position)
    }
}

// A score: u8 columns, u8 whose bit i is set where column i is a decimal, then 8 bytes each.
extension Score: PeerMessage {
    package func write(to writer: inout ByteWriter) {
        var decimals: UInt8 = 0
        for index in 0..<count { if case .decimal = value(index) { decimals |= 1 << UInt8(index) } }
        writer.write(UInt8(count))
        writer.write(decimals)
        for index in 0..<count { writer.write(self[index]) }
    }

    package init(from reader: inout ByteReader) throws(ByteReader.Problem) {
        self.init()
        let count = Int(try reader.read(UInt8.self))
        let decimals: UInt8 = try reader.read()
        guard count <= Self.columnCountMax, decimals >> UInt8(count) == 0 else { throw .invalid("score") }
        for index in 0..<count {
            append(bits: try reader.read(), type: decimals & 1 << UInt8(index) == 0 ? .integer : .decimal)
        }
    }
}

extension ByteWriter {
    mutating func writeOptional(_ time: Timestamp?) {
        write(flag: time != nil)
        if let time { write(time.milliseconds) }
    }

    /// 0 if there is none.
    mutating func writeOptional(_ rank: Rank?) { writeCount(rank?.number ?? 0) }
}

extension ByteReader {
    mutating func readOptionalTime() throws(Problem) -> Timestamp? {
        try readFlag() ? Timestamp(milliseconds: try read()) : nil
    }

    mutating func readOptionalRank() throws(Problem) -> Rank? {
        let number = try readCount()
        return number == 0 ? nil : Rank(number)
    }
}
