import Synchronization
import TestSupport
import Testing

/// Several connections that submit scores until the node is ended under them, and enter what they hear in the ledger.
struct Load {
    /// When the node is ended, and how.
    struct End: Sendable {
        enum Moment: Sendable {
            /// Right after an answer, while other connections wait for theirs.
            case afterAnswer
            /// Right after a large request was sent.
            case afterSending
            /// In the middle of a request.
            case whileSending
        }

        var afterSubmissions: Int
        var moment: Moment
        var end: @Sendable () throws -> Void
    }

    static let connectionCount = 4

    /// Loads until the end, and answers what had no place.
    static func run(on laureld: Laureld, ledger: SharedLedger, round: Int, seed: UInt64, end: End) async -> [String] {
        let progress = Progress(end.afterSubmissions)
        return await withTaskGroup(of: [String].self) { group in
            for number in 0..<connectionCount {
                group.addTask {
                    var connection = LoadConnection(
                        client: laureld.client(), ledger: ledger, progress: progress, name: "r\(round)-\(number)",
                        random: SplitMix64(seed: seed &+ UInt64(round * connectionCount + number) &* 0x9E37_79B9),
                        end: end)
                    do {
                        try connection.run()
                        return []
                    } catch {
                        return ["connection \(number): \(error)"]
                    }
                }
            }
            return await group.reduce(into: []) { $0 += $1 }
        }
    }

    /// How far the load is, for all connections together.
    final class Progress: Sendable {
        enum State {
            case before
            case due
            case over
        }

        private let target: Int
        private let state = Mutex((count: 0, state: State.before))

        init(_ target: Int) { self.target = target }

        var isOver: Bool { state.withLock { $0.state == .over } }

        func add(_ count: Int) {
            state.withLock {
                $0.count += count
                if $0.count >= target, $0.state == .before { $0.state = .due }
            }
        }

        /// True for exactly one connection, once there was enough load.
        func takesEnd() -> Bool {
            state.withLock {
                guard $0.state == .due else { return false }
                $0.state = .over
                return true
            }
        }
    }
}

/// One connection of a load.
private struct LoadConnection: ~Copyable {
    let client: Client
    let ledger: SharedLedger
    let progress: Load.Progress
    let name: String
    var random: SplitMix64
    let end: Load.End
    private var number = 0

    init(
        client: Client, ledger: SharedLedger, progress: Load.Progress, name: String, random: SplitMix64, end: Load.End
    ) {
        self.client = client
        self.ledger = ledger
        self.progress = progress
        self.name = name
        self.random = random
        self.end = end
    }

    mutating func run() throws {
        while true {
            if progress.takesEnd() { return try endNode() }
            if random.chance(percent: 15) {
                guard try readOne() else { return }
                continue
            }
            let request = nextRequest(isLarge: false)
            let answer = LoadAnswer(request, by: client)
            ledger.update { $0.enter(request, answer.fates) }
            if let surprise = answer.surprise { throw Failure(surprise) }
            if answer.isLast {
                if !progress.isOver { throw Failure("the node was gone before anybody ended it") }
                return
            }
            progress.add(request.submissions.count)
        }
    }

    private mutating func nextRequest(isLarge: Bool) -> LoadRequest {
        number += 1
        let form: LoadRequest.Form = isLarge ? .upload : [.single, .single, .single, .batch, .upload][random.below(5)]
        let count =
            switch form {
            case .single: 1
            case .batch: 2 + random.below(40)
            case .upload: isLarge || random.chance(percent: 5) ? 1500 : 20 + random.below(280)
            }
        let submissions = (0..<count).map { _ in Submission.random(using: &random) }
        return LoadRequest(
            form: form, submissions: submissions, key: random.chance(percent: 40) ? "\(name)-\(number)" : nil)
    }

    /// Looks up a score, which from then on must never be less. Answers whether the node is still there.
    private mutating func readOne() throws -> Bool {
        let board = TortureBoard.all[random.below(TortureBoard.all.count)]
        let user = random.below(TortureBoard.userCount)
        do {
            let answer = try client.send("GET", "/v1/leaderboards/\(board.id)/rank/u\(user)")
            if answer.status == 200 {
                let score = Int(try answer.decoded(Entry.self).score)
                ledger.update { $0.see(board, user: user, score: score) }
                return true
            }
            if answer.code == "unknown_user" { return true }
            guard answer.status == 503, progress.isOver else { throw Failure("no rank: \(answer.text)") }
        } catch let error as HTTPConnection.Broken {
            guard progress.isOver else { throw error }
        }
        return false
    }

    private mutating func endNode() throws {
        if case .afterAnswer = end.moment { return try end.end() }
        let request = nextRequest(isLarge: true)
        let bytes = client.request(
            "POST", request.target, body: request.body, type: request.type, headers: request.headers)
        let sent = if case .whileSending = end.moment { random.below(bytes.count) } else { bytes.count }
        do {
            try client.open().send(bytes[..<sent])
        } catch {
            throw Failure("nothing can be sent to a node that nobody has ended: \(error)")
        }
        try end.end()
        ledger.update { $0.enter(request, request.submissions.map { _ in .open }) }
    }
}
