import CommitLogs
import Leaderboards
import Sharding
import Testing

@testable import NodeRuntime

/// Relaxed durability: answers do not wait for the log, which follows all the same.
@Suite("Relaxed durability")
struct RelaxedDurabilityTests {
    private func place(delay: Duration = .milliseconds(1)) -> NodePlace {
        let place = NodePlace()
        place.configuration.durability = .relaxed
        place.configuration.relaxedDelay = delay
        return place
    }

    @Test("an answer is given before the log acknowledges anything")
    func answers() async throws {
        let place = place()
        try await place.run { node async throws in
            place.log.step()
            for number in 0..<10 { #expect(await node.start(.enter("m\(number)")).end() == nil) }
            _ = try await node.create(.b, .points())
            try await node.add("ann", to: .b)
            #expect(try await node.table(.b) == "ann 1")
            await place.log.arrival()
            let look = node.start(.count)
            #expect(await look.end() == nil)
            #expect(look.count == 10)
        }
        #expect(await place.verify() == [])
    }

    @Test("records follow by themselves, many commands in each")
    func following() async throws {
        let place = place(delay: .seconds(3600))
        try await place.run { node async throws in
            place.log.step()
            // The first wakes nobody for an hour, and so does none of the small ones behind it.
            for number in 0..<500 { #expect(await node.start(.enter("m\(number)")).end() == nil) }
        }
        #expect(
            try await place.entries().map(\.record.kind) == [.claim, .data], "one record for 500 commands, at the stop")
        try await place.run { node async throws in
            let look = node.start(.count)
            #expect(await look.end() == nil)
            #expect(look.count == 500)
        }
    }

    @Test("a record that has gathered much does not wait for its time to come")
    func muchGathered() async throws {
        let place = place(delay: .seconds(3600))
        place.configuration.relaxedBytesMax = 1000
        try await place.run { node async throws in
            place.log.step()
            #expect(await node.start(.enterMany(20)).end() == nil)
            await place.log.arrival()
        }
    }

    @Test("once too much waits for the log answers wait as well, and no more when it has caught up")
    func limit() async throws {
        let place = place()
        place.configuration.relaxedBytesMax = 1000
        try await place.run { node async throws in
            place.log.step()
            #expect(await node.start(.enter("first")).end() == nil)
            await place.log.arrival()
            // This fills the record behind the one on its way.
            let many = node.start(.enterMany(100))
            let behind = [node.start(.enter("late")), node.start(.count)]
            try await node.catchUp()
            #expect(many.runCount == 1 && many.endCount == 0)
            #expect(behind.map(\.runCount) == [1, 1] && behind.map(\.endCount) == [0, 0])
            // The claim, the first record and the one that was waited for.
            place.log.run()
            #expect(await many.end() == nil)
            for work in behind { #expect(await work.end() == nil) }
            place.log.step()
            #expect(await node.start(.enter("last")).end() == nil)
        }
        #expect(await place.verify() == [])
    }

    @Test("everything that was answered is in the log after a stop", arguments: [1, 50])
    func stop(milliseconds: Int) async throws {
        let place = place(delay: .milliseconds(milliseconds))
        place.configuration.relaxedBytesMax = 2000
        try await place.run { node async throws in
            for number in 0..<300 { #expect(await node.start(.enter("m\(number)")).end() == nil) }
        }
        #expect(await place.verify() == [])
        try await place.run { node async throws in
            let look = node.start(.count)
            #expect(await look.end() == nil)
            #expect(look.count == 300)
        }
    }

    @Test("a full disk is told to those who come after, and what was answered but not written is gone")
    func fullDisk() async throws {
        let place = place()
        try await place.run { node async throws in
            #expect(await node.start(.enter("ann")).end() == nil)
            try await until { try await place.recordCount() > 1 }
            place.log.step()
            #expect(await node.start(.enter("bob")).end() == nil)
            await place.log.arrival()
            place.log.decide(.noSpace)
            place.log.run()
            await until { await node.start(.enter("cid")).end() == .noSpace }
            let look = node.start(.count)
            #expect(await look.end() == nil)
            #expect(look.count == 1, "ann")
            place.clock.advance(by: .seconds(1))
            #expect(await node.start(.enter("dan")).end() == nil)
        }
        #expect(await place.verify() == [])
    }
}
