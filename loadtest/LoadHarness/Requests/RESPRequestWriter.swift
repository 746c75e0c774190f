/// Writes sorted-set commands, as arrays of bulk strings.
package struct RESPRequestWriter: RequestWriter {
    private let scenario: Scenario
    /// `$2\r\nlb\r\n`, for each board.
    private let keys: [[UInt8]]

    package init(_ scenario: Scenario) {
        self.scenario = scenario
        keys = (0..<scenario.boardCount).map { board in
            let name = scenario.boardName(tenant: board / scenario.boards, board: board % scenario.boards)
            return Array("$\(name.utf8.count)\r\n\(name)\r\n".utf8)
        }
    }

    package mutating func write(
        _ operation: Operation, _ chooser: inout RequestChooser, into bytes: inout ByteBuilder
    ) {
        switch operation {
        case .update: enter(chooser.board(), chooser.member(), chooser.score(), into: &bytes)
        case .enter:
            let (board, member) = chooser.memberInOrder()
            enter(board, member, chooser.score(), into: &bytes)
        case .increment:
            let board = chooser.board()
            bytes.append("*4\r\n$7\r\nZINCRBY\r\n")
            bytes.append(keys[board])
            let tenths = chooser.increment()
            Self.append(&bytes, tenths < 100 ? 3 : 4) { $0.append(increment: tenths) }
            Self.append(&bytes, member: chooser.member())
        case .batch, .bulk: enterMany(operation, &chooser, into: &bytes)
        case .rank:
            bytes.append("*3\r\n$8\r\nZREVRANK\r\n")
            bytes.append(keys[chooser.board()])
            Self.append(&bytes, member: chooser.member())
        case .top: range(chooser.board(), 0, scenario.topRows, into: &bytes)
        case .page, .around:
            let rows = 2 * scenario.radius + 1
            let board = chooser.board()
            range(board, chooser.row(rows), rows, into: &bytes)
        case .ping: bytes.append("*1\r\n$4\r\nPING\r\n")
        }
    }

    private func enter(_ board: Int, _ member: Int, _ score: Int, into bytes: inout ByteBuilder) {
        bytes.append("*4\r\n$4\r\nZADD\r\n")
        bytes.append(keys[board])
        Self.append(&bytes, score: score)
        Self.append(&bytes, member: member)
    }

    /// All in the board of the first.
    private func enterMany(_ operation: Operation, _ chooser: inout RequestChooser, into bytes: inout ByteBuilder) {
        bytes.append("*")
        bytes.append(number: 2 + 2 * scenario.batchSize)
        bytes.append("\r\n$4\r\nZADD\r\n")
        var board = chooser.board()
        for place in 0..<scenario.batchSize {
            let member: Int
            if operation == .bulk {
                let next = chooser.memberInOrder()
                if place == 0 { board = next.board }
                member = next.member
            } else {
                member = chooser.member()
            }
            if place == 0 { bytes.append(keys[board]) }
            Self.append(&bytes, score: chooser.score())
            Self.append(&bytes, member: member)
        }
    }

    private func range(_ board: Int, _ first: Int, _ rows: Int, into bytes: inout ByteBuilder) {
        bytes.append("*5\r\n$9\r\nZREVRANGE\r\n")
        bytes.append(keys[board])
        for bound in [first, first + rows - 1] { Self.append(&bytes, Self.digits(bound)) { $0.append(number: bound) } }
        bytes.append("$10\r\nWITHSCORES\r\n")
    }

    static func append(_ bytes: inout ByteBuilder, score: Int) {
        append(&bytes, digits(score / 1_000_000) + 7) { $0.append(score: score) }
    }

    static func append(_ bytes: inout ByteBuilder, member: Int) {
        append(&bytes, 7 + max(digits(member), 8)) { $0.append(member: member) }
    }

    private static func append(_ bytes: inout ByteBuilder, _ byteCount: Int, _ payload: (inout ByteBuilder) -> Void) {
        bytes.append("$")
        bytes.append(number: byteCount)
        bytes.append("\r\n")
        payload(&bytes)
        bytes.append("\r\n")
    }

    private static func digits(_ number: Int) -> Int {
        var width = 1
        var rest = number
        while rest >= 10 {
            rest /= 10
            width += 1
        }
        return width
    }
}

/// A command of few words, for questions outside of the measurement.
func respCommand(_ words: [String]) -> [UInt8] {
    Array(("*\(words.count)\r\n" + words.map { "$\($0.utf8.count)\r\n\($0)\r\n" }.joined()).utf8)
}
