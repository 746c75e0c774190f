internal import Leaderboards
package import Sharding

// What became of a submission:
//
//   varint  position
//   u8      0, then the outcome; or 1, then a service error
extension SubmissionAnswer: PeerMessage {
    package func write(to writer: inout ByteWriter) {
        position.write(to: &writer)
        PeerAnswer(outcome).write(to: &writer)
    }

    package init(from reader: inout ByteReader) throws(ByteReader.Problem) {
        let position = try LogPosition(from: &reader)
        self.init(try PeerAnswer<SubmissionOutcome>(from: &reader).result, at: position)
    }
}

// An outcome:
//
//   u8      0 unchanged, 1 accepted, 2 refused: then the refusal
//   the score after; u8 1 and the score before, or 0
//   varint  rank after, varint rank before: 0 for none
//   varint  windows, then for each:
//             run window, run season, u8 whether the season's entry changed, its score, varint rank after, varint rank before
//   u8      1 if it is an answer given before
extension SubmissionOutcome: PeerMessage {
    package func write(to writer: inout ByteWriter) {
        switch status {
        case .unchanged: writer.write(UInt8(0))
        case .accepted: writer.write(UInt8(1))
        case .refused(let refusal):
            writer.write(UInt8(2))
            refusal.write(to: &writer)
        }
        score.write(to: &writer)
        writer.write(flag: previousScore != nil)
        previousScore?.write(to: &writer)
        writer.writeOptional(rank)
        writer.writeOptional(previousRank)
        writer.writeVarint(UInt64(windows.count))
        for window in windows {
            writer.writeRun(window.window)
            writer.writeRun(window.season)
            writer.write(flag: window.accepted)
            window.score.write(to: &writer)
            writer.writeOptional(window.rank)
            writer.writeOptional(window.previousRank)
        }
        writer.write(flag: isReplay)
    }

    package init(from reader: inout ByteReader) throws(ByteReader.Problem) {
        switch try reader.read(UInt8.self) {
        case 0: self.init(status: .unchanged)
        case 1: self.init(status: .accepted)
        case 2: self.init(status: .refused(try Refusal(from: &reader)))
        default: throw .invalid("outcome")
        }
        score = try Score(from: &reader)
        if try reader.readFlag() { previousScore = try Score(from: &reader) }
        rank = try reader.readOptionalRank()
        previousRank = try reader.readOptionalRank()
        for _ in 0..<(try reader.readCount(atMost: 255)) {
            windows.append(
                WindowOutcome(
                    window: try reader.readString(), season: try reader.readString(), accepted: try reader.readFlag(),
                    score: try Score(from: &reader), rank: try reader.readOptionalRank(),
                    previousRank: try reader.readOptionalRank()))
        }
        isReplay = try reader.readFlag()
    }
}
