package import Gossip
package import Placement

/// A cluster of memberships in virtual time, with a network that loses, delays and cuts, and processes that stop. All of it
/// follows from one seed.
package struct Simulation {
    package internal(set) var nodes: [SimulatedNode] = []
    package private(set) var now = Instant.start
    package var conditions: Conditions
    /// Links on which nothing arrives.
    package var cut: Set<Link> = []
    /// Groups of nodes that hear nothing of each other; by node, all in one if nil.
    package var groups: [Int]?
    package private(set) var observations: [Observation] = []
    package private(set) var learned: [(node: Int, piece: Piece)] = []
    package private(set) var packetsLost = 0
    package private(set) var longestPacket = 0
    package var random: SeededRandom

    private let settings: GossipSettings
    private var events = EventQueue<Event>()
    private var effects: [Membership.Effect] = []

    private enum Event {
        case datagram([UInt8], from: Int, to: Int)
        /// An overloaded node comes to one that arrived before.
        case turn([UInt8], from: Int, to: Int)
        case timer(Int)
        case resume(Int)
        case pauseAgain(Int, length: Duration, every: Duration)
    }

    /// - Parameters:
    ///   - isFormed: whether all know each other from the start; otherwise all know the first as their seed
    package init(
        _ count: Int, seed: UInt64, settings: GossipSettings = GossipSettings(), conditions: Conditions = Conditions(),
        isFormed: Bool = true
    ) {
        self.settings = settings
        self.conditions = conditions
        random = SeededRandom(seed: seed)
        nodes = (0..<count).map { index in
            SimulatedNode(membership(index, incarnation: Self.firstIncarnation, remembered: []))
        }
        if isFormed {
            let members = nodes.enumerated().map { index, node in
                Member(
                    id: Self.id(index), incarnation: Self.firstIncarnation, state: .alive,
                    description: node.membership.description, since: .start)
            }
            for index in 0..<count {
                nodes[index] = SimulatedNode(
                    membership(index, incarnation: Self.firstIncarnation, remembered: members))
            }
        }
        for index in 0..<count { handle(.start, index) }
    }

    package static let firstIncarnation: UInt64 = 1_700_000_000_000

    package static func id(_ index: Int) -> NodeID { NodeID(UInt64(index) + 1) }
    package static func index(_ id: NodeID) -> Int { Int(id.number) - 1 }
    package static func endpoint(_ index: Int) -> Endpoint { Endpoint(ipv4: 0x0A00_0000 + UInt32(index), port: 7946) }

    package static func description(_ index: Int) -> NodeDescription {
        try! NodeDescription(
            endpoint: endpoint(index),
            services: [.http: "10.0.0.\(index % 256):8080", .redis: "10.0.0.\(index % 256):6380"],
            zone: Zone("zone-\(index % 3)"), version: "0.2.0")
    }

    private mutating func membership(_ index: Int, incarnation: UInt64, remembered: [Member]) -> Membership {
        Membership(
            id: Self.id(index), incarnation: incarnation, description: Self.description(index),
            seeds: [Self.endpoint(0)], remembered: remembered, settings: settings, seed: random.next())
    }

    // MARK: What happens to nodes

    package mutating func run(for duration: Duration) {
        let end = now.advanced(by: duration)
        while let next = events.nextTime, next <= end.nanoseconds {
            let (time, event) = events.removeFirst()!
            now = Instant(nanoseconds: time)
            carryOut(event)
        }
        now = end
    }

    /// Runs until the condition holds, looking every so often.
    ///
    /// - Returns: how long it took; nil if it did not come to hold
    package mutating func run(
        atMost duration: Duration, step: Duration = .milliseconds(50), until holds: (Simulation) -> Bool
    ) -> Duration? {
        let start = now
        while !holds(self) {
            guard now - start < duration else { return nil }
            run(for: step)
        }
        return now - start
    }

    package mutating func crash(_ index: Int) { nodes[index].isRunning = false }

    /// As a new process that remembers nothing but its name and its seeds.
    package mutating func restart(_ index: Int, clockMilliseconds: UInt64? = nil) {
        let clock = clockMilliseconds ?? Self.firstIncarnation + UInt64(now.nanoseconds / 1_000_000)
        nodes[index] = SimulatedNode(membership(index, incarnation: clock, remembered: []))
        handle(.start, index)
    }

    /// The process gets no processor time for so long.
    package mutating func pause(_ index: Int, for duration: Duration) {
        let end = now.advanced(by: duration).nanoseconds
        guard end > nodes[index].pausedUntil else { return }
        nodes[index].pausedUntil = end
        events.add(.resume(index), at: end)
    }

    /// The process is slow: again and again it gets no time, for random lengths and distances of this mean.
    package mutating func slow(_ index: Int, pauses length: Duration, every: Duration) {
        events.add(.pauseAgain(index, length: length, every: every), at: now.nanoseconds + spread(every))
    }

    /// The process is overloaded: each datagram takes so long, and others wait for it; timers are on time.
    package mutating func overload(_ index: Int, eachDatagram cost: Duration) {
        nodes[index].datagramCost = (Instant.start.advanced(by: cost)).nanoseconds
    }

    package mutating func handle(_ input: Membership.Input, _ index: Int) {
        nodes[index].membership.handle(input, at: now, effects: &effects)
        let made = effects
        effects.removeAll(keepingCapacity: true)
        for effect in made { carryOut(effect, of: index) }
        setTimer(index)
    }

    /// Evenly distributed with this mean.
    private mutating func spread(_ mean: Duration) -> Int64 {
        let (seconds, attoseconds) = mean.components
        return Int64(random.below(2 * Int(seconds * 1_000_000_000 + attoseconds / 1_000_000_000) + 1))
    }

    // MARK: The world

    private mutating func carryOut(_ event: Event) {
        switch event {
        case .datagram(let bytes, let from, let index):
            guard nodes[index].isRunning else { return }
            if nodes[index].datagramCost > 0 {
                queue(bytes, from: from, to: index)
            } else if nodes[index].pausedUntil > now.nanoseconds {
                if nodes[index].inbox.count < SimulatedNode.inboxMax {
                    nodes[index].inbox.append((bytes, Self.endpoint(from)))
                }
            } else {
                handle(.received(bytes, from: Self.endpoint(from)), index)
            }
        case .turn(let bytes, let from, let index):
            guard nodes[index].isRunning else { return }
            nodes[index].waiting -= 1
            handle(.received(bytes, from: Self.endpoint(from)), index)
        case .timer(let index):
            guard nodes[index].isRunning, nodes[index].timer == now.nanoseconds else { return }
            nodes[index].timer = .max
            if nodes[index].pausedUntil <= now.nanoseconds { handle(.tick, index) }
        case .resume(let index): resume(index)
        case .pauseAgain(let index, let length, let every):
            pause(index, for: .nanoseconds(spread(length)))
            events.add(
                .pauseAgain(index, length: length, every: every),
                at: max(nodes[index].pausedUntil, now.nanoseconds) + spread(every))
        }
    }

    private mutating func queue(_ bytes: [UInt8], from: Int, to index: Int) {
        guard nodes[index].waiting < SimulatedNode.inboxMax else { return }
        nodes[index].waiting += 1
        nodes[index].busyUntil = max(nodes[index].busyUntil, now.nanoseconds) + nodes[index].datagramCost
        events.add(.turn(bytes, from: from, to: index), at: nodes[index].busyUntil)
    }

    /// Timers first, or what lies in the socket: nobody promises an order.
    private mutating func resume(_ index: Int) {
        guard nodes[index].isRunning, nodes[index].pausedUntil <= now.nanoseconds else { return }
        let inbox = nodes[index].inbox
        nodes[index].inbox = []
        let areTimersFirst = random.below(2) == 0
        if areTimersFirst { handle(.tick, index) }
        for datagram in inbox { handle(.received(datagram.bytes, from: datagram.from), index) }
        if !areTimersFirst { handle(.tick, index) }
    }

    private mutating func carryOut(_ effect: Membership.Effect, of index: Int) {
        switch effect {
        case .send(let bytes, let endpoint):
            let target = Int(endpoint.ipv4 ?? 0) - 0x0A00_0000
            guard nodes.indices.contains(target) else { return }
            longestPacket = max(longestPacket, bytes.count)
            transmit(bytes, from: index, to: target)
            if random.chance(perMille: conditions.doubledPerMille) { transmit(bytes, from: index, to: target) }
        case .changed(let member):
            observations.append(
                Observation(time: now, observer: index, member: member, subject: Self.index(member.id)))
        case .learned(let piece): learned.append((index, piece))
        case .duplicate, .refused: break
        }
    }

    private mutating func transmit(_ bytes: [UInt8], from: Int, to target: Int) {
        let isApart = groups.map { $0[from] != $0[target] } ?? false
        if isApart || cut.contains(Link(from: from, to: target)) || random.chance(perMille: conditions.lostPerMille) {
            packetsLost += 1
            return
        }
        let delays = conditions.delayMicroseconds
        let delay = delays.lowerBound + random.below(delays.count)
        events.add(.datagram(bytes, from: from, to: target), at: now.nanoseconds + Int64(delay) * 1000)
    }

    private mutating func setTimer(_ index: Int) {
        let deadline = max(nodes[index].membership.nextDeadline.nanoseconds, now.nanoseconds)
        guard deadline < .max, deadline != nodes[index].timer else { return }
        nodes[index].timer = deadline
        events.add(.timer(index), at: deadline)
    }
}
