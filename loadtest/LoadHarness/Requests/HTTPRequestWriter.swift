/// Writes requests of Laurel's HTTP API.
package struct HTTPRequestWriter: RequestWriter {
    private let scenario: Scenario
    private let boards: [[UInt8]]
    /// `Host` and, of each board's tenant, the key: what every request has.
    private let heads: [[UInt8]]
    private var body = ByteBuilderBox()

    /// - Parameter keys: of each tenant; with fewer keys than tenants they take turns.
    package init(_ scenario: Scenario, host: String, keys: [String]) {
        self.scenario = scenario
        boards = (0..<scenario.boardCount).map { board in
            Array(scenario.boardName(tenant: board / scenario.boards, board: board % scenario.boards).utf8)
        }
        heads = (0..<scenario.tenants).map { tenant in
            let key = keys.isEmpty ? "" : "X-Api-Key: \(keys[tenant % keys.count])\r\n"
            return Array(" HTTP/1.1\r\nHost: \(host)\r\n\(key)".utf8)
        }
    }

    package mutating func write(
        _ operation: Operation, _ chooser: inout RequestChooser, into bytes: inout ByteBuilder
    ) {
        switch operation {
        case .update, .increment, .enter:
            var board = 0
            var member = 0
            if operation == .enter {
                (board, member) = chooser.memberInOrder()
            } else {
                (board, member) = (chooser.board(), chooser.member())
            }
            body.bytes.clear()
            submission(board, member, operation, &chooser)
            post("/v1/scores/update", "application/json", board, into: &bytes)
        case .batch:
            let board = chooser.board()
            body.bytes.clear()
            body.bytes.append("{\"updates\":[")
            for place in 0..<scenario.batchSize {
                if place > 0 { body.bytes.append(",") }
                submission(board, chooser.member(), operation, &chooser)
            }
            body.bytes.append("]}")
            post("/v1/scores/update", "application/json", board, into: &bytes)
        case .bulk:
            var first: Int?
            body.bytes.clear()
            for _ in 0..<scenario.batchSize {
                let (board, member) = chooser.memberInOrder()
                first = first ?? board
                submission(board, member, operation, &chooser)
                body.bytes.append("\n")
            }
            post("/v1/scores/bulk", "application/x-ndjson", first ?? 0, into: &bytes)
        case .rank, .around, .top, .page: read(operation, &chooser, into: &bytes)
        case .ping:
            bytes.append("GET /healthz")
            bytes.append(heads[0])
            bytes.append("\r\n")
        }
    }

    private mutating func submission(
        _ board: Int, _ member: Int, _ operation: Operation, _ chooser: inout RequestChooser
    ) {
        body.bytes.append("{\"leaderboard\":\"")
        body.bytes.append(boards[board])
        body.bytes.append("\",\"user\":\"")
        body.bytes.append(member: member)
        body.bytes.append("\",\"score\":")
        if operation == .increment {
            body.bytes.append(increment: chooser.increment())
        } else {
            body.bytes.append(score: chooser.score())
        }
        body.bytes.append("}")
    }

    private func read(_ operation: Operation, _ chooser: inout RequestChooser, into bytes: inout ByteBuilder) {
        let board = chooser.board()
        bytes.append("GET /v1/leaderboards/")
        bytes.append(boards[board])
        switch operation {
        case .rank:
            bytes.append("/rank/")
            bytes.append(member: chooser.member())
        case .around:
            bytes.append("/around/")
            bytes.append(member: chooser.member())
            bytes.append("?radius=")
            bytes.append(number: scenario.radius)
        case .page:
            let rows = 2 * scenario.radius + 1
            bytes.append("/top?from_rank=")
            bytes.append(number: chooser.row(rows) + 1)
            bytes.append("&limit=")
            bytes.append(number: rows)
        default:
            bytes.append("/top?limit=")
            bytes.append(number: scenario.topRows)
        }
        bytes.append(heads[board / scenario.boards])
        bytes.append("\r\n")
    }

    private mutating func post(_ path: StaticString, _ type: StaticString, _ board: Int, into bytes: inout ByteBuilder)
    {
        bytes.append("POST ")
        bytes.append(path)
        bytes.append(heads[board / scenario.boards])
        bytes.append("Content-Type: ")
        bytes.append(type)
        bytes.append("\r\nContent-Length: ")
        bytes.append(number: body.bytes.count)
        bytes.append("\r\n\r\n")
        bytes.append(body.bytes)
    }
}

/// A body is written before its head, which has its length; the memory for it is used again.
private final class ByteBuilderBox {
    var bytes = ByteBuilder()
}
