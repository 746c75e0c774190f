import NIOCore
import TestSupport
import Testing

@testable import NATSClient

/// A client and three servers that fail, on a network that delays and cuts, all from one seed.
private struct Simulation {
    var harness: CoreHarness
    var generator: SplitMix64
    /// What the network is about to bring, by time.
    var events: [(at: ContinuousClock.Instant, input: ClientCore.Input)] = []
    var sentWhileReady: Set<RequestID> = []
    var asked: [RequestID] = []
    var seenEffects = 0
    var parsers: [ConnectionID: String] = [:]
    let end: ContinuousClock.Instant

    init(seed: UInt64) {
        generator = SplitMix64(seed: seed)
        harness = CoreHarness(seed: seed) { options in
            options.servers = (0..<3).map { ServerAddress(host: "s\($0)", port: 1) }
            options.pingInterval = .milliseconds(200)
        }
        end = harness.now + .seconds(5)
    }

    mutating func run() {
        harness.handle(.start)
        react()
        while harness.now < end {
            let step = Duration.microseconds(200 + generator.below(3000))
            let target = harness.now + step
            while let index = events.indices.min(by: { events[$0].at < events[$1].at }), events[index].at <= target {
                let event = events.remove(at: index)
                harness.advance(max(.zero, harness.now.duration(to: event.at)))
                harness.handle(event.input)
                react()
            }
            harness.advance(harness.now.duration(to: target))
            react()
            act()
        }
        harness.handle(.close)
    }

    /// The user asks, and the network fails.
    private mutating func act() {
        if generator.chance(percent: 40) {
            let request = Request(
                subject: "s", timeout: .milliseconds(50), lingers: generator.chance(percent: 30))
            let wasReady = harness.core.server != nil
            let id = harness.send(request)
            asked.append(id)
            if wasReady { sentWhileReady.insert(id) }
            react()
        }
        if generator.chance(percent: 1), let open = harness.open {
            events.append((harness.now, .lost(open.id, "cut")))
        }
        if generator.chance(percent: 5), let id = asked.randomElement(using: &generator) {
            if harness.outcomes[id] != nil { harness.handle(.forget(id)) }
        }
    }

    /// Servers answer what was written.
    private mutating func react() {
        while seenEffects < harness.effects.count {
            let effect = harness.effects[seenEffects]
            seenEffects += 1
            switch effect {
            case .open(let id, _):
                if generator.chance(percent: 30) {
                    later(.lost(id, "refused"))
                } else {
                    let at = later(.opened(id))
                    if generator.chance(percent: 90) { later(id, CoreHarness.greeting, after: at) }
                }
            case .write(let id, let bytes):
                events.append((harness.now, .flushed(id, byteCount: bytes.readableBytes)))
                answer(String(buffer: bytes), id)
            default: break
            }
        }
    }

    private mutating func answer(_ text: String, _ id: ConnectionID) {
        for line in text.split(separator: "\r\n") {
            if line == "PING", generator.chance(percent: 97) { later(id, "PONG\r\n") }
            guard line.hasPrefix("PUB s ") else { continue }
            let inbox = line.split(separator: " ")[2]
            switch generator.below(10) {
            case 0: break
            case 1: later(id, "HMSG \(inbox) 1 16 16\r\nNATS/1.0 503\r\n\r\n\r\n")
            case 2: for _ in 0..<2 { later(id, "MSG \(inbox) 1 2\r\nok\r\n") }
            default: later(id, "MSG \(inbox) 1 2\r\nok\r\n")
            }
        }
    }

    @discardableResult
    private mutating func later(_ input: ClientCore.Input) -> ContinuousClock.Instant {
        let at = harness.now + .microseconds(100 + generator.below(60_000))
        events.append((at, input))
        return at
    }

    private mutating func later(_ id: ConnectionID, _ text: String, after start: ContinuousClock.Instant? = nil) {
        let at = (start ?? harness.now) + .microseconds(100 + generator.below(60_000))
        events.append((at, .received(id, ByteBuffer(string: text))))
    }
}

@Suite("A client among servers that fail")
struct ClientSimulationTests {
    @Test("Each request has one outcome, a true one, and nothing is left behind", arguments: 0..<20)
    func outcomes(seed: Int) {
        var simulation = Simulation(seed: UInt64(seed))
        simulation.run()
        let harness = simulation.harness
        #expect(harness.core.requestCount == 0)
        var kinds: Set<String> = []
        let published = Set(
            harness.written.values.flatMap { text in
                text.utf8.split(separator: 0x0A).filter { $0.starts(with: "PUB s ".utf8) }.map {
                    String($0.split(separator: 0x20)[2])!
                }
            })
        for id in simulation.asked {
            let outcomes = harness.outcomes[id] ?? []
            #expect(outcomes.count == 1, "request \(id.number): \(outcomes)")
            guard let outcome = outcomes.first else { continue }
            kinds.insert("\(outcome)".prefix { $0 != "(" }.description)
            // "Not sent" means that no byte of it ever was, on any connection.
            let wasWritten = published.contains("\(harness.core.inbox).\(id.number)")
            if case .notSent = outcome { #expect(!wasWritten) } else { #expect(wasWritten) }
            #expect(wasWritten == simulation.sentWhileReady.contains(id))
        }
        #expect(kinds.isSuperset(of: ["reply", "notSent", "noResponders"]), "\(kinds)")
    }

    @Test("The same seed is the same history")
    func repeats() {
        func history() -> [String] {
            var simulation = Simulation(seed: 7)
            let start = simulation.harness.now
            simulation.run()
            return simulation.harness.effects.map { "\($0)" } + ["\(start.duration(to: simulation.harness.now))"]
        }
        #expect(history().count > 100)
        #expect(history() == history())
    }
}
