import Histories
import Leaderboards
import Placement
import Sharding
import Synchronization
import TestSupport

@testable import NodeRuntime

/// Three nodes, one shard, four clients, and faults of owners from one seed. The nodes' tasks run as they like, so that a seed repeats
/// what is done and not always what comes of it.
struct SharedHistory {
    struct Findings {
        var problems: [String] = []
        var acknowledgedCount = 0
        var claimCount = 0
        var comparedCount = 0
    }

    private static let userCount = 4
    private static let operationsOfClientMax = 80

    private let seed: UInt64
    /// A guard is switched off, which has to be found out.
    private let isCanary: Bool
    /// Those that are written to. Not the owner that believes for ever: what it can't store would hold back its reads.
    private let writable: [ClusterPlace.Member]
    private let place = ClusterPlace(shardCount: 1)
    private let members: [ClusterPlace.Member]
    private let recorder = HistoryRecorder<LeaderboardModel.Call, LeaderboardModel.Answer>()
    private let ledger = Accounts()
    private let isOver = Flag()
    private let ended = (0..<4).map { _ in Flag() }

    init(seed: UInt64, believesForEver: Bool = false) {
        self.seed = seed
        isCanary = believesForEver
        // The one that is going to own the shard. The others wait for as long as ever: only what it believes of its own lease changes.
        let nodes = (1...3).map { NodeProfile(id: NodeID($0)) }
        let owner = PlacementTable(ShardSet(count: 1), on: nodes).owner(of: ShardID(0))
        let forEver = LeaseTerms(duration: .seconds(3600))
        members = (1...3).map { [place] number in
            place.member(number, terms: believesForEver && NodeID(number) == owner ? forEver : nil)
        }
        writable = members.filter { !believesForEver || $0.id != owner }
    }

    func play() async throws -> Findings {
        var findings = Findings()
        try await place.run(members[0], members[1], members[2]) {
            try await place.pass { await members.owner(of: .a) != nil }
            var definition = LeaderboardDefinition.points()
            definition.tie = .sharedWithGap
            _ = try await members.owner(of: .a)!.node.create(.a, definition)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for client in 0..<4 {
                    group.addTask { await work(as: client) }
                }
                try await doHarm()
                isOver.raise()
                try await place.pass { ended.allSatisfy(\.isRaised) }
                try await group.waitForAll()
            }
            findings = try await judge()
        }
        return findings
    }

    // MARK: Clients

    private func work(as client: Int) async {
        var random = SplitMix64(seed: seed &* 31 &+ UInt64(client))
        for number in 0..<Self.operationsOfClientMax where !isOver.isRaised {
            let user = random.below(Self.userCount)
            let node = random.pick(members).node
            switch random.below(5) {
            case 0, 1:
                let node = random.pick(writable).node
                await submit(1 + random.below(9), user, "\(client)-\(number)", to: node, client)
            case 2: await ask(.rank(user: user), node, client)
            case 3: await ask(.score(user: user), node, client)
            default: await ask(.top(10), node, client)
            }
            try? await place.clock.sleep(for: .milliseconds(20 + random.below(300)))
        }
        ended[client].raise()
    }

    private func submit(_ score: Int, _ user: Int, _ name: String, to node: Node, _ client: Int) async {
        let entry = recorder.invoke(.submit(user: user, score: score), by: client)
        let batch = SubmissionBatch(["u\(user)"], points: Int64(score), requestKey: OperationMark.metadata(name))
        do throws(ServiceError) {
            guard case .success(let outcome) = try await node.submit(batch, project: "p", upload: nil)[0].outcome,
                case .integer(let sum) = outcome.score.value(0), let rank = outcome.rank
            else { return enter(name, .refused, entry) }
            recorder.end(entry, with: .entry(score: Int(sum), rank: rank.number))
            ledger.enter(name, .acknowledged)
        } catch {
            if case .outcomeUnknown = error { return ledger.enter(name, .unknown) }
            enter(name, .refused, entry)
        }
    }

    private func enter(
        _ name: String, _ fate: OperationAccounts<String>.Fate,
        _ entry: HistoryRecorder<LeaderboardModel.Call, LeaderboardModel.Answer>.Entry
    ) {
        recorder.refuse(entry)
        ledger.enter(name, fate)
    }

    private func ask(_ call: LeaderboardModel.Call, _ node: Node, _ client: Int) async {
        let entry = recorder.invoke(call, by: client)
        guard
            let page = try? await node.page(
                .a, BoardSelector(), .from(offset: 0, limit: 10), ReadOptions(metadata: false))
        else { return }
        let standings = page.value.entries.compactMap { entry -> LeaderboardModel.Standing? in
            guard case .integer(let score) = entry.score.value(0),
                let user = Int(String(decoding: entry.user.dropFirst(), as: UTF8.self))
            else { return nil }
            return .init(user: user, score: Int(score), rank: entry.rank.number)
        }
        switch call {
        case .score(let user): recorder.end(entry, with: .score(standings.first { $0.user == user }?.score))
        case .rank(let user): recorder.end(entry, with: .standing(standings.first { $0.user == user }))
        default: recorder.end(entry, with: .top(standings))
        }
    }

    // MARK: Faults

    private func doHarm() async throws {
        var random = SplitMix64(seed: seed)
        for _ in 0..<(isCanary ? 1 : 6) {
            await place.pass(.milliseconds(random.below(800)))
            let victim = await members.owner(of: .a) ?? random.pick(members)
            switch isCanary ? 0 : random.below(4) {
            case 0: victim.log.cut()
            case 1: victim.log.loseReplies()
            default: break
            }
            place.rumours.set(victim.id, .gone)
            // It hears nothing of that, or would give the shard away.
            if isCanary { victim.membership.believe(alive: [victim.id.number]) }
            await place.pass(.milliseconds(isCanary ? 8000 : 1000 + random.below(5000)))
            for member in members {
                member.log.mend()
                place.rumours.set(member.id, .alive)
            }
        }
    }

    // MARK: Judging

    private func judge() async throws -> Findings {
        try await place.pass { await members.owner(of: .a) != nil }
        await ask(.top(10), await members.owner(of: .a)!.node, 9)
        let scan = try await place.scan()
        let accounts = ledger.value
        var findings = Findings(
            problems: scan.problems, acknowledgedCount: accounts.count(.acknowledged), claimCount: scan.claimCount)
        let found = scan.findings(accounts)
        if !found.isClean { findings.problems.append("the log: \(found)") }
        let model = LeaderboardModel(.sum, users: Self.userCount)
        let verdict = LinearizabilityChecker(model, recorder.history).check()
        if verdict != .linearizable { findings.problems.append("not linearizable: \(verdict)") }
        if isCanary { return findings }
        var marks: [ReplicaMark] = []
        try await place.pass {
            marks += await members.marks()
            return ReplicaHashes.comparedCount(marks) > 0
        }
        findings.problems += ReplicaHashes.problems(marks)
        findings.comparedCount = ReplicaHashes.comparedCount(marks)
        return findings
    }
}

extension [ClusterPlace.Member] {
    /// The state of the first shard on each node that has it.
    func marks() async -> [ReplicaMark] {
        var marks: [ReplicaMark] = []
        for member in self {
            if let mark = await (try? member.node.shards().first)?.mark("\(member.id)") { marks.append(mark) }
        }
        return marks
    }
}

extension ShardActor {
    /// Nil where it is not followed, or in the midst of something.
    func mark(_ replica: String) -> ReplicaMark? {
        guard role != .vacant, !isLent, record == nil, appendingSince == nil, tail.number > 0 else { return nil }
        return ReplicaMark(
            replica: replica, shard: Int(id.number), number: tail.number,
            hash: "\(shard.stateHash(withUsage: false))")
    }
}

/// Accounts that several tasks enter.
private final class Accounts: Sendable {
    private let mutex = Mutex(OperationAccounts<String>())
    var value: OperationAccounts<String> { mutex.withLock { $0 } }
    func enter(_ name: String, _ fate: OperationAccounts<String>.Fate) { mutex.withLock { $0.enter(name, fate) } }
}
