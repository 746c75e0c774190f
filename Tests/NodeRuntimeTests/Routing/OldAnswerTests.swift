import Leaderboards
import NodeRuntime
import Placement
import Sharding
import Testing

extension OverSockets {
    @Suite("Old answers between nodes", .timeLimit(.minutes(3)))
    struct OldAnswerTests {
        private func page(_ routed: RoutedService, _ options: ReadOptions) async throws -> Positioned<Page> {
            try await routed.page(.a, BoardSelector(), .from(offset: 0, limit: 10), options)
        }

        @Test("If the owner can't be reached in time, who allowed it gets this node's answer with its age")
        func staleOnError() async throws {
            let place = RoutedPlace(shardCount: 1)
            try await place.run(2, limits: .waiting(.seconds(1))) { stations in
                let owner = try await place.owner(of: .a, among: stations)
                let other = stations.first { $0.id != owner.id }!
                _ = try await owner.member.node.create(.a, .points())
                try await owner.member.node.add("ann")
                try await place.pass(.seconds(2))
                // Fresh while it can be had.
                let options = ReadOptions(ageMaxOnError: .seconds(3600))
                let fresh = try await place.passing { try await page(other.routed, options) }
                #expect(fresh.age == nil && fresh.rows == "ann 1")
                owner.wire.cut()
                let old = try await place.passing { try await page(other.routed, options) }
                #expect(old.rows == "ann 1")
                #expect(old.age! < .seconds(3600))
                // Who did not allow it, or only a younger one, gets the error.
                other.member.log.cut()
                try await place.pass(.seconds(3))
                for options in [ReadOptions(), ReadOptions(ageMaxOnError: .seconds(1))] {
                    let found = await problem { try await place.passing { try await page(other.routed, options) } }
                    guard case .unavailable = found else {
                        Issue.record("\(String(describing: found))")
                        return
                    }
                }
            }
        }

        @Test("After READONLY a Redis client reads what its node has, up to an age; READWRITE ends that")
        func readOnly() async throws {
            let place = RoutedPlace(shardCount: 1)
            try await place.runRedis(2, limits: .waiting(.seconds(1))) { (stations, talks) async throws in
                let owner = try await place.owner(of: .a, among: stations)
                let other = talks[stations.firstIndex { $0.id != owner.id }!]
                #expect(try await place.ask(other, "ZADD set 1 ann") == ["1"])
                try await place.pass(.seconds(2))
                owner.wire.cut()
                #expect(try await place.ask(other, "READONLY") == ["OK"])
                let commands = ["ZSCORE set ann", "ZCARD set", "ZRANGE set 0 -1 WITHSCORES", "TYPE set"]
                for command in commands {
                    #expect(try await !place.ask(other, command)[0].hasPrefix("-"), "\(command)")
                }
                // What changes something is the owner's matter, and so is what is behind READWRITE.
                #expect(try await place.ask(other, "ZADD set 1 bob")[0].hasPrefix("-"))
                let mixed = try await place.ask(other, "ZCARD set", "READWRITE", "ZCARD set")
                #expect(mixed[2].hasPrefix("-"))
                #expect(try await place.ask(other, "ZSCORE set ann")[0].hasPrefix("-"))
            }
        }
    }
}
