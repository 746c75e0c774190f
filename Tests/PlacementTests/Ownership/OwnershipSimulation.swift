import Leaderboards
import Placement
import TestSupport

/// Three nodes, one shard, a log that takes each append that names its last record, and everything that can come between: delays, lost
/// acknowledgements, nodes that stand still, are cut off from the log, die and come back, clocks of different rates, and gossip that
/// is wrong. All from one seed.
///
/// The decisions are `ShardWatch`'s. What an owner does with them is written here once more, in its simplest form: one append on
/// its way at a time, sent again until its outcome is known; reads answered within the lease, or with the next record.
struct OwnershipSimulation {
    struct Faults {
        var cuts = 0.004
        var pauses = 0.004
        var crashes = 0.002
        var lostReplies = 0.1
        /// Gossip says anything about anybody.
        var rumours = 0.02
        var staleReads = 0.2
    }

    /// What must not be, with the canaries that show that it would be found.
    struct Guards {
        /// An owner relies on its lease only while that lasts.
        var lease = true
        /// The log takes only what follows its last record.
        var fencing = true
    }

    struct Findings: Equatable {
        var acknowledged = 0
        var reads = 0
        var owners = 0
        var lost = 0
        var twice = 0
        var stale = 0
        var forks = 0
    }

    private struct Entry {
        var word: LastWord
        var op: Int?
        var serial: Int
    }

    private struct Node {
        var id: NodeID
        var incarnation: UInt64
        var watch: ShardWatch
        var role = ShardWatch.Role.vacant
        /// Entries of the log that are in memory.
        var applied = 0
        var leaseEnd: Duration = .zero
        var clockRate: Double
        var isCut = false
        var pausedUntil: Duration = .zero
        var isDown = false
        /// Sent again until it is known what became of it.
        var append: (entry: Entry, after: LogPosition?, sentAt: Duration, isClaim: Bool)?
        var queue: [Int] = []
        /// Reads that wait for the next record: what was acknowledged when they came.
        var waitingReads: [Int] = []
        var lastAppend: Duration = .zero
    }

    private enum Event {
        case tick(Int)
        case arrive(Int, serial: Int)
        case reply(Int, serial: Int, committed: LogPosition?)
        case show(Int)
        case write
        case read
    }

    private var random: SplitMix64
    private let terms: LeaseTerms
    private let faults: Faults
    private let guards: Guards
    private var now: Duration = .zero
    private var events: [(at: Duration, order: Int, event: Event)] = []
    private var order = 0
    private var nodes: [Node] = []
    private var log: [Entry] = []
    private var serial = 0
    private var nextOp = 0
    private var acknowledgedOps: [Int] = []
    private(set) var findings = Findings()

    init(seed: UInt64, faults: Faults = Faults(), guards: Guards = Guards(), terms: LeaseTerms = LeaseTerms()) {
        random = SplitMix64(seed: seed)
        self.terms = terms
        self.faults = faults
        self.guards = guards
        for number in 1...3 { nodes.append(makeNode(UInt64(number))) }
    }

    private mutating func makeNode(_ number: UInt64) -> Node {
        serial += 1
        let rate = 0.996 + unit() * 0.008
        return Node(
            id: NodeID(number), incarnation: UInt64(serial),
            watch: ShardWatch(terms: terms, at: now * rate, spread: unit()), clockRate: rate)
    }

    private mutating func unit() -> Double { Double(random.next() >> 11) / Double(1 << 53) }
    private mutating func chance(_ probability: Double) -> Bool { unit() < probability }
    private mutating func milliseconds(_ range: ClosedRange<Int>) -> Duration {
        .milliseconds(range.lowerBound + Int(random.next() % UInt64(range.count)))
    }

    /// A node's own clock.
    private func clock(_ node: Node) -> Duration { now * node.clockRate }

    private mutating func schedule(_ event: Event, in delay: Duration) {
        order += 1
        events.append((now + delay, order, event))
    }

    /// Runs for some time, then looks at what became of it.
    mutating func run(for duration: Duration) -> Findings {
        for index in nodes.indices { schedule(.tick(index), in: milliseconds(0...100)) }
        schedule(.write, in: .milliseconds(10))
        schedule(.read, in: .milliseconds(10))
        while let place = nextPlace {
            let event = events.remove(at: place)
            now = event.at
            if now > duration { break }
            handle(event.event)
        }
        check()
        return findings
    }

    private var nextPlace: Int? {
        events.indices.min { (events[$0].at, events[$0].order) < (events[$1].at, events[$1].order) }
    }

    private mutating func handle(_ event: Event) {
        switch event {
        case .tick(let index):
            schedule(.tick(index), in: .milliseconds(100))
            misfortune(index)
            if isAwake(index) { step(index) }
        case .arrive(let index, let serial): arrive(index, serial)
        case .reply(let index, let serial, let committed):
            if nodes[index].isDown { return }
            // What comes while it stands still is seen when it goes on.
            if now < nodes[index].pausedUntil {
                return schedule(event, in: nodes[index].pausedUntil - now + .milliseconds(1))
            }
            reply(index, serial, committed)
        case .show(let index):
            if isAwake(index), !nodes[index].isCut { look(index) }
        case .write:
            schedule(.write, in: milliseconds(5...60))
            let index = Int(random.next() % 3)
            if isAwake(index), nodes[index].role == .owner {
                nodes[index].queue.append(nextOp)
                nextOp += 1
                send(index)
            }
        case .read:
            schedule(.read, in: milliseconds(5...40))
            let index = Int(random.next() % 3)
            if isAwake(index), nodes[index].role == .owner { read(index) }
        }
    }

    private func isAwake(_ index: Int) -> Bool { !nodes[index].isDown && now >= nodes[index].pausedUntil }

    private mutating func misfortune(_ index: Int) {
        if nodes[index].isDown {
            if chance(0.02) {
                nodes[index] = makeNode(nodes[index].id.number)
            }
            return
        }
        if chance(faults.cuts) {
            nodes[index].isCut = true
        } else if nodes[index].isCut, chance(0.04) {
            nodes[index].isCut = false
        }
        if chance(faults.pauses) { nodes[index].pausedUntil = now + milliseconds(100...6000) }
        if chance(faults.crashes) { nodes[index].isDown = true }
    }

    // MARK: Deciding

    private mutating func step(_ index: Int) {
        if nodes[index].isCut {
            nodes[index].watch.lostSight(at: clock(nodes[index]), spread: unit())
            return
        }
        look(index)
        var standings: [NodeID: Standing] = [:]
        for other in nodes {
            let isWrong = chance(faults.rumours)
            let isGone = other.isDown || now < other.pausedUntil
            standings[other.id] = isGone != isWrong ? .gone : .alive
        }
        standings[nodes[index].id] = .alive
        let target = nodes.map(\.id).first { standings[$0] == .alive }
        if nodes[index].role == .owner { renew(index) }
        let surroundings = ShardWatch.Surroundings(
            me: nodes[index].id, incarnation: nodes[index].incarnation, target: target, follows: true
        ) { standings[$0] ?? .gone }
        switch nodes[index].watch.step(as: nodes[index].role, among: surroundings, at: clock(nodes[index])) {
        case .follow, .catchUp:
            nodes[index].role = .follower
            nodes[index].applied = log.count
        case .claim: claim(index)
        case .wait, .leave, .handOver, .quarantine: break
        }
    }

    /// Reads the log, which may show less than there is.
    private mutating func look(_ index: Int) {
        var seen = log.count
        if chance(faults.staleReads), seen > 0 { seen -= Int(random.next() % 3) % (seen + 1) }
        guard seen > 0 else { return }
        nodes[index].watch.saw(log[seen - 1].word, at: clock(nodes[index]), spread: unit())
        if nodes[index].role == .follower { nodes[index].applied = max(nodes[index].applied, seen) }
        // An owner that sees another's claim finds out by appending.
        if nodes[index].role == .owner, log[seen - 1].word.node != nodes[index].id { send(index, evenEmpty: true) }
    }

    // MARK: Appending

    private mutating func claim(_ index: Int) {
        guard nodes[index].append == nil else { return }
        begin(index, op: nil, epoch: (last(of: nodes[index])?.epoch ?? 0) + 1, isClaim: true)
    }

    private mutating func renew(_ index: Int) {
        if clock(nodes[index]) - nodes[index].lastAppend >= terms.renewal { send(index, evenEmpty: true) }
    }

    private mutating func send(_ index: Int, evenEmpty: Bool = false) {
        guard nodes[index].append == nil, evenEmpty || !nodes[index].queue.isEmpty else { return }
        let op = nodes[index].queue.isEmpty ? nil : nodes[index].queue.removeFirst()
        begin(index, op: op, epoch: last(of: nodes[index])?.epoch ?? 1, isClaim: false)
    }

    private func last(of node: Node) -> LastWord? { node.applied == 0 ? nil : log[node.applied - 1].word }

    private mutating func begin(_ index: Int, op: Int?, epoch: UInt64, isClaim: Bool) {
        let node = nodes[index]
        let last = last(of: node)
        serial += 1
        let word = LastWord(
            position: LogPosition((last?.position.value ?? 0) + 1), epoch: epoch, number: (last?.number ?? 0) + 1,
            node: node.id, incarnation: node.incarnation)
        nodes[index].append = (Entry(word: word, op: op, serial: serial), last?.position, clock(node), isClaim)
        nodes[index].lastAppend = clock(node)
        schedule(.arrive(index, serial: serial), in: milliseconds(1...30))
    }

    /// An attempt reaches the log, unless something is in its way. It is made again as long as it has no outcome.
    private mutating func arrive(_ index: Int, _ serial: Int) {
        guard let append = nodes[index].append, append.entry.serial == serial else { return }
        if nodes[index].isDown { return }
        schedule(.arrive(index, serial: serial), in: milliseconds(255...270))
        if nodes[index].isCut || now < nodes[index].pausedUntil { return }
        var committed: LogPosition?
        if let place = log.firstIndex(where: { $0.serial == serial }) {
            committed = log[place].word.position
        } else if log.last?.word.position == append.after || !guards.fencing {
            var entry = append.entry
            if !guards.fencing { entry.word.position = LogPosition(UInt64(log.count + 1)) }
            log.append(entry)
            committed = entry.word.position
        }
        if chance(faults.lostReplies) { return }
        schedule(.reply(index, serial: serial, committed: committed), in: milliseconds(1...30))
    }

    private mutating func reply(_ index: Int, _ serial: Int, _ committed: LogPosition?) {
        guard let append = nodes[index].append, append.entry.serial == serial else { return }
        nodes[index].append = nil
        guard let committed else {
            // Somebody else wrote.
            nodes[index].role = .vacant
            nodes[index].queue = []
            nodes[index].waitingReads = []
            return
        }
        if append.isClaim {
            nodes[index].role = .owner
            findings.owners += 1
        }
        nodes[index].applied = Int(committed.value)
        nodes[index].leaseEnd = append.sentAt + terms.usable
        nodes[index].watch.saw(append.entry.word, at: clock(nodes[index]), spread: unit())
        if let op = append.entry.op {
            acknowledgedOps.append(op)
            findings.acknowledged += 1
        }
        send(index, evenEmpty: !nodes[index].waitingReads.isEmpty)
    }

    // MARK: Reading

    private mutating func read(_ index: Int) {
        let node = nodes[index]
        guard clock(node) < node.leaseEnd || !guards.lease else { return send(index, evenEmpty: true) }
        findings.reads += 1
        let shown = Set(log.prefix(node.applied).compactMap(\.op))
        // All that was acknowledged, to anybody, before this moment.
        if acknowledgedOps.suffix(20).contains(where: { !shown.contains($0) }) { findings.stale += 1 }
    }

    // MARK: The end

    private mutating func check() {
        var counts: [Int: Int] = [:]
        for op in log.compactMap(\.op) { counts[op, default: 0] += 1 }
        findings.lost = acknowledgedOps.count { counts[$0] == nil }
        findings.twice = counts.values.count { $0 > 1 }
        for (earlier, later) in zip(log, log.dropFirst()) {
            let isClaim = later.word.epoch > earlier.word.epoch
            let isSameOwner = later.word.node == earlier.word.node && later.word.incarnation == earlier.word.incarnation
            if later.word.number != earlier.word.number + 1 || (!isClaim && !isSameOwner) { findings.forks += 1 }
        }
    }
}
