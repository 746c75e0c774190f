import Foundation
import Histories
import LogScanning
import Synchronization
import TestSupport

/// Several clients that submit to a few small leaderboards and read them, through whichever node, and take down what they are told
/// while things happen to the cluster.
///
/// An operation is taken down before it is sent, and its end after the answer was read. Whatever is not an answer and no promise
/// that nothing was done is unknown.
final class ClusterLoad: Sendable {
    typealias Recorder = HistoryRecorder<LeaderboardModel.Call, LeaderboardModel.Answer>

    static let userCount = 4
    /// Boards that are used at the same time, so that several shards are.
    private static let boardsAtOnce = 3
    /// A history that is longer takes long to check.
    private static let operationsPerBoard = 90

    private struct State {
        var ports: [Int?]
        /// What the nodes print.
        var outputs: [ProcessOutput]
        var isOver = false
        var count = 0
        var acknowledgedCount = 0
        var boards: [Int: Recorder] = [:]
        var created: Set<Int> = []
        var accounts = OperationAccounts<String>()
        var problems: [String] = []
    }

    private let state: Mutex<State>
    private let key: String
    private let seed: UInt64

    init(_ cluster: LaureldCluster, seed: UInt64) {
        state = Mutex(State(ports: Self.ports(of: cluster), outputs: cluster.nodes.map(\.process.output)))
        key = cluster.nodes[0].client.key
        self.seed = seed
    }

    /// Which nodes there are to ask, when that has changed.
    func ask(_ cluster: LaureldCluster) {
        let (ports, outputs) = (Self.ports(of: cluster), cluster.nodes.map(\.process.output))
        state.withLock { ($0.ports, $0.outputs) = (ports, outputs) }
    }

    private static func ports(of cluster: LaureldCluster) -> [Int?] {
        cluster.nodes.map { $0.isRunning ? $0.client.port : nil }
    }

    /// Loads the cluster while `body` does something to it.
    func run(clients: Int = 4, while body: () async throws -> Void) async throws {
        state.withLock { $0.isOver = false }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for client in 0..<clients {
                group.addTask {
                    var random = SplitMix64(seed: self.seed &+ UInt64(client) &* 0x9E37_79B9)
                    var connection = LoadClient(number: client, load: self)
                    while !self.state.withLock(\.isOver) { connection.doSomething(using: &random) }
                }
            }
            let result: Result<Void, any Error>
            do { result = .success(try await body()) } catch { result = .failure(error) }
            state.withLock { $0.isOver = true }
            try await group.waitForAll()
            try result.get()
        }
    }

    /// Waits until so many more submissions were acknowledged.
    func progress(_ count: Int) throws {
        let due = acknowledgedCount + count
        do {
            try eventually("\(count) more submissions are acknowledged") { acknowledgedCount >= due ? () : nil }
        } catch {
            // Why not, the nodes may know.
            let stories = state.withLock(\.outputs).map {
                $0.text.split(separator: "\n").suffix(30).joined(separator: "\n")
            }
            throw Failure("\(error)\n" + stories.joined(separator: "\n--\n"))
        }
    }

    var acknowledgedCount: Int { state.withLock { $0.acknowledgedCount } }
    var unknownCount: Int { state.withLock { $0.accounts.count(.unknown) } }

    // MARK: For the clients

    fileprivate func port(of index: Int) -> Int? { state.withLock { $0.ports[index % $0.ports.count] } }
    fileprivate var nodeCount: Int { state.withLock { $0.ports.count } }
    fileprivate var apiKey: String { key }

    /// The board for the next operation, and its number among all operations.
    fileprivate func next() -> (board: Int, operation: Int) {
        state.withLock { state in
            state.count += 1
            let generation = state.count / (Self.boardsAtOnce * Self.operationsPerBoard)
            return (generation * Self.boardsAtOnce + state.count % Self.boardsAtOnce, state.count)
        }
    }

    func recorder(of board: Int) -> Recorder {
        state.withLock { state in
            if let recorder = state.boards[board] { return recorder }
            let recorder = Recorder()
            state.boards[board] = recorder
            return recorder
        }
    }

    fileprivate func enter(_ operation: String, _ fate: OperationAccounts<String>.Fate) {
        state.withLock { state in
            state.accounts.enter(operation, fate)
            if fate == .acknowledged { state.acknowledgedCount += 1 }
        }
    }

    fileprivate func isCreated(_ board: Int) -> Bool { state.withLock { $0.created.contains(board) } }
    fileprivate func created(_ board: Int) { state.withLock { _ = $0.created.insert(board) } }
    func note(_ problem: String) { state.withLock { $0.problems.append(problem) } }

    // MARK: Checking

    struct Findings {
        var problems: [String] = []
        var boardCount = 0
        var operationCount = 0
        var acknowledgedCount = 0
        var unknownCount = 0
        var claimCount = 0
    }

    /// Holds what clients were told against each other, and against the log.
    func check(_ cluster: LaureldCluster, groups: Int = 3) async throws -> Findings {
        readAll(cluster)
        let (boards, accounts, problems) = state.withLock { ($0.boards, $0.accounts, $0.problems) }
        var findings = Findings(problems: problems)
        for (board, recorder) in boards.sorted(by: { $0.key < $1.key }) {
            let history = recorder.history
            findings.boardCount += 1
            findings.operationCount += history.operations.count
            let model = LeaderboardModel(.sum, users: Self.userCount)
            switch LinearizabilityChecker(model, history).check() {
            case .linearizable: break
            case .impossible(let why): findings.problems.append("board \(board) is not linearizable: \(why)")
            case .undecided: findings.problems.append("board \(board) has a history that takes too long to check")
            }
        }
        let scan = LogScan(try await RawLog(cluster.log, cluster: "test").records(groups: groups))
        findings.problems += scan.problems
        let found = scan.findings(accounts)
        if !found.isClean { findings.problems.append("the log: \(found)") }
        findings.claimCount = scan.claimCount
        findings.acknowledgedCount = accounts.count(.acknowledged)
        findings.unknownCount = accounts.count(.unknown)
        return findings
    }

    /// A last look at every board by way of each node, so that a write that was lost shows.
    private func readAll(_ cluster: LaureldCluster) {
        ask(cluster)
        var client = LoadClient(number: -1, load: self)
        for board in state.withLock({ $0.boards.keys.sorted() }) where isCreated(board) {
            for node in 0..<nodeCount where port(of: node) != nil {
                _ = try? eventually("board \(board) can be read") {
                    client.do(.top(10), on: board, by: node) ? () : nil
                }
            }
        }
    }
}

/// One client with a connection to each node.
struct LoadClient: ~Copyable {
    let number: Int
    private let load: ClusterLoad
    private var connections: [Int: HTTPConnection] = [:]

    init(number: Int, load: ClusterLoad) {
        self.number = number
        self.load = load
    }

    mutating func doSomething(using random: inout SplitMix64) {
        let (board, operation) = load.next()
        let user = random.below(ClusterLoad.userCount)
        let call: LeaderboardModel.Call =
            switch random.below(6) {
            case 0, 1, 2: .submit(user: user, score: 1 + random.below(9))
            case 3: .score(user: user)
            case 4: .rank(user: user)
            default: .top(10)
            }
        _ = self.do(call, on: board, by: random.below(load.nodeCount), named: "op-\(operation)")
    }

    /// Asks one node. Answers whether it said what was asked.
    @discardableResult
    mutating func `do`(
        _ call: LeaderboardModel.Call, on board: Int, by node: Int, named name: String = ""
    ) -> Bool {
        guard let port = load.port(of: node) else {
            // Others run.
            usleep(1000)
            return false
        }
        if !load.isCreated(board), !create(board, port) { return false }
        let recorder = load.recorder(of: board)
        let isWrite = if case .submit = call { true } else { false }
        let entry = recorder.invoke(call, by: number)
        let outcome = send(Self.request(call, board, name, load.apiKey), to: port)
        switch Self.meaning(of: outcome, call) {
        case .answer(let answer):
            recorder.end(entry, with: answer)
            if isWrite { load.enter(name, .acknowledged) }
            return true
        case .refused:
            recorder.refuse(entry)
            if isWrite { load.enter(name, .refused) }
            usleep(2000)
        case .unknown:
            if isWrite { load.enter(name, .unknown) }
        case .surprise(let text):
            if isWrite { load.enter(name, .unknown) }
            load.note("board \(board) is there, and \(call) was answered \(text)")
        }
        return false
    }

    private mutating func create(_ board: Int, _ port: Int) -> Bool {
        let definition =
            #"{"id":"h\#(board)","tie":"shared_with_gap","columns":[{"name":"points","type":"integer","operator":"sum"}]}"#
        let request = HTTPConnection.request(
            "POST", "/v1/leaderboards", headers: Self.headers(load.apiKey), body: Array(definition.utf8))
        guard case .response(let response) = send(request, to: port) else { return false }
        let isThere = response.status == 201 || response.code == "leaderboard_exists"
        if isThere { load.created(board) } else { usleep(2000) }
        return isThere
    }

    // MARK: Asking

    private enum Outcome {
        case response(HTTPConnection.Response)
        case notSent
        case noAnswer
    }

    private mutating func send(_ bytes: [UInt8], to port: Int) -> Outcome {
        do throws(HTTPConnection.Broken) {
            let connection = try connection(to: port)
            try connection.send(bytes)
            let response = try connection.receive()
            if response.headers["connection"]?.lowercased() == "close" { connections[port] = nil }
            return .response(response)
        } catch {
            connections[port] = nil
            if case .notConnected = error { return .notSent }
            return .noAnswer
        }
    }

    private mutating func connection(to port: Int) throws(HTTPConnection.Broken) -> HTTPConnection {
        if let connection = connections[port] { return connection }
        let new = try HTTPConnection(port: port, seconds: 20)
        connections[port] = new
        return new
    }

    private static func headers(_ key: String) -> [(String, String)] {
        [("X-Api-Key", key), ("Content-Type", "application/json")]
    }

    private static func request(
        _ call: LeaderboardModel.Call, _ board: Int, _ name: String, _ key: String
    ) -> [UInt8] {
        let path = "/v1/leaderboards/h\(board)"
        switch call {
        case .submit(let user, let score):
            let body =
                #"{"leaderboard":"h\#(board)","user":"u\#(user)","score":\#(score),"#
                + #""metadata":\#(OperationMark.metadata(name))}"#
            return HTTPConnection.request("POST", "/v1/scores/update", headers: headers(key), body: Array(body.utf8))
        case .score(let user), .rank(let user):
            return HTTPConnection.request("GET", "\(path)/rank/u\(user)", headers: headers(key), body: nil)
        case .top(let limit):
            return HTTPConnection.request("GET", "\(path)/top?limit=\(limit)", headers: headers(key), body: nil)
        }
    }

    private enum Meaning {
        case answer(LeaderboardModel.Answer)
        case refused
        case unknown
        case surprise(String)
    }

    private static func meaning(of outcome: Outcome, _ call: LeaderboardModel.Call) -> Meaning {
        switch outcome {
        case .notSent: return .refused
        case .noAnswer: return .unknown
        case .response(let response):
            if response.status == 200 {
                return answer(response, call).map { .answer($0) } ?? .surprise(response.text)
            }
            switch response.code {
            case "unknown_user": return absence(call)
            case "outcome_unknown": return .unknown
            case "unavailable", "overloaded", "no_space", "shard_corrupted": return .refused
            default: return .surprise("\(response.status) \(response.text)")
            }
        }
    }

    private static func absence(_ call: LeaderboardModel.Call) -> Meaning {
        switch call {
        case .score: .answer(.score(nil))
        case .rank: .answer(.standing(nil))
        default: .surprise("unknown_user")
        }
    }

    private static func answer(
        _ response: HTTPConnection.Response, _ call: LeaderboardModel.Call
    ) -> LeaderboardModel.Answer? {
        func standing(_ entry: Entry) -> LeaderboardModel.Standing? {
            Int(entry.user.dropFirst()).map { .init(user: $0, score: Int(entry.score), rank: entry.rank) }
        }
        switch call {
        case .submit:
            guard let receipt: Receipt = try? response.decoded(), let score = receipt.score, let rank = receipt.rank
            else { return nil }
            return .entry(score: Int(score), rank: rank)
        case .score: return (try? response.decoded(Entry.self)).map { .score(Int($0.score)) }
        case .rank: return (try? response.decoded(Entry.self)).map { .standing(standing($0)) }
        case .top: return (try? response.decoded(Page.self)).map { .top($0.entries.compactMap(standing)) }
        }
    }
}
