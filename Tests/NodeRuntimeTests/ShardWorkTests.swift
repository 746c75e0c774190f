import CheckpointStores
import CommitLogs
import Leaderboards
import ServiceLifecycle
import Sharding
import Testing

@testable import NodeRuntime

/// Work that is carried out without a task ends exactly once, whatever comes between.
@Suite("Work at a shard")
struct ShardWorkTests {
    @Test("a change ends when its record is durable, and so does what saw it")
    func success() async throws {
        let place = NodePlace()
        try await place.run { node async throws in
            place.log.step()
            let change = node.start(.enter("ann"))
            await place.log.arrival()
            let look = node.start(.count)
            let other = node.start(.count, .b)
            try await node.catchUp()
            #expect(change.runCount == 1 && look.runCount == 1 && look.count == 1)
            #expect(change.endCount == 0 && look.endCount == 0 && other.endCount == 0)
            place.log.run()
            #expect(await change.end() == nil)
            #expect(await look.end() == nil)
            #expect(await other.end() == nil)
            #expect(await node.start(.enter("ann")).end() == nil, "what changes nothing has nothing to wait for")
            for work in [change, look, other] { #expect(work.runCount == 1 && work.endCount == 1) }
        }
        #expect(await place.verify() == [])
    }

    @Test("work from any thread is carried out in the order in which it was handed over")
    func order() async throws {
        let place = NodePlace()
        try await place.run { node async throws in
            let works = (0..<200).map { node.start(.enter("ann", score: Double($0))) }
            for work in works { #expect(await work.end() == nil) }
            let page = try await node.page(
                .a, BoardSelector(), .from(offset: 0, limit: 1), ReadOptions(metadata: false, relaxed: false))
            #expect(page.value.entries.map { $0.score.value(0) } == [.decimal(199)])
            for work in works { #expect(work.runCount == 1 && work.endCount == 1) }
        }
    }

    @Test("a change that finds the queue full is refused and not carried out")
    func overload() async throws {
        let place = NodePlace()
        place.configuration.waitersMax = 2
        try await place.run { node async throws in
            place.log.step()
            let waiting = [node.start(.enter("ann")), node.start(.enter("bob"))]
            await place.log.arrival()
            let refused = node.start(.enter("cid"))
            #expect(await refused.end() == .overloaded(retryAfter: 1))
            #expect(refused.runCount == 0 && refused.endCount == 1)
            place.log.run()
            for work in waiting { #expect(await work.end() == nil) }
            #expect(await node.start(.enter("cid")).end() == nil)
        }
    }

    @Test("too many bytes on their way refuse a change as well, and let reads through")
    func bytes() async throws {
        let place = NodePlace()
        place.configuration.pendingBytesMax = 1000
        try await place.run { node async throws in
            place.log.step()
            let first = node.start(.enter("ann"))
            await place.log.arrival()
            let second = node.start(.enterMany(100))
            let refused = node.start(.enter("bob"))
            let look = node.start(.count)
            #expect(await refused.end() == .overloaded(retryAfter: 1))
            #expect(refused.runCount == 0)
            place.log.run()
            #expect(await first.end() == nil)
            #expect(await second.end() == nil)
            #expect(await look.end() == nil)
            #expect(look.count == 101)
        }
    }

    @Test("on a full disk what was done is taken back and said to be, and reads wait for what is true")
    func fullDisk() async throws {
        let place = NodePlace()
        try await place.run { node async throws in
            #expect(await node.start(.enter("ann")).end() == nil)
            place.log.step()
            place.log.holdReads()
            let lost = [node.start(.enter("bob")), node.start(.count)]
            await place.log.arrival()
            let behind = node.start(.enter("cid"))
            try await node.catchUp()
            place.log.decide(.noSpace)
            place.log.run()
            await place.log.heldRead()
            for work in lost + [behind] { #expect(await work.end() == .noSpace) }
            let meanwhile = node.start(.enter("dan"))
            let look = node.start(.count)
            #expect(await meanwhile.end() == .noSpace)
            #expect(meanwhile.runCount == 0 && look.runCount == 0)
            place.log.releaseReads()
            #expect(await look.end() == nil)
            #expect(look.count == 1 && look.runCount == 1)
            #expect(await node.start(.enter("eve")).end() == .noSpace, "for a second")
            place.clock.advance(by: .seconds(1))
            #expect(await node.start(.enter("eve")).end() == nil)
            for work in lost + [behind, meanwhile, look] { #expect(work.endCount == 1) }
        }
        #expect(await place.verify() == [])
    }

    @Test("a set that is on disk only is read first, once for all who want it")
    func loading() async throws {
        let place = NodePlace()
        try await place.run { node async throws in
            #expect(await node.start(.enterMany(50)).end() == nil)
            #expect(await node.start(.enter("ann"), .b).end() == nil)
        }
        try await place.run { node async throws in
            let works = (0..<20).map { $0 % 2 == 0 ? node.start(.count) : node.start(.enter("new-\($0)")) }
            let other = node.start(.count, .b)
            for work in works { #expect(await work.end() == nil) }
            #expect(await other.end() == nil)
            #expect(other.count == 1)
            for work in works + [other] { #expect(work.runCount == 1 && work.endCount == 1) }
            let look = node.start(.count)
            #expect(await look.end() == nil)
            #expect(look.count == 60)
        }
    }

    @Test("if what is on disk is damaged, work waits until the log has led there again")
    func damage() async throws {
        let place = NodePlace()
        try await place.run { node async throws in
            #expect(await node.start(.enterMany(50)).end() == nil)
        }
        let store = InMemoryCheckpointStore(disk: place.disk)
        for serial in try store.serials(of: .entryChunk, shard: ShardID(0)) {
            place.disk.damage(CheckpointKey(kind: .entryChunk, shard: ShardID(0), serial: serial))
        }
        try await place.run { node async throws in
            let looks = (0..<5).map { _ in node.start(.count) }
            for look in looks {
                #expect(await look.end() == nil)
                #expect(look.count == 50 && look.runCount == 1 && look.endCount == 1)
            }
            #expect(await node.start(.enter("ann")).end() == nil)
        }
    }

    @Test("before the start and after the stop work is refused at once")
    func outside() async throws {
        let place = NodePlace()
        let idle = place.open()
        let early = idle.start(.count)
        #expect(await early.end() == .unavailable("the node is starting", retryAfter: 1))
        var late: Node?
        try await place.run { node async throws in
            late = node
            #expect(await node.start(.enter("ann")).end() == nil)
        }
        let node = try #require(late)
        for kind in [TestWork.Kind.count, .enter("bob")] {
            let work = node.start(kind)
            #expect(await work.end() == .unavailable("the node is stopping", retryAfter: 2))
            #expect(work.runCount == 0 && work.endCount == 1)
        }
    }

    @Test("what is on its way when the node stops ends before the node does")
    func stop() async throws {
        let place = NodePlace()
        var works: [TestWork] = []
        try await place.run { node, group async throws in
            place.log.step()
            works = [node.start(.enter("ann"))]
            await place.log.arrival()
            works += [node.start(.enter("bob")), node.start(.count)]
            try await node.catchUp()
            await group.triggerGracefulShutdown()
            await until { await node.readiness() == .stopping }
            works.append(node.start(.enter("cid")))
            place.log.run()
        }
        #expect(works.map(\.endCount) == [1, 1, 1, 1])
        #expect(await works[1].end() == nil)
        #expect(works[2].count == 2)
        #expect(await works[3].end() != nil)
        try await place.run { node async throws in
            let look = node.start(.count)
            #expect(await look.end() == nil)
            #expect(look.count == 2)
        }
    }

    @Test("a log that fails ends everything with what is known, and the node with it")
    func failure() async throws {
        let place = NodePlace()
        var works: [TestWork] = []
        try await place.run { node async throws in
            place.log.step()
            works = [node.start(.enter("ann"))]
            await place.log.arrival()
            works += [node.start(.enter("bob")), node.start(.count)]
            try await node.catchUp()
            place.log.decide(.failed("the disk is gone"))
            for work in works { #expect(await work.end() == .outcomeUnknown("the disk is gone")) }
            works.append(node.start(.count))
            #expect(await works[3].end() != nil)
        }
        #expect(works.map(\.endCount) == [1, 1, 1, 1])
    }
}
