import Leaderboards
import NIOCore
import ServiceLifecycle
import Sharding
import Synchronization
import Testing

@testable import NodeRuntime

/// Whoever floods a shard waits for himself, and others hardly for him. Counted in commands, not in time.
@Suite("Fairness between projects")
struct FairnessTests {
    /// Of which project how much was carried out, in order.
    private final class Journal: Sendable {
        private let lines = Mutex<[(project: String, cost: Int)]>([])
        func note(_ project: String, _ cost: Int) { lines.withLock { $0.append((project, cost)) } }
        var all: [(project: String, cost: Int)] { lines.withLock { $0 } }
        /// What was carried out of a project before each piece of work of another, since the one before it.
        func costs(of project: String, between other: String) -> [Int] {
            var (costs, sum) = ([Int](), 0)
            for line in all {
                if line.project == project { sum += line.cost }
                if line.project == other {
                    costs.append(sum)
                    sum = 0
                }
            }
            return costs
        }
    }

    private let heavy = LeaderboardKey(project: "heavy", id: "a")
    private let light = LeaderboardKey(project: "light", id: "a")

    private func makePlace() -> NodePlace {
        let place = NodePlace()
        place.configuration.turnQuantum = 100
        place.configuration.durability = .relaxed
        return place
    }

    private func work(
        _ key: LeaderboardKey, cost: Int, _ journal: Journal, then: @escaping @Sendable () -> Void = {}
    ) -> TestWork {
        TestWork(.enter("ann"), key, cost: cost) {
            journal.note(key.project, cost)
            then()
        }
    }

    /// Hands work over from the shard's event loop, as connections do.
    private func onEventLoop(of node: Node, _ body: @escaping @Sendable () -> Void) async throws {
        try await node.shards()[0].eventLoop.submit(body).get()
    }

    @Test("what comes behind a flood of another project is done at once, though all came in one turn")
    func oneTurn() async throws {
        let place = makePlace()
        try await place.run { node async throws in
            let journal = Journal()
            let flood = (0..<300).map { _ in work(heavy, cost: 50, journal) }
            let single = work(light, cost: 1, journal)
            try await onEventLoop(of: node) {
                for work in flood + [single] { node.enqueue(work, at: ShardPlace(index: 0)) }
                #expect(journal.all.map { $0.project } == ["heavy", "heavy", "light"])
            }
            for work in flood { #expect(await work.end() == nil) }
            #expect(await single.end() == nil)
            #expect(journal.all.count == 301)
        }
    }

    /// What is carried out of 200 connections with 20 runs of 80 commands each, one after the other, before each of 100 single
    /// commands on one connection.
    private func waits(_ place: NodePlace) async throws -> [Int] {
        let journal = Journal()
        try await place.run { node async throws in
            let flood = (0..<200).map { _ in Connection(node, heavy, count: 20, cost: 80) { journal.note("heavy", 80) }
            }
            let single = Connection(node, light, count: 100, cost: 1) { journal.note("light", 1) }
            try await onEventLoop(of: node) {
                for connection in flood + [single] { connection.next() }
            }
            for connection in flood + [single] { await connection.end() }
            #expect(journal.all.count == 200 * 20 + 100)
        }
        return journal.costs(of: "heavy", between: "light")
    }

    @Test("single commands are served within a quantum of deep pipelines on many connections, for as long as both come")
    func pipelines() async throws {
        let costs = try await waits(makePlace())
        #expect(costs.count == 100)
        // A quantum at once or out of the queue, and by what one run is more than what was left.
        #expect(costs.max()! <= 2 * 100 + 80)
    }

    @Test("Canary: without turns the first of them waits for every connection")
    func canary() async throws {
        let place = makePlace()
        place.configuration.turnQuantum = 1 << 40
        let costs = try await waits(place)
        #expect(costs.max()! >= 200 * 80)
    }

    @Test("a command over HTTP does not wait for another project's flood either")
    func http() async throws {
        let place = makePlace()
        try await place.run { node async throws in
            let journal = Journal()
            _ = try await node.create(light, .points())
            let flood = (0..<100).map { _ in Connection(node, heavy, count: 20, cost: 90) { journal.note("heavy", 90) }
            }
            try await onEventLoop(of: node) { for connection in flood { connection.next() } }
            try await node.add("ann", to: light)
            _ = try await node.table(light)
            for connection in flood { await connection.end() }
            #expect(journal.all.count == 2000)
        }
    }

    @Test("a project that has too much waiting is told so, and another is not")
    func overload() async throws {
        let place = makePlace()
        place.configuration.queuedOfProjectMax = 3
        place.configuration.queuedMax = 5
        try await place.run { node async throws in
            let journal = Journal()
            let works = (0..<6).map { _ in work(heavy, cost: 60, journal) }
            let others = (0..<5).map { _ in work(light, cost: 60, journal) }
            try await onEventLoop(of: node) {
                for work in works + others { node.enqueue(work, at: ShardPlace(index: 0)) }
            }
            for work in works[..<4] + others[..<3] { #expect(await work.end() == nil) }
            for work in works[4...] + others[3...] {
                #expect(await work.end() == .overloaded(retryAfter: 1))
                #expect(work.runCount == 0 && work.endCount == 1)
            }
        }
    }

    @Test("what waits for its turn when the node stops ends before the node does")
    func stop() async throws {
        let place = makePlace()
        var works: [TestWork] = []
        try await place.run { node, group async throws in
            let journal = Journal()
            let flood = (0..<50).map { _ in work(heavy, cost: 90, journal) }
            works = flood
            try await onEventLoop(of: node) {
                for work in flood { node.enqueue(work, at: ShardPlace(index: 0)) }
            }
            await group.triggerGracefulShutdown()
        }
        for work in works { #expect(work.endCount == 1) }
    }
}

/// Hands over one run of commands after the other, each when the one before has ended.
private final class Connection: Sendable {
    private let node: Node
    private let key: LeaderboardKey
    private let cost: Int
    private let whenRun: @Sendable () -> Void
    private let state: Mutex<(left: Int, ended: CheckedContinuation<Void, Never>?)>

    init(_ node: Node, _ key: LeaderboardKey, count: Int, cost: Int, whenRun: @escaping @Sendable () -> Void) {
        (self.node, self.key, self.cost, self.whenRun) = (node, key, cost, whenRun)
        state = Mutex((left: count, ended: nil))
    }

    func next() { node.enqueue(Run(self), at: ShardPlace(index: 0)) }

    func end() async {
        await withCheckedContinuation { continuation in
            let isOver = state.withLock { state in
                if state.left > 0 { state.ended = continuation }
                return state.left == 0
            }
            if isOver { continuation.resume() }
        }
    }

    private func runEnded() {
        let (left, ended) = state.withLock { state in
            state.left -= 1
            return (state.left, state.left == 0 ? state.ended : nil)
        }
        ended?.resume()
        // A client's next commands come with the next look at its socket.
        if left > 0, let shards = try? node.shards() { shards[0].eventLoop.execute { self.next() } }
    }

    private final class Run: ShardWork {
        private let connection: Connection
        init(_ connection: Connection) { self.connection = connection }

        var project: String { connection.key.project }
        var cost: Int { connection.cost }
        var isChanging: Bool { false }
        func missing(in shard: Shard) -> [MissingPiece] { [] }
        func run(_ step: ShardStep, into record: inout RecordBuilder) { connection.whenRun() }
        func finish(_ result: Result<Void, ServiceError>) { connection.runEnded() }
    }
}
