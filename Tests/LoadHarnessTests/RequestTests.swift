import LoadHarness
import Testing

@Suite("Requests")
struct RequestTests {
    private func written<Writer: RequestWriter>(_ operation: Operation, _ writer: Writer, _ scenario: Scenario)
        -> String
    {
        var writer = writer
        var chooser = RequestChooser(scenario)
        var bytes = ByteBuilder(capacity: 8)
        writer.write(operation, &chooser, into: &bytes)
        return bytes.text
    }

    private var scenario: Scenario {
        var scenario = Scenario()
        scenario.members = 12
        scenario.batchSize = 2
        return scenario
    }

    @Test("Commands over RESP say the lengths of their words", arguments: Operation.allCases)
    func lengths(operation: Operation) {
        var scenario = scenario
        for seed in 1...50 {
            scenario.seed = seed
            let lines = written(operation, RESPRequestWriter(scenario), scenario).split(
                separator: "\r\n", omittingEmptySubsequences: false)
            #expect(lines.last == "")
            let words = stride(from: 2, to: lines.count - 1, by: 2).map { String(lines[$0]) }
            #expect(lines[0] == "*\(words.count)")
            for (place, word) in words.enumerated() { #expect(lines[1 + 2 * place] == "$\(word.utf8.count)") }
            if words.count > 3, words[0] == "ZADD" { #expect(words[2].contains(/^[0-9]{1,6}\.[0-9]{6}$/)) }
        }
    }

    @Test("Commands are those that they should be")
    func commands() {
        func words(_ operation: Operation) -> [String] {
            written(operation, RESPRequestWriter(scenario), scenario).split(separator: "\r\n")
                .filter { !$0.contains(/^[*$]/) }.map(String.init)
        }
        #expect(words(.top) == ["ZREVRANGE", "lb", "0", "99", "WITHSCORES"])
        #expect(words(.rank)[0..<2] == ["ZREVRANK", "lb"])
        #expect(words(.rank)[2].contains(/^player-000000[01][0-9]$/))
        #expect(words(.increment)[0..<2] == ["ZINCRBY", "lb"])
        #expect(words(.enter)[3] == "player-00000000")
        #expect(words(.bulk).count == 6)
        #expect(words(.bulk)[3] == "player-00000000" && words(.bulk)[5] == "player-00000001")
        #expect(words(.ping) == ["PING"])
        let page = words(.page).compactMap { Int($0) }
        #expect(page[1] - page[0] == 10)
    }

    @Test("Requests over HTTP say the lengths of their bodies, and the key of the board's tenant")
    func http() throws {
        var scenario = scenario
        scenario.tenants = 3
        let writer = HTTPRequestWriter(scenario, host: "127.0.0.1:80", keys: ["first", "second"])
        for operation in Operation.allCases where operation != .ping {
            for seed in 1...20 {
                scenario.seed = seed
                let text = written(operation, writer, scenario)
                let parts = text.split(separator: "\r\n\r\n", maxSplits: 1, omittingEmptySubsequences: false)
                let tenant = try #require(text.firstMatch(of: /lb-t([0-9])-b0/).flatMap { Int($0.1) })
                #expect(text.contains("X-Api-Key: \(["first", "second"][tenant % 2])\r\n"), "\(text)")
                let length = text.firstMatch(of: /Content-Length: ([0-9]+)/).flatMap { Int($0.1) } ?? 0
                #expect(parts[1].utf8.count == length)
            }
        }
        let update = written(.update, HTTPRequestWriter(self.scenario, host: "h:1", keys: []), self.scenario)
        #expect(update.contains(/\{"leaderboard":"lb","user":"player-[0-9]{8}","score":[0-9]{1,6}\.[0-9]{6}\}$/))
    }

    @Test("Members in order go through all of them, board by board, and begin again")
    func order() {
        var scenario = scenario
        scenario.members = 3
        scenario.boards = 2
        var chooser = RequestChooser(scenario)
        let chosen = (0..<7).map { _ in chooser.memberInOrder() }
        #expect(chosen.map(\.board) == [0, 0, 0, 1, 1, 1, 0])
        #expect(chosen.map(\.member) == [0, 1, 2, 0, 1, 2, 0])
    }

    @Test("A pool has its requests one behind the other")
    func pool() {
        var writer = RESPRequestWriter(scenario)
        var chooser = RequestChooser(scenario)
        let pool = RequestPool(count: 3, writer: &writer, chooser: &chooser) { place, _ in place == 1 ? .ping : .rank }
        #expect(pool.operation(of: 0) == Operation.rank.rawValue)
        #expect(pool.operation(of: 1) == Operation.ping.rawValue)
        #expect(pool.byteCount(of: 1) == 14)
        #expect(pool.byteCount(of: 0, 3) == pool.byteCount(of: 0) + 14 + pool.byteCount(of: 2))
        #expect(pool.start(of: 1) - pool.start(of: 0) == pool.byteCount(of: 0))
    }
}
