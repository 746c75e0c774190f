import Foundation
import Logging
import NIOCore
import NIOPosix
import NodeRuntime
import ServiceLifecycle
import Synchronization
import TLSCertificates
import TestSupport
import Testing

@testable import NodeLink

extension OverSockets {
    @Suite("Links between nodes", .timeLimit(.minutes(2)))
    struct LinkTests {
        /// A link from node 1 to a server that says it is node 2.
        private func run(
            _ handler: any PeerHandler, client: NodeLinkConfiguration = .test(node: 1),
            server: NodeLinkConfiguration = .test(node: 2), body: (NodeLinks, Wire) async throws -> Void
        ) async throws {
            try await run(handler, client: client, server: server) { (links, wire, _) async throws in
                try await body(links, wire)
            }
        }

        private func run(
            _ handler: any PeerHandler, client: NodeLinkConfiguration = .test(node: 1),
            server: NodeLinkConfiguration = .test(node: 2), body: (NodeLinks, Wire, TestServer) async throws -> Void
        ) async throws {
            let directory = FixedDirectory()
            let wire = Wire()
            let links = NodeLinks(
                configuration: client, directory: directory, eventLoops: MultiThreadedEventLoopGroup.singleton,
                logger: .silent)
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                let server = TestServer(server, [handler])
                tasks.addTask { try await server.group.run() }
                directory.set(2, port: try await wire.open(to: server.port()))
                var problem: (any Error)?
                do { try await body(links, wire, server) } catch { problem = error }
                links.stop()
                try await wire.close()
                await server.group.triggerGracefulShutdown()
                try await tasks.waitForAll()
                if let problem { throw problem }
            }
        }

        @Test("Calls are answered each with its own answer, many at a time")
        func answers() async throws {
            try await run(Echo()) { links, _ in
                try await withThrowingTaskGroup(of: Bool.self) { group in
                    for number in 0..<500 {
                        group.addTask {
                            let request = Array("request \(number)".utf8)
                            return try await links.call(.submit, request, to: 2, within: .seconds(60)) == request
                        }
                    }
                    for try await isRight in group { #expect(isRight) }
                }
                let large = [UInt8](repeating: 7, count: 1 << 20)
                let answer = try await links.call(.submit, large, to: 2, within: .seconds(60))
                #expect(answer == large)
            }
        }

        @Test(
            "Calls without a task are answered too, by handlers that need one and by those that don't; of a cut connection each once"
        )
        func withoutTasks() async throws {
            let echo = Echo()
            try await run(AtOnce(echo)) { links, wire in
                let answers = Outcomes<Int>()
                for number in 0..<1000 {
                    let operation: PeerOperation = number % 3 == 0 ? .submit : .commands
                    let isBegun = links.begin(operation, [UInt8(number % 251)], to: 2, within: .seconds(60)) { result in
                        answers.add(number, (try? result.get()) == [UInt8(number % 251)])
                    }
                    #expect(isBegun)
                }
                await until { answers.count == 1000 }
                #expect(answers.all.values.allSatisfy { $0 == [true] })
                #expect(echo.count == 334)

                let cut = Outcomes<Int>()
                for number in 0..<500 {
                    _ = links.begin(.commands, [1], to: 2, within: .seconds(60)) { result in
                        switch result {
                        case .success(let answer): cut.add(number, answer == [1])
                        case .failure(.outcomeUnknown), .failure(.unavailable): cut.add(number, true)
                        case .failure: cut.add(number, false)
                        }
                    }
                    if number == 250 { wire.cut() }
                }
                await until { cut.count == 500 }
                #expect(cut.all.values.allSatisfy { $0 == [true] })

                links.stop()
                #expect(!links.begin(.commands, [], to: 2, within: .seconds(60)) { _ in })
            }
        }

        @Test("An operation that the other node does not know was not carried out")
        func unknownOperation() async throws {
            try await run(Echo(knows: [.submit])) { links, _ in
                let found = await problem { try await links.call(.usage, [], to: 2, within: .seconds(60)) }
                #expect(found == .unavailable("NOTDONE unknown operation", retryAfter: 5))
                let answer = try await links.call(.submit, [1], to: 2, within: .seconds(60))
                #expect(answer == [1])
            }
        }

        @Test("What was carried out and has too large an answer is not taken for undone")
        func tooLarge() async throws {
            var server = NodeLinkConfiguration.test(node: 2)
            server.messageByteCountMax = 1000
            try await run(Echo(addedByteCount: 900), server: server) { (links, _) async throws in
                let fits = try await links.call(.submit, [], to: 2, within: .seconds(60))
                #expect(fits.count == 900)
                let found = await problem {
                    try await links.call(.submit, [UInt8](repeating: 1, count: 101), to: 2, within: .seconds(60))
                }
                guard case .outcomeUnknown = found else {
                    Issue.record("\(String(describing: found))")
                    return
                }
            }
        }

        @Test("A node of another cluster, or another node than was meant, is refused, and says why")
        func strangers() async throws {
            for (client, text) in [
                (NodeLinkConfiguration.test(node: 1, cluster: "other"), "WRONGCLUSTER"), (.test(node: 1), "WRONGNODE"),
            ] {
                let server = NodeLinkConfiguration.test(node: text == "WRONGNODE" ? 3 : 2)
                try await run(Echo(), client: client, server: server) { links, _ in
                    let found = await problem { try await links.call(.submit, [], to: 2, within: .seconds(60)) }
                    guard case .unavailable(let reason, _) = found else {
                        Issue.record("\(String(describing: found))")
                        return
                    }
                    #expect(reason.contains(text))
                }
            }
        }

        @Test("Versions are agreed on: the highest that both speak, or a clear refusal")
        func versions() {
            var greeting = Greeting(versions: 1...3, cluster: "test", node: 1, meant: 2)
            let configuration = NodeLinkConfiguration.test(node: 2)
            #expect(greeting.version(for: configuration) == .success(1))
            greeting.versions = 2...3
            guard case .failure(let problem) = greeting.version(for: configuration) else {
                Issue.record("it was accepted")
                return
            }
            #expect(
                problem.text == "NOPROTO this node speaks versions 1 to 1 of the protocol between nodes, not 2 to 3")
        }

        @Test("A call whose time is up has an unknown outcome, and its late answer harms nobody")
        func lateAnswer() async throws {
            let gate = Gate()
            try await run(Echo(gate: gate)) { links, _ in
                // With a connection, the next call is sent at once.
                _ = try await links.call(.submit, [1], to: 2, within: .seconds(60))
                let found = await problem { try await links.call(.create, [1], to: 2, within: .milliseconds(300)) }
                #expect(found == .outcomeUnknown("node 2 did not answer: its time was up"))
                gate.open()
                let answer = try await links.call(.submit, [2], to: 2, within: .seconds(60))
                #expect(answer == [2])
            }
        }

        @Test("A connection that flaps gives each call one outcome, and what was not sent is known not to have been")
        func flapping() async throws {
            let echo = Echo()
            try await run(echo) { links, wire in
                let counts = OutcomeCounts()
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for worker in 0..<8 {
                        group.addTask {
                            for number in 0..<150 {
                                switch await problem({
                                    try await links.call(
                                        .submit, [UInt8(worker), UInt8(number)], to: 2, within: .seconds(60))
                                }) {
                                case nil: counts.add(\.done)
                                case .unavailable: counts.add(\.unsent)
                                case .outcomeUnknown: counts.add(\.unknown)
                                case let other: throw LinkTestProblem("\(String(describing: other))")
                                }
                            }
                        }
                    }
                    group.addTask {
                        for _ in 0..<12 {
                            let before = wire.acceptedCount
                            let ended = counts.done
                            wire.cut()
                            wire.mend()
                            // Until a new connection was made, or nobody calls any more.
                            while wire.acceptedCount == before, counts.sum < 1200 { await Task.yield() }
                            while counts.done == ended, counts.sum < 1200 {
                                await Task.yield()
                            }
                        }
                    }
                    try await group.waitForAll()
                }
                #expect(counts.sum == 1200)
                let carriedOut = echo.count
                #expect(carriedOut >= counts.done)
                #expect(carriedOut <= counts.done + counts.unknown)
            }
        }

        @Test("A node that stops answers what it was sent, and takes no more")
        func stopping() async throws {
            let gate = Gate()
            let echo = Echo(gate: gate)
            try await run(echo) { (links, _, server) async throws in
                try await withThrowingTaskGroup(of: [UInt8].self) { group in
                    group.addTask { try await links.call(.create, [1], to: 2, within: .seconds(60)) }
                    await gate.waitForSomebody()
                    await server.group.triggerGracefulShutdown()
                    while await problem({ try await links.call(.submit, [2], to: 2, within: .seconds(60)) }) == nil {
                        await Task.yield()
                    }
                    gate.open()
                    for try await answer in group { #expect(answer == [1]) }
                }
            }
        }

        @Test("Whatever bytes come to the port for nodes, the server goes on")
        func hostileBytes() async throws {
            try await run(Echo()) { (links, wire) async throws in
                var random = SplitMix64(seed: 3)
                var conversation = PeerProtocol.greeting(.test(node: 1), to: 2)
                PeerProtocol.write(1, "submit", [1, 2, 3], to: &conversation)
                let good = Array(conversation.readableBytesView)
                for _ in 0..<60 {
                    var bytes = good
                    for _ in 0...random.below(4) {
                        switch random.below(3) {
                        case 0: bytes.remove(at: random.below(bytes.count))
                        case 1: bytes.insert(UInt8(random.below(256)), at: random.below(bytes.count + 1))
                        default: bytes[random.below(bytes.count)] = random.pick([0, 0x0D, 0x2A, 0x39, 0xFF])
                        }
                    }
                    let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                        .connect(host: "127.0.0.1", port: wire.port).get()
                    try? await channel.writeAndFlush(ByteBuffer(bytes: bytes))
                    try? await channel.close()
                }
                let answer = try await links.call(.submit, [9], to: 2, within: .seconds(60))
                #expect(answer == [9])
            }
        }

        @Test("Cleartext is for one machine only")
        func cleartext() async throws {
            let security = LinkSecurity.cleartextOnLoopback
            #expect(["127.0.0.1", "127.8.9.10", "localhost", "::1"].allSatisfy(security.admits))
            #expect(
                !["10.0.0.1", "127.0.0.1.example.com", "example.com", "0.0.0.0", "::"].contains(where: security.admits))
            var configuration = NodeLinkConfiguration.test(node: 1)
            configuration.host = "0.0.0.0"
            let server = PeerServer(
                configuration: configuration, handlers: [], eventLoops: MultiThreadedEventLoopGroup.singleton,
                logger: .silent)
            await #expect(throws: LinkError.self) { try await server.run() }
        }
    }
}

final class OutcomeCounts: Sendable {
    struct Counts {
        var done = 0
        var unsent = 0
        var unknown = 0
    }

    private let counts = Mutex(Counts())

    func add(_ which: any WritableKeyPath<Counts, Int> & Sendable) { counts.withLock { $0[keyPath: which] += 1 } }
    var done: Int { counts.withLock { $0.done } }
    var unknown: Int { counts.withLock { $0.unknown } }
    var sum: Int { counts.withLock { $0.done + $0.unsent + $0.unknown } }
}

/// What became of each of several calls.
private final class Outcomes<Key: Hashable & Sendable>: Sendable {
    private let found = Mutex<[Key: [Bool]]>([:])

    func add(_ key: Key, _ isRight: Bool) { found.withLock { $0[key, default: []].append(isRight) } }
    var all: [Key: [Bool]] { found.withLock { $0 } }
    var count: Int { all.count }
}

/// Gives commands back without a task.
private struct AtOnce: PeerHandler {
    let other: Echo

    init(_ other: Echo) { self.other = other }

    func answer(_ operation: PeerOperation, _ request: [UInt8]) async -> [UInt8]? {
        await other.answer(operation, request)
    }

    func begin(
        _ operation: PeerOperation, _ request: [UInt8], on eventLoop: any EventLoop,
        _ answered: @escaping @Sendable ([UInt8]) -> Void
    ) -> Bool {
        guard operation == .commands else { return false }
        if request.first?.isMultiple(of: 2) == true {
            answered(request)
        } else {
            eventLoop.execute { answered(request) }
        }
        return true
    }
}

/// Gives requests back, and counts them.
final class Echo: PeerHandler {
    private let known: Set<PeerOperation>
    private let gate: Gate?
    private let addedByteCount: Int
    private let counter = Atomic(0)

    init(knows known: Set<PeerOperation> = Set(PeerOperation.allCases), gate: Gate? = nil, addedByteCount: Int = 0) {
        self.addedByteCount = addedByteCount
        self.known = known
        self.gate = gate
    }

    var count: Int { counter.load(ordering: .relaxed) }

    func answer(_ operation: PeerOperation, _ request: [UInt8]) async -> [UInt8]? {
        guard known.contains(operation) else { return nil }
        if operation == .create { await gate?.wait() }
        counter.add(1, ordering: .relaxed)
        return request + [UInt8](repeating: 0, count: addedByteCount)
    }
}

/// Holds who comes until it is opened.
final class Gate: Sendable {
    private struct State {
        var isOpen = false
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())

    func waitForSomebody() async { await until { state.withLock { !$0.waiting.isEmpty } } }

    func wait() async {
        await withCheckedContinuation { continuation in
            let isOpen = state.withLock { state in
                if !state.isOpen { state.waiting.append(continuation) }
                return state.isOpen
            }
            if isOpen { continuation.resume() }
        }
    }

    func open() {
        let waiting = state.withLock { state in
            state.isOpen = true
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume() }
    }
}
