import Leaderboards

// The outcome of a submission, inside a record and in the request table:
//
//   u8      status: 0 unchanged, 1 accepted
//   u8      columns, then 8 bytes each: the all-time score after
//   u8      1 if there was a score before, then 8 bytes for each column
//   varint  rank after, 0 if none
//   varint  rank before, 0 if none
//   u8      windows, then for each:
//             u8      the window's place in the definition
//             run     season id
//             u8      1 if the season's entry changed
//             8 bytes for each column: the season's score after
//             varint  rank after, varint rank before
extension SubmissionOutcome {
    func write(to writer: inout ByteWriter, windows names: [WindowDefinition]) {
        writer.write(UInt8(status == .accepted ? 1 : 0))
        writer.write(UInt8(score.count))
        for index in 0..<score.count { writer.write(score[index]) }
        writer.write(UInt8(previousScore == nil ? 0 : 1))
        if let previousScore {
            for index in 0..<previousScore.count { writer.write(previousScore[index]) }
        }
        writer.writeVarint(UInt64(rank?.number ?? 0))
        writer.writeVarint(UInt64(previousRank?.number ?? 0))
        writer.write(UInt8(windows.count))
        for window in windows {
            writer.write(UInt8(names.firstIndex { $0.name == window.window } ?? 255))
            writer.writeRun(window.season)
            writer.write(UInt8(window.accepted ? 1 : 0))
            for index in 0..<score.count { writer.write(window.score[index]) }
            writer.writeVarint(UInt64(window.rank?.number ?? 0))
            writer.writeVarint(UInt64(window.previousRank?.number ?? 0))
        }
    }

    init(
        from reader: inout ByteReader, types: [Column.ValueType], windows names: [WindowDefinition]
    ) throws(ByteReader.Problem) {
        func readScore(_ reader: inout ByteReader) throws(ByteReader.Problem) -> Score {
            var score = Score()
            for type in types { score.append(bits: try reader.read(), type: type) }
            return score
        }
        func readRank(_ reader: inout ByteReader) throws(ByteReader.Problem) -> Rank? {
            let number = try reader.readCount(atMost: Int(UInt32.max))
            return number == 0 ? nil : Rank(number)
        }
        let status: UInt8 = try reader.read()
        self.init(status: status == 1 ? .accepted : .unchanged)
        guard try reader.read(UInt8.self) == types.count else { throw .invalid("column count") }
        score = try readScore(&reader)
        if try reader.read(UInt8.self) == 1 { previousScore = try readScore(&reader) }
        rank = try readRank(&reader)
        previousRank = try readRank(&reader)
        for _ in 0..<(try reader.read(UInt8.self)) {
            let place = Int(try reader.read(UInt8.self))
            let season = try reader.readString()
            let accepted = try reader.read(UInt8.self) == 1
            windows.append(
                WindowOutcome(
                    window: place < names.count ? names[place].name : "", season: season, accepted: accepted,
                    score: try readScore(&reader), rank: try readRank(&reader), previousRank: try readRank(&reader)))
        }
    }
}
