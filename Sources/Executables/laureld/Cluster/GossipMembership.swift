import Gossip
import Leaderboards
import NodeRuntime
import Placement
import ServiceLifecycle
import Sharding
import Synchronization
import UDPGossip

/// What gossip says of nodes and shards, in the words of who shares shards.
final class GossipMembership: ClusterMembership, PeerDirectory, Service {
    private struct State {
        var view = ClusterView(profiles: [], standings: [:])
        /// By shard: the newest of each, not told yet.
        var notes: [ShardID: ShardNote] = [:]
        var toldEpochs: [ShardID: UInt64] = [:]
        var addresses: [UInt64: PeerAddress] = [:]
        var members: [ClusterMember] = []
        var present: [UInt64] = []
        var reachesLog = true
    }

    let gossip: GossipService
    private let me: NodeID
    private let incarnation: UInt64
    private let state: Mutex<State>

    private let own: PeerAddress?

    /// - Parameter description: of this node, alive in its own eyes before it has heard of any other
    init(_ gossip: GossipService, id: NodeID, description: NodeDescription, incarnation: UInt64) {
        self.gossip = gossip
        me = id
        self.incarnation = incarnation
        own = PeerAddress(description)
        let view = ClusterView(profiles: [description.profile(of: id)], standings: [id: .alive])
        let member = ClusterMember(id, .alive, description)
        state = Mutex(State(view: view, members: [member]))
    }

    func address(of node: UInt64) -> PeerAddress? {
        node == me.number ? own : state.withLock { $0.addresses[node] }
    }

    func nodes() -> [UInt64] { state.withLock { $0.present } + [me.number] }

    func view() -> ClusterView { state.withLock { $0.view } }

    func members() -> [ClusterMember] { state.withLock { $0.members } }

    func publish(_ notes: [ShardNote]) {
        state.withLock { state in
            for note in notes { state.notes[note.shard] = note }
        }
    }

    func tell(reachesLog: Bool) { state.withLock { $0.reachesLog = reachesLog } }

    /// Exchanges news with gossip until it is told to stop.
    func run() async {
        try? await cancelWhenGracefulShutdown {
            var round = 0
            while true {
                await self.hear()
                // What is durable changes with every record, and is told once a second.
                await self.tell(marks: round % 5 == 0)
                round += 1
                try await Task.sleep(for: Self.interval)
            }
        }
    }

    private static let interval: Duration = .milliseconds(200)

    private func hear() async {
        var standings: [NodeID: Standing] = [me: .alive]
        var addresses: [UInt64: PeerAddress] = [:]
        var members: [ClusterMember] = []
        var present: [UInt64] = []
        for member in await gossip.members {
            members.append(ClusterMember(member.id, ClusterMember.State(member.state), member.description))
            // Who is held for dead by gossip may own shards all the same, and is asked.
            if member.state != .left { addresses[member.id.number] = PeerAddress(member.description) }
            if member.state == .alive || member.state == .suspect { present.append(member.id.number) }
            standings[member.id] =
                switch member.state {
                case .alive: member.description.reachesLog ? .alive : .suspect
                case .suspect: .suspect
                case .dead, .left: .gone
                }
        }
        var notes: [ShardID: ShardNote] = [:]
        let pieces = await gossip.pieces
        let entries = Dictionary(pieces.compactMap(OwnerEntry.init).map { ($0.shard, $0) }) { $1 }
        for mark in pieces.compactMap(HighWaterMark.init) {
            let entry = entries[mark.shard].flatMap { $0.epoch == mark.epoch ? $0 : nil }
            notes[mark.shard] = ShardNote(
                shard: mark.shard, owner: entry?.owner, epoch: mark.epoch, number: mark.number,
                position: LogPosition(mark.sequence), hash: ChainHash(low: mark.hashLow, high: mark.hashHigh))
        }
        let profiles = await gossip.profiles.filter { standings[$0.id] == .alive }
        if !members.contains(where: { $0.id == me }) { members += self.members().filter { $0.id == me } }
        members.sort { $0.id < $1.id }
        present.sort()
        state.withLock { [standings, notes, addresses, members, present] in
            $0.addresses = addresses
            $0.members = members
            $0.present = present
            if !profiles.isEmpty { $0.view = ClusterView(profiles: profiles, standings: standings, notes: notes) }
        }
    }

    private func tell(marks: Bool) async {
        await gossip.report(reachesLog: state.withLock { $0.reachesLog })
        let (notes, claimed) = state.withLock { state in
            let notes = state.notes
            let claimed = notes.values.filter { state.toldEpochs[$0.shard] != $0.epoch }
            for note in claimed { state.toldEpochs[note.shard] = note.epoch }
            if marks { state.notes = [:] }
            return (notes, claimed)
        }
        for note in claimed.sorted(by: { $0.shard < $1.shard }) {
            let entry = OwnerEntry(
                shard: note.shard, epoch: note.epoch, number: note.number, owner: me, incarnation: incarnation)
            await gossip.publish(entry.piece)
        }
        guard marks else { return }
        for note in notes.values.sorted(by: { $0.shard < $1.shard }) {
            let mark = HighWaterMark(
                shard: note.shard, epoch: note.epoch, number: note.number, sequence: note.position.value,
                hashLow: note.hash.low, hashHigh: note.hash.high)
            await gossip.publish(mark.piece)
        }
    }
}

extension ClusterMember {
    init(_ id: NodeID, _ state: State, _ description: NodeDescription) {
        self.init(
            id: id, state: state,
            address: description.services[.nodes] ?? "\(description.endpoint)", zone: description.zone.name,
            weight: description.weight, version: description.version,
            load: description.load == 0 ? nil : description.load)
    }
}

extension ClusterMember.State {
    init(_ state: Member.State) {
        switch state {
        case .alive: self = .alive
        case .suspect: self = .suspect
        case .dead: self = .dead
        case .left: self = .left
        }
    }
}

extension PeerAddress {
    /// Nil if it takes no calls.
    init?(_ description: NodeDescription) {
        guard let (host, port) = description.services[.nodes].flatMap(Setting.address) else { return nil }
        let redis = description.services[.redis].flatMap(Setting.address)
        self.init(host: host, port: port, redis: redis.map { Endpoint(host: $0.0, port: $0.1) })
    }
}
