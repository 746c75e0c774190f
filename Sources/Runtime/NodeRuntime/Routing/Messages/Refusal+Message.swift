internal import Leaderboards
package import Sharding

// Why a command changed nothing:
//
//   u8      0 unknown leaderboard, 1 leaderboard exists, 2 version conflict: varint current,
//           3 invalid definition: varint problems, each: run field, run code, run message,
//           4 immutable: run field, 5 unknown user, 6 unknown window, 7 unknown season, 8 unknown dimension,
//           9 score: u8 0 column count, 1 type, 2 bounds, 3 overflow; varint the expected count or the column,
//           10 season closed: run window, run season, 11 time in future, 12 request key reused,
//           13 limit reached: run what, varint limit, 14 plan limit: run what, varint limit, 15 already uploaded
extension Refusal: PeerMessage {
    package func write(to writer: inout ByteWriter) {
        writer.write(number)
        switch self {
        case .versionConflict(let current): writer.writeVarint(UInt64(current))
        case .invalidDefinition(let problems):
            writer.writeVarint(UInt64(problems.count))
            for problem in problems {
                writer.writeRun(problem.field)
                writer.writeRun(problem.code)
                writer.writeRun(problem.message)
            }
        case .immutable(let field): writer.writeRun(field)
        case .score(let error): error.write(to: &writer)
        case .seasonClosed(let window, let season):
            writer.writeRun(window)
            writer.writeRun(season)
        case .limitReached(let what, let limit), .planLimit(let what, let limit):
            writer.writeRun(what)
            writer.writeCount(limit)
        case .unknownLeaderboard, .leaderboardExists, .unknownUser, .unknownWindow, .unknownSeason, .unknownDimension,
            .timeInFuture, .requestKeyReused, .alreadyUploaded:
            break
        }
    }

    private var number: UInt8 {
        switch self {
        case .unknownLeaderboard: 0
        case .leaderboardExists: 1
        case .versionConflict: 2
        case .invalidDefinition: 3
        case .immutable: 4
        case .unknownUser: 5
        case .unknownWindow: 6
        case .unknownSeason: 7
        case .unknownDimension: 8
        case .score: 9
        case .seasonClosed: 10
        case .timeInFuture: 11
        case .requestKeyReused: 12
        case .limitReached: 13
        case .planLimit: 14
        case .alreadyUploaded: 15
        }
    }

    package init(from reader: inout ByteReader) throws(ByteReader.Problem) {
        switch try reader.read(UInt8.self) {
        case 0: self = .unknownLeaderboard
        case 1: self = .leaderboardExists
        case 2: self = .versionConflict(current: UInt32(try reader.readCount(atMost: Int(UInt32.max))))
        case 3:
            var problems: [DefinitionProblem] = []
            for _ in 0..<(try reader.readCount(atMost: 1 << 16)) {
                problems.append(
                    DefinitionProblem(
                        field: try reader.readString(), code: try reader.readString(),
                        message: try reader.readString()))
            }
            self = .invalidDefinition(problems)
        case 4: self = .immutable(field: try reader.readString())
        case 5: self = .unknownUser
        case 6: self = .unknownWindow
        case 7: self = .unknownSeason
        case 8: self = .unknownDimension
        case 9: self = .score(try ScoreError(from: &reader))
        case 10: self = .seasonClosed(window: try reader.readString(), season: try reader.readString())
        case 11: self = .timeInFuture
        case 12: self = .requestKeyReused
        case 13: self = .limitReached(what: try reader.readString(), limit: try reader.readCount())
        case 14: self = .planLimit(what: try reader.readString(), limit: try reader.readCount())
        case 15: self = .alreadyUploaded
        default: throw .invalid("refusal")
        }
    }
}

extension ScoreError {
    fileprivate func write(to writer: inout ByteWriter) {
        let (kind, number): (UInt8, Int) =
            switch self {
            case .columnCount(let expected): (0, expected)
            case .type(let column): (1, column)
            case .bounds(let column): (2, column)
            case .overflow(let column): (3, column)
            }
        writer.write(kind)
        writer.writeCount(number)
    }

    fileprivate init(from reader: inout ByteReader) throws(ByteReader.Problem) {
        let kind = try reader.read(UInt8.self)
        let number = try reader.readCount(atMost: 255)
        switch kind {
        case 0: self = .columnCount(expected: number)
        case 1: self = .type(column: number)
        case 2: self = .bounds(column: number)
        case 3: self = .overflow(column: number)
        default: throw .invalid("score error")
        }
    }
}
