import CommitLogs
import Leaderboards
import TestSupport
import Testing

@testable import JetStreamLog

/// One subject of a stream, as its leader treats it, and owners who append to it: all from one seed.
///
/// Requests and replies are lost, late and doubled; the leader is gone for a while, or an old one answers; replicas are
/// behind; 10164 comes without a reason, and proposals are dropped without a reply.
private struct SubjectSimulation {
    struct Faults {
        var lostPercent = 8
        var spuriousPercent = 3
        var droppedProposalPercent = 5
        /// Off: the leader takes an append whatever is last. A checker that does not notice is none.
        var comparesSequences = true
    }

    struct Record: Hashable {
        var owner: Int
        var number: Int
        var expected: UInt64
    }

    struct Owner {
        var last: UInt64 = 0
        var number = 0
        var record: Record?
        var resolution: AppendResolution?
        /// Whose number must match for an event of an append to count.
        var append = 0
        var committed: [(UInt64, Record)] = []
        var fenced: [Record] = []
        var isIdleUntil: ContinuousClock.Instant?
        /// The first attempts, whose time a lease may run from.
    }

    enum Event {
        case arrives(owner: Int, append: Int, attempt: Int, Record, toOldLeader: Bool)
        case commits(owner: Int, append: Int, attempt: Int, Record)
        case input(owner: Int, append: Int, AppendResolution.Input)
        case wakes(owner: Int)
    }

    private var generator: SplitMix64
    private let faults: Faults
    private(set) var now: ContinuousClock.Instant
    private let end: ContinuousClock.Instant
    private var events: [(at: ContinuousClock.Instant, order: Int, event: Event)] = []
    private var order = 0
    private(set) var log: [(sequence: UInt64, record: Record)] = []
    private var pending: Record?
    private var lastSequence: UInt64 = 0
    private(set) var owners: [Owner]
    private var leaderIsGoneUntil: ContinuousClock.Instant?
    private var oldLeader: (until: ContinuousClock.Instant, last: UInt64)?
    private(set) var problems: [String] = []
    private(set) var kinds: Set<String> = []

    init(seed: UInt64, owners count: Int = 3, faults: Faults = Faults()) {
        generator = SplitMix64(seed: seed)
        self.faults = faults
        now = ContinuousClock.now
        end = now + .seconds(20)
        owners = (0..<count).map { _ in Owner() }
        for owner in 0..<count { schedule(.wakes(owner: owner), after: 1 + generator.below(50)) }
    }

    mutating func run() {
        while !events.isEmpty {
            let index = events.indices.min { (events[$0].at, events[$0].order) < (events[$1].at, events[$1].order) }!
            let (at, _, event) = events.remove(at: index)
            now = at
            changeLeader()
            handle(event)
        }
        check()
    }

    private mutating func schedule(_ event: Event, after milliseconds: Int) {
        order += 1
        events.append((now + .milliseconds(milliseconds), order, event))
    }

    private var lastOfSubject: UInt64 { log.last?.sequence ?? 0 }

    private mutating func changeLeader() {
        guard now < end else {
            leaderIsGoneUntil = nil
            oldLeader = nil
            return
        }
        if leaderIsGoneUntil.map({ $0 < now }) ?? true { leaderIsGoneUntil = nil }
        if let old = oldLeader, old.until < now { oldLeader = nil }
        if generator.chance(400) {
            leaderIsGoneUntil = now + .milliseconds(generator.below(6000))
            pending = nil
            if generator.chance(2) { oldLeader = (now + .milliseconds(generator.below(7000)), lastOfSubject) }
        }
    }

    // MARK: Events

    private mutating func handle(_ event: Event) {
        switch event {
        case .wakes(let owner): wake(owner)
        case .input(let owner, let append, let input): give(input, to: owner, append)
        case .arrives(let owner, let append, let attempt, let record, let toOldLeader):
            let reply = toOldLeader ? answerOfOldLeader(record) : answer(owner, append, attempt, record)
            if let reply { self.reply(reply, owner, append, attempt) }
        case .commits(let owner, let append, let attempt, let record):
            guard pending == record else { return }
            pending = nil
            lastSequence += 1 + UInt64(generator.below(3))
            log.append((lastSequence, record))
            reply(.stored(lastSequence, isDuplicate: false), owner, append, attempt)
        }
    }

    private mutating func wake(_ index: Int) {
        guard owners[index].resolution == nil, now < end else { return }
        owners[index].number += 1
        let record = Record(owner: index, number: owners[index].number, expected: owners[index].last)
        owners[index].record = record
        owners[index].append += 1
        owners[index].resolution = AppendResolution(
            expected: record.expected, regressionPatience: .seconds(10))
        give(.begin, to: index, owners[index].append)
    }

    private mutating func give(_ input: AppendResolution.Input, to index: Int, _ append: Int) {
        guard owners[index].append == append, owners[index].resolution != nil else { return }
        var effects: [AppendResolution.Effect] = []
        owners[index].resolution!.handle(input, at: now, effects: &effects)
        for effect in effects { carryOut(effect, index, append) }
    }

    private mutating func carryOut(_ effect: AppendResolution.Effect, _ index: Int, _ append: Int) {
        switch effect {
        case .send(let attempt), .sendElsewhere(let attempt):
            schedule(.input(owner: index, append: append, .reply(attempt: attempt, .timedOut)), after: 250)
            if generator.chance(percent: faults.lostPercent) { return }
            let copies = generator.chance(percent: 2) ? 2 : 1
            for _ in 0..<copies {
                // An old leader has some of the connections; what it buffers is never stored.
                let toOld = oldLeader != nil && generator.chance(2)
                schedule(
                    .arrives(
                        owner: index, append: append, attempt: attempt, owners[index].record!, toOldLeader: toOld),
                    after: generator.chance(percent: 3) ? 200 + generator.below(3000) : 1 + generator.below(4))
            }
        case .pause(let pause):
            let wait = 5 + generator.below(15)
            schedule(.input(owner: index, append: append, .pauseEnded), after: pause == .retry ? wait : 10 * wait)
        case .read(let sequence):
            schedule(.input(owner: index, append: append, .read(readBack(index, through: sequence))), after: 3)
        case .finish(let verdict): finish(verdict, index)
        }
    }

    private mutating func finish(_ verdict: AppendResolution.Verdict, _ index: Int) {
        let record = owners[index].record!
        owners[index].resolution = nil
        switch verdict {
        case .committed(let sequence):
            kinds.insert("committed")
            owners[index].committed.append((sequence, record))
            owners[index].last = sequence
            schedule(.wakes(owner: index), after: generator.chance(20) ? 1000 : 1)
        case .refused(.conflict):
            kinds.insert("fenced")
            owners[index].fenced.append(record)
            // It takes over again some time later, from whatever a replica shows it.
            let seen = log.dropLast(generator.below(2)).last?.sequence ?? 0
            owners[index].last = max(owners[index].last, seen)
            schedule(.wakes(owner: index), after: 500 + generator.below(2000))
        case .refused(let error): problems.append("\(record): \(error)")
        }
    }

    // MARK: The leader

    private mutating func answer(_ owner: Int, _ append: Int, _ attempt: Int, _ record: Record) -> AppendReply? {
        if leaderIsGoneUntil != nil { return generator.chance(2) ? .noResponders : nil }
        if let stored = log.first(where: { $0.record == record }) { return .stored(stored.sequence, isDuplicate: true) }
        if pending == record { return .busy(10158) }
        if pending != nil { return .busy(10164) }
        if generator.chance(percent: faults.spuriousPercent) {
            return .busy(generator.pick([10164, 10163, 10008]))
        }
        if faults.comparesSequences, lastOfSubject != record.expected { return .wrongLast(lastOfSubject) }
        pending = record
        if generator.chance(percent: faults.droppedProposalPercent) {
            pending = nil
            return nil
        }
        schedule(.commits(owner: owner, append: append, attempt: attempt, record), after: 1 + generator.below(10))
        return nil
    }

    private mutating func answerOfOldLeader(_ record: Record) -> AppendReply? {
        guard let oldLeader else { return nil }
        return oldLeader.last == record.expected ? nil : .wrongLast(oldLeader.last)
    }

    private mutating func reply(_ reply: AppendReply, _ owner: Int, _ append: Int, _ attempt: Int) {
        if generator.chance(percent: faults.lostPercent) { return }
        let delay = generator.chance(percent: 4) ? 200 + generator.below(1000) : 1 + generator.below(4)
        schedule(.input(owner: owner, append: append, .reply(attempt: attempt, reply)), after: delay)
    }

    private mutating func readBack(_ index: Int, through sequence: UInt64) -> AppendResolution.ReadBack {
        let record = owners[index].record!
        if generator.chance(4) { return .nothing }
        guard let found = log.first(where: { $0.sequence > record.expected }) else { return .nothing }
        return found.record == record ? .mine(found.sequence) : .other(last: max(sequence, found.sequence))
    }

    // MARK: Checking

    private mutating func check() {
        for (stored, next) in zip(log, log.dropFirst()) where next.record.expected != stored.sequence {
            problems.append("\(next) follows \(stored.sequence)")
        }
        if Set(log.map(\.record)).count != log.count { problems.append("a record is there twice") }
        for owner in owners {
            for (sequence, record) in owner.committed where !log.contains(where: { $0 == (sequence, record) }) {
                problems.append("\(record) was acknowledged at \(sequence), and is not there")
            }
            for record in owner.fenced where log.contains(where: { $0.record == record }) {
                problems.append("\(record) was refused, and is there")
            }
            if let record = owner.record, owner.resolution != nil { problems.append("\(record) has no outcome") }
        }
    }
}

@Suite("Owners and a log that fails, from one seed")
struct AppendSimulationTests {
    @Test("What is acknowledged is in the log once; what is refused never is; there is one history", arguments: 0..<150)
    func histories(seed: Int) {
        var simulation = SubjectSimulation(seed: UInt64(seed))
        simulation.run()
        #expect(simulation.problems == [], "seed \(seed)")
        #expect(simulation.log.count > 10)
        #expect(simulation.kinds == ["committed", "fenced"])
    }

    @Test("One owner alone is never fenced, whatever is lost and however often it is told that it is busy")
    func alone() {
        for seed in 0..<50 {
            var faults = SubjectSimulation.Faults()
            faults.spuriousPercent = 30
            faults.lostPercent = 30
            var simulation = SubjectSimulation(seed: UInt64(seed), owners: 1, faults: faults)
            simulation.run()
            #expect(simulation.problems == [], "seed \(seed)")
            #expect(simulation.kinds == ["committed"], "seed \(seed)")
        }
    }

    @Test("Canary: a log that takes appends after whatever is last is found out")
    func canary() {
        var faults = SubjectSimulation.Faults()
        faults.comparesSequences = false
        let found = (0..<20).count { seed in
            var simulation = SubjectSimulation(seed: UInt64(seed), faults: faults)
            simulation.run()
            return !simulation.problems.isEmpty
        }
        #expect(found == 20)
    }
}
