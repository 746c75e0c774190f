import Gossip
import Leaderboards
import Logging
import NIOCore
import NIOPosix
import Placement
import Testing

@testable import UDPGossip

/// Real sockets on this machine. Whatever is waited for, is waited for as an event.
@Suite("Gossip over UDP", .timeLimit(.minutes(2)))
struct GossipServiceTests {
    @Test(
        "Three nodes find each other by a seed; one that is killed is found dead by the others, and one that stops has left"
    )
    func lives() async throws {
        let first = try await RunningNode(1)
        let second = try await RunningNode(2, seeds: [first.endpoint])
        let third = try await RunningNode(3, seeds: [first.endpoint])
        for node in [first, second, third] { await node.reaches { $0.count { $0.state == .alive } == 2 } }
        await third.service.vanish()
        for node in [first, second] { await node.reaches { $0.contains { $0.id == NodeID(3) && $0.state == .dead } } }
        await second.stop()
        await first.reaches { $0.contains { $0.id == NodeID(2) && $0.state == .left } }
        await first.stop()
        await third.stop()
    }

    @Test("What one node publishes another learns, and what it says of itself")
    func pieces() async throws {
        let first = try await RunningNode(1)
        let second = try await RunningNode(2, seeds: [first.endpoint])
        await first.reaches { $0.count == 1 }
        let owner = OwnerEntry(shard: ShardID(9), epoch: 1, number: 2, owner: NodeID(1), incarnation: 3).piece
        await first.service.publish(owner)
        await second.learns(owner)
        await first.service.report(load: 700)
        await second.reaches { $0.first?.description.load == 700 }
        let profiles = await second.service.profiles
        #expect(profiles.map(\.id) == [NodeID(2), NodeID(1)])
        await first.stop()
        await second.stop()
    }

    @Test("A node with another key, or of another cluster, is not heard, and hears nothing")
    func strangers() async throws {
        let first = try await RunningNode(1)
        let stranger = try await RunningNode(2, seeds: [first.endpoint], keys: GossipKeyRing([.made(7)], sendingBy: 7)!)
        let foreigner = try await RunningNode(3, seeds: [first.endpoint], cluster: "other")
        let friend = try await RunningNode(4, seeds: [first.endpoint])
        await first.reaches { !$0.isEmpty }
        // Both have knocked when they started, and do so every second.
        await first.counts { $0.unknownKey > 0 && $0.notAuthentic > 0 }
        let members = await first.service.members
        #expect(members.map(\.id) == [NodeID(4)])
        for node in [stranger, foreigner] {
            let members = await node.service.members
            #expect(members == [])
        }
        for node in [first, stranger, foreigner, friend] { await node.stop() }
    }

    @Test("Keys are changed while nodes run, and nobody loses anybody")
    func rotation() async throws {
        let old = GossipKeyRing([.made(1)], sendingBy: 1)!
        let first = try await RunningNode(1, keys: old)
        let second = try await RunningNode(2, seeds: [first.endpoint], keys: old)
        await first.reaches { $0.count == 1 }
        await second.reaches { $0.count == 1 }
        for ring in [
            GossipKeyRing([.made(1), .made(2)], sendingBy: 1)!, GossipKeyRing([.made(1), .made(2)], sendingBy: 2)!,
            GossipKeyRing([.made(2)], sendingBy: 2)!,
        ] {
            for node in [first, second] { await node.service.use(keys: ring) }
        }
        let owner = OwnerEntry(shard: ShardID(1), epoch: 1, number: 1, owner: NodeID(1), incarnation: 1).piece
        await first.service.publish(owner)
        await second.learns(owner)
        // On a busy machine it may be suspected for a moment.
        await first.reaches { $0.map(\.state) == [.alive] }
        await first.stop()
        await second.stop()
    }

    @Test("Datagrams that are none are counted and do no harm")
    func rubbish() async throws {
        let first = try await RunningNode(1)
        let channel = try await DatagramBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .bind(host: "127.0.0.1", port: 0).get()
        for bytes in [[], [1], [UInt8](repeating: 1, count: 60), [UInt8](repeating: 0, count: 1500)] as [[UInt8]] {
            try await channel.writeAndFlush(
                AddressedEnvelope(remoteAddress: first.endpoint.socketAddress, data: ByteBuffer(bytes: bytes)))
        }
        await first.counts { $0.datagramsReceived >= 4 && $0.malformed == 3 && $0.unknownKey == 1 }
        let second = try await RunningNode(2, seeds: [first.endpoint])
        await first.reaches { $0.count == 1 }
        try await channel.close()
        await first.stop()
        await second.stop()
    }

    @Test("A socket that is lost is opened again at the same port, and the node is still who it was")
    func lostSocket() async throws {
        let first = try await RunningNode(1)
        let second = try await RunningNode(2, seeds: [first.endpoint])
        await second.reaches { $0.count == 1 }
        await first.service.loseSocket()
        await first.counts { $0.reopened == 1 }
        let owner = OwnerEntry(shard: ShardID(1), epoch: 1, number: 1, owner: NodeID(2), incarnation: 1).piece
        await second.service.publish(owner)
        await first.learns(owner)
        await first.stop()
        await second.stop()
    }

    @Test("Of events that nobody fetches the newest are kept, and the others counted")
    func unreadEvents() async throws {
        let node = try await RunningNode(1)
        let address = try SocketAddress(ipAddress: "127.0.0.1", port: 9)
        let count = GossipService.eventsMax + 100
        for start in stride(from: 0, to: count, by: 12) {
            let updates = (start..<min(start + 12, count)).map { shard in
                Update.piece(
                    OwnerEntry(
                        shard: ShardID(UInt16(shard)), epoch: 1, number: 1, owner: NodeID(2), incarnation: 1
                    ).piece)
            }
            let packet = Packet(from: NodeID(2), .gossip, updates: updates).encoded()
            let datagram = SealedDatagram.seal(packet, with: .made(1), cluster: Array("games".utf8))
            await node.service.receive(datagram, from: address)
        }
        let counters = await node.service.currentCounters
        #expect(counters.eventsDropped == 100)
        let pieces = await node.service.pieces
        #expect(pieces.count == count)
        await node.stop()
        var first: GossipEvent?
        for await event in node.service.events where first == nil { first = event }
        #expect(first == .learned(pieces[100]))
    }

    @Test("A port that is taken is said at once")
    func portInUse() async throws {
        let first = try await RunningNode(1)
        await #expect(throws: (any Error).self) { _ = try await RunningNode(2, port: Int(first.endpoint.port)) }
        await first.stop()
    }
}

/// A service that runs, and what it has told so far.
private final class RunningNode: Sendable {
    let service: GossipService
    let endpoint: Endpoint
    private let running: Task<Void, any Error>

    init(
        _ id: UInt64, seeds: [Endpoint] = [], cluster: String = "games", port: Int = 0,
        keys: GossipKeyRing = GossipKeyRing([.made(1)], sendingBy: 1)!
    ) async throws {
        var settings = GossipSettings()
        // Short, so that waiting is. Nothing depends on them.
        settings.probeInterval = .milliseconds(100)
        settings.suspicionMin = .milliseconds(300)
        settings.suspicionMax = .milliseconds(600)
        settings.gossipInterval = .milliseconds(20)
        settings.descriptionInterval = .milliseconds(100)
        settings.reunionInterval = .milliseconds(200)
        settings.reunionIntervalAlone = .milliseconds(200)
        var configuration = UDPGossipConfiguration(
            id: NodeID(id), cluster: cluster, host: "127.0.0.1", port: port,
            description: try NodeDescription(endpoint: Endpoint(ipv4: 0x7F00_0001, port: 0)), seeds: seeds, keys: keys)
        configuration.settings = settings
        let (addresses, continuation) = AsyncStream<SocketAddress>.makeStream()
        let service = GossipService(
            configuration, on: MultiThreadedEventLoopGroup.singleton.next(), logger: Logger(label: "gossip"),
            onRunning: { continuation.yield($0) })
        let running = Task {
            defer { continuation.finish() }
            try await service.run()
        }
        guard let address = await addresses.first(where: { _ in true }) else {
            try await running.value
            throw CancellationError()
        }
        self.service = service
        self.running = running
        endpoint = Endpoint(address)!
    }

    /// Waits until the members are so.
    func reaches(_ holds: ([Member]) -> Bool) async {
        if holds(await service.members) { return }
        for await event in service.events {
            guard case .changed = event else { continue }
            if holds(await service.members) { return }
        }
        Issue.record("the service ended")
    }

    func learns(_ piece: Piece) async {
        if await service.pieces.contains(piece) { return }
        for await event in service.events where event == .learned(piece) { return }
        Issue.record("the service ended")
    }

    /// Counters tell nobody, so they are looked at again and again, with other work in between.
    func counts(_ hold: (UDPGossipCounters) -> Bool) async {
        while !hold(await service.currentCounters) { await Task.yield() }
    }

    func stop() async {
        running.cancel()
        _ = await running.result
    }
}
