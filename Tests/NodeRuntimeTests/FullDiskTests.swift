import CommitLogs
import Leaderboards
import NodeRuntime
import ServiceLifecycle
import Sharding
import Testing

/// The log has no space: nothing that was refused is kept, reads go on, and writes work again without a restart.
@Suite("A full log")
struct FullDiskTests {
    @Test("commands on their way are refused, and memory goes back to what is durable")
    func refused() async throws {
        let place = NodePlace()
        try await place.run { node async throws in
            _ = try await node.create(.a, .points())
            try await node.add("ann")
            place.log.step()
            async let first = problem { try await node.add("bob") }
            await place.log.arrival()
            // This one joins the record behind it, which falls with it.
            async let second = problem { try await node.add("cid") }
            try await until { try await node.table(relaxed: true) == "ann 1, bob 1, cid 1" }
            place.log.decide(.noSpace)
            #expect(await first == .noSpace)
            #expect(await second == .noSpace)
            place.log.run()
            #expect(try await node.table() == "ann 1")
            #expect(await problem { try await node.add("dan") } == .noSpace)
            place.clock.advance(by: .seconds(1))
            try await node.add("dan")
            #expect(try await node.table() == "ann 1, dan 1")
        }
        // The shard is still this process's own: it is not claimed a second time.
        #expect(try await place.entries().map(\.record.kind) == [.claim, .data, .data, .data])
        #expect(await place.verify() == [])
        try await place.run { node async throws in #expect(try await node.table() == "ann 1, dan 1") }
    }

    @Test("a read that saw what was lost looks again")
    func reads() async throws {
        let place = NodePlace()
        try await place.run { node async throws in
            _ = try await node.create(.a, .points())
            try await node.add("ann")
            place.log.step()
            async let write = problem { try await node.add("bob") }
            await place.log.arrival()
            async let table = node.table()
            #expect(try await node.table(relaxed: true) == "ann 1, bob 1")
            place.log.decide(.noSpace)
            #expect(try await table == "ann 1")
            #expect(await write == .noSpace)
        }
    }

    @Test("no command is evaluated while memory is read anew, however long that takes")
    func duringReload() async throws {
        let place = NodePlace()
        try await place.run { node async throws in
            _ = try await node.create(.a, .points())
            try await node.add("ann")
            place.log.step()
            place.log.holdReads()
            async let write = problem { try await node.add("bob") }
            await place.log.arrival()
            place.log.decide(.noSpace)
            place.log.run()
            #expect(await write == .noSpace)
            await place.log.heldRead()
            place.clock.advance(by: .seconds(100))
            #expect(await problem { try await node.add("cid") } == .noSpace)
            let isAnswered = Flag()
            async let table = {
                let table = try await node.table()
                isAnswered.raise()
                return table
            }()
            #expect(await problem { try await node.add("dan") } == .noSpace)
            #expect(!isAnswered.isRaised)
            place.log.releaseReads()
            #expect(try await table == "ann 1")
            try await node.add("eve")
            #expect(try await node.table() == "ann 1, eve 1")
        }
        #expect(await place.verify() == [])
    }

    @Test("a checkpoint in the making gives up when memory is read anew")
    func duringCheckpoint() async throws {
        let place = NodePlace()
        place.configuration.checkpointBytes = 1
        try await place.run { node async throws in
            _ = try await node.create(.a, .points())
            for number in 0..<20 { try await node.add("user-\(number)") }
            place.store.hold()
            place.clock.advance(by: .seconds(1))
            await place.store.heldCommit()
            place.log.step()
            async let write = problem { try await node.add("bob") }
            await place.log.arrival()
            place.log.decide(.noSpace)
            #expect(await write == .noSpace)
            place.log.run()
            async let table = node.table()
            place.store.release()
            #expect(try await table.split(separator: ",").count == 20)
            await place.clock.waitForSleepers(2)
            await place.pass()
            try await node.add("cid")
            await place.pass()
        }
        #expect(await place.verify() == [])
    }

    @Test("a node stops in good order even if its last record finds no space")
    func stop() async throws {
        let place = NodePlace()
        let end = try await place.run { node, group async throws in
            _ = try await node.create(.a, .points())
            place.log.step()
            async let write = problem { try await node.add("ann") }
            await place.log.arrival()
            await group.triggerGracefulShutdown()
            await until { await node.readiness() == .stopping }
            place.log.decide(.noSpace)
            #expect(await write == .noSpace)
        }
        #expect(end.error == nil)
        try await place.run { node async throws in #expect(try await node.table() == "") }
    }

    @Test("seasons close after the disk was full, though nobody writes")
    func seasons() async throws {
        let daily = WindowDefinition(name: "daily", schedule: .every(.daily))
        let place = NodePlace()
        try await place.run { node async throws in
            _ = try await node.create(.a, .points([daily]))
            let season = CivilTime(place.clock.now()).date.description
            try await node.add("ann")
            place.log.step()
            async let write = problem { try await node.add("bob") }
            await place.log.arrival()
            place.log.decide(.noSpace)
            place.log.run()
            #expect(await write == .noSpace)
            #expect(try await node.table() == "ann 1")
            await place.pass(.seconds(86_400))
            var late = SubmissionBatch(["cid"])
            late.submissions[0].at = place.clock.now().advanced(by: .seconds(-86_400))
            let answer = try await node.submit(late, project: "p", upload: nil)[0].outcome.get()
            #expect(answer.status == .refused(.seasonClosed(window: "daily", season: season)))
        }
    }

    @Test("a claim that finds no space is made again")
    func claim() async throws {
        let place = NodePlace()
        try await place.run { node async throws in
            place.log.step()
            async let creation = problem { try await node.create(.a, .points()) }
            await place.log.arrival()
            place.log.decide(.noSpace)
            place.log.run()
            #expect(await creation == .noSpace)
            #expect(try await node.list(project: "p", after: nil, limit: 1).isEmpty)
            place.clock.advance(by: .seconds(1))
            _ = try await node.create(.a, .points())
        }
        #expect(try await place.entries().map(\.record.kind) == [.claim, .data])
        #expect(await place.verify() == [])
    }
}
