import Leaderboards
import NodeRuntime
import Placement
import Sharding
import Testing

extension OverSockets {
    @Suite("Routing of Redis commands", .timeLimit(.minutes(3)))
    struct RedisRoutingTests {
        /// One name on each shard.
        private func names(_ count: Int) -> [String] { LeaderboardKey.spread(over: count).map(\.id) }

        @Test("A pipeline over keys of all nodes is answered in order, by whichever node a client asks")
        func pipelines() async throws {
            let place = RoutedPlace(shardCount: 6)
            let names = names(6)
            try await place.runRedis(3) { (_, talks) async throws in
                for (number, talk) in talks.enumerated() {
                    let lines = names.flatMap { name in
                        [
                            "ZADD \(name) \(number).5 ann", "PING", "ZINCRBY \(name) 1 bob",
                            "ZADD \(name) XX CH 7 nobody",
                            "ZSCORE \(name) ann", "ZRANK \(name) bob", "ZCARD \(name)",
                            "ZRANGE \(name) 0 -1 WITHSCORES", "ZREVRANGE \(name) 0 0", "ZADD \(name) what ann",
                        ]
                    }
                    let replies = try await place.passing { try await talk.ask(lines) }
                    let rank = number == 0 ? "1" : number == 1 ? "1" : "1"
                    let expected = [
                        number == 0 ? "1" : "0", "PONG", "\(number + 1)", "0", "\(number).5", rank, "2",
                        "[ann \(number).5 bob \(number + 1)]", "[bob]", "-ERR value is not a valid float",
                    ]
                    #expect(replies == names.flatMap { _ in expected })
                }
            }
        }

        @Test("Keys, counts and deletions go over all nodes")
        func allKeys() async throws {
            let place = RoutedPlace(shardCount: 4)
            let names = names(4)
            try await place.runRedis(2) { (_, talks) async throws in
                for name in names { #expect(try await place.ask(talks[0], "ZADD \(name) 1 ann") == ["1"]) }
                #expect(
                    try await place.ask(talks[1], "DBSIZE", "EXISTS \(names.joined(separator: " "))") == ["4", "4"])
                #expect(try await place.ask(talks[1], "KEYS *")[0].split(separator: " ").count == 4)
                #expect(try await place.ask(talks[1], "DEL \(names[0]) \(names[1]) none") == ["2"])
                #expect(try await place.ask(talks[0], "DBSIZE", "FLUSHDB", "DBSIZE") == ["2", "OK", "0"])
            }
        }

        @Test("A transaction runs where its keys are, unless what it watches has changed")
        func transactions() async throws {
            let place = RoutedPlace(shardCount: 2)
            try await place.runRedis(2) { (_, talks) async throws in
                for name in names(2) {
                    for talk in talks {
                        let begun = try await place.ask(
                            talk, "DEL \(name)", "WATCH \(name)", "MULTI", "ZADD \(name) 1 ann", "ZCARD \(name)",
                            "ZSCORE \(name) ann", "EXEC")
                        #expect(begun.dropFirst() == ["OK", "OK", "QUEUED", "QUEUED", "QUEUED", "[1 1 1]"])
                        #expect(
                            try await place.ask(talk, "WATCH \(name)", "MULTI", "ZADD \(name) 2 ann") == [
                                "OK", "OK", "QUEUED",
                            ])
                        for other in talks where other !== talk { _ = try await place.ask(other, "ZADD \(name) 3 ann") }
                        #expect(try await place.ask(talk, "EXEC", "ZSCORE \(name) ann") == ["nil", "3"])
                    }
                }
            }
        }

        @Test("A client that waits for entries of another node's key gets them")
        func blockingPops() async throws {
            let place = RoutedPlace(shardCount: 2)
            try await place.runRedis(2) { (_, talks) async throws in
                for name in names(2) {
                    for (waiting, other) in [(talks[0], talks[1]), (talks[1], talks[0])] {
                        try await place.passing { () async throws in
                            async let popped = waiting.ask("BZPOPMIN \(name) 0")
                            #expect(try await other.ask("ZADD \(name) 5 ann", "PING") == ["1", "PONG"])
                            #expect(try await popped == ["[\(name) ann 5]"])
                        }
                    }
                }
            }
        }

        @Test("The owner dies in the midst of a pipeline of reads, and the replies come all the same")
        func failOver() async throws {
            let place = RoutedPlace(shardCount: 1)
            try await place.runRedis(3) { (stations, talks) async throws in
                let owner = try await place.owner(of: .a, among: stations)
                #expect(try await place.ask(talks[0], "ZADD a 1 ann") == ["1"])
                owner.member.log.cut()
                owner.wire.cut()
                place.cluster.rumours.set(owner.member.id, .gone)
                for (station, talk) in zip(stations, talks) where station.id != owner.id {
                    let replies = try await place.passing { () async throws in
                        try await talk.ask(Array(repeating: "ZSCORE a ann", count: 20) + ["PING"])
                    }
                    #expect(replies == Array(repeating: "1", count: 20) + ["PONG"])
                }
            }
        }

        @Test("The owner changes in the midst of a client's commands, and each is done once")
        func movedOnce() async throws {
            let place = RoutedPlace(shardCount: 1)
            try await place.runRedis(2) { (stations, talks) async throws in
                let first = try await place.owner(of: .a, among: stations)
                let second = stations.first { $0.id != first.id }!
                for number in 1...20 {
                    if number == 7 {
                        first.member.log.cut()
                        place.cluster.rumours.set(first.member.id, .gone)
                        try await place.pass(.milliseconds(3000))
                        _ = try await place.owner(of: .a, among: [second])
                        first.member.log.mend()
                        place.cluster.rumours.set(first.member.id, .alive)
                    }
                    let replies = try await place.ask(talks[number % 2], "ZINCRBY a 1 ann", "PING", "ZINCRBY a 1 ann")
                    #expect(replies == ["\(2 * number - 1)", "PONG", "\(2 * number)"])
                }
            }
        }

        @Test("A client that waits when the owner changes goes on waiting for the new one")
        func waitingMoves() async throws {
            let place = RoutedPlace(shardCount: 1)
            try await place.runRedis(2) { (stations, talks) async throws in
                let first = try await place.owner(of: .a, among: stations)
                let place0 = stations.firstIndex { $0.id == first.id }!
                let (waiting, other, second) = (talks[place0], talks[1 - place0], stations[1 - place0])
                let popped = try await place.passing { () async throws in
                    async let popped = waiting.ask("BZPOPMIN a 0")
                    await until { await first.member.node.waitingCount() == 1 }
                    first.member.log.cut()
                    place.cluster.rumours.set(first.member.id, .gone)
                    _ = try await place.owner(of: .a, among: [second])
                    first.member.log.mend()
                    _ = try await other.ask("ZADD a 5 ann")
                    return try await popped
                }
                #expect(popped == ["[a ann 5]"])
            }
        }

        @Test("Hundreds of commands and megabytes of replies from another node come whole, in order and in rounds")
        func rounds() async throws {
            let place = RoutedPlace(shardCount: 1)
            try await place.runRedis(2) { (stations, talks) async throws in
                let owner = try await place.owner(of: .a, among: stations)
                let other = zip(stations, talks).first { $0.0.id != owner.id }!.1
                let padding = String(repeating: "x", count: 200)
                let adding = (0..<600).map { "ZADD a \($0) member-\($0)-\(padding)" }
                #expect(try await place.passing { try await other.ask(adding) } == adding.map { _ in "1" })
                let reading = (0..<12).flatMap { ["ZRANGE a 0 -1", "ZSCORE a member-\($0)-\(padding)", "PING"] }
                let replies = try await place.passing { try await other.ask(reading) }
                for number in 0..<12 {
                    #expect(replies[3 * number].split(separator: " ").count == 600)
                    #expect(replies[3 * number + 1...3 * number + 2] == ["\(number)", "PONG"])
                }
            }
        }

        @Test("Who can't reach the owner is told so, and what may have been done is not done again")
        func unreachable() async throws {
            let place = RoutedPlace(shardCount: 1)
            try await place.runRedis(2, limits: .waiting(.milliseconds(500))) { (stations, talks) async throws in
                let owner = try await place.owner(of: .a, among: stations)
                let other = zip(stations, talks).first { $0.0.id != owner.id }!.1
                #expect(try await place.ask(other, "ZINCRBY a 1 ann") == ["1"])
                owner.wire.cut()
                let replies = try await place.ask(other, "ZINCRBY a 1 ann", "PING", "ZCARD a")
                #expect(replies[0].hasPrefix("-LOADING") || replies[0].hasPrefix("-ERR the log failed"))
                #expect(replies[1] == "PONG")
                #expect(replies[2].hasPrefix("-"))
                owner.wire.mend()
                let score = Double(try await place.ask(other, "ZSCORE a ann")[0])
                // Once more, or not: whoever was told that nothing was changed can rely on it.
                #expect(score == 1 || (score == 2 && replies[0].hasPrefix("-ERR")))
            }
        }

        @Test("Keys that lie on several nodes can be deleted together, and are not combined")
        func severalNodes() async throws {
            let place = RoutedPlace(shardCount: 6)
            let names = names(6)
            try await place.runRedis(3) { (_, talks) async throws in
                for name in names { _ = try await place.ask(talks[0], "ZADD \(name) 1 ann") }
                let replies = try await place.ask(
                    talks[0], "ZUNION 6 \(names.joined(separator: " "))", "MULTI", "ZCARD \(names[0])",
                    "ZCARD \(names[1])",
                    "EXEC")
                #expect(replies[0].hasPrefix("-CROSSSLOT"))
                #expect(replies[4].hasPrefix("-CROSSSLOT"))
            }
        }

        @Test("Clients that know clusters are told of all nodes, and every slot has one")
        func clusterMap() async throws {
            let place = RoutedPlace(shardCount: 2)
            try await place.runRedis(3) { (_, talks) async throws in
                let slots = try await place.ask(
                    talks[1], "CLUSTER KEYSLOT foo", "CLUSTER KEYSLOT {user1000}.following", "READONLY", "CLUSTER MYID")
                #expect(slots == ["12182", "3443", "OK", String(repeating: "0", count: 39) + "2"])
                let map = try await place.ask(talks[0], "CLUSTER SLOTS")[0]
                for range in ["[0 5460 [127.0.0.1", "[5461 10921 [127.0.0.1", "[10922 16383 [127.0.0.1"] {
                    #expect(map.contains(range), "\(map)")
                }
                #expect(
                    try await place.ask(talks[2], "CLUSTER NODES")[0].contains(
                        " myself,master - 0 0 3 connected 10922-16383"))
                #expect(try await place.ask(talks[2], "CLUSTER INFO")[0].contains("cluster_known_nodes:3"))
            }
        }
    }
}
