import Foundation
import Testing
import TestSupport

extension RealProcess {
    /// Clients that wait for entries: BZPOPMIN, BZPOPMAX and BZMPOP.
    @Suite("Redis clients that wait")
    struct BlockingTests {
        @Test("Who is served when, and with what, is as with a redis-server", arguments: [2, 3])
        func asRedis(version: Int) throws {
            let directory = try TemporaryDirectory()
            let redis = try RedisServer(directory: directory.path)
            let laureld = try Laureld(data: directory.path + "/data", settings: RedisProtocolTests.settings)
            for (name, conversation) in BlockingConversations.all {
                let expected = Conversation(port: redis.port, key: nil, version: version)
                try conversation(expected)
                let given = Conversation(port: try laureld.redisPort(), key: laureld.key, version: version)
                try conversation(given)
                #expect(given.heard == expected.heard, "\(name)")
                #expect(!given.heard.isEmpty)
                #expect(try given.waitingCount() == 0)
            }
            try redis.stop()
            #expect(try laureld.stop() == .exited(0))
            #expect(try Laureld.verify(directory.path + "/data").status == .exited(0))
        }

        @Test("A score submitted over HTTP serves a client that waits at the leaderboard")
        func overHTTP() throws {
            let directory = try TemporaryDirectory()
            let laureld = try Laureld(data: directory.path + "/data", settings: RedisProtocolTests.settings)
            let definition = """
                {"id":"runs","columns":[{"name":"points","type":"integer","order":"desc","operator":"best"}]}
                """
            #expect(try laureld.client().post("/v1/leaderboards", definition).status == 201)
            let talk = Conversation(port: try laureld.redisPort(), key: laureld.key, version: 2)
            try talk.say("a", "BZPOPMAX runs 0")
            try talk.wait(for: 1)
            let score = #"{"leaderboard":"runs","user":"ann","score":7}"#
            #expect(try laureld.client().post("/v1/scores/update", score).status == 200)
            #expect(try talk.hear("a") == "[runs ann 7]")
            #expect(try talk.ask("ZCARD runs") == "0")
            #expect(try laureld.stop() == .exited(0))
        }

        @Test("What a client who waited was given stays taken after kill -9")
        func durability() throws {
            let directory = try TemporaryDirectory()
            let data = directory.path + "/data"
            let laureld = try Laureld(data: data, settings: RedisProtocolTests.settings)
            let talk = Conversation(port: try laureld.redisPort(), key: laureld.key, version: 2)
            try talk.say("a", "BZPOPMIN k 0")
            try talk.wait(for: 1)
            try talk.say("b", "ZADD k 1 ann 2 bob")
            #expect(try talk.hear("a") == "[k ann 1]")
            try laureld.kill()
            let again = try Laureld(data: data, settings: RedisProtocolTests.settings)
            #expect(try again.cli("zrange", "k", "0", "-1") == "bob\n")
            #expect(try again.stop() == .exited(0))
        }

        @Test(
            "A node that stops tells its waiting clients so at once, and keys in different places can't be waited for")
        func stop() throws {
            let directory = try TemporaryDirectory()
            // Who would not go at once would be given so long.
            let laureld = try Laureld(
                data: directory.path + "/data", settings: ["redis=127.0.0.1:0", "shutdown-seconds=600"])
            let talk = Conversation(port: try laureld.redisPort(), key: laureld.key, version: 2)
            #expect(try talk.ask("BZPOPMIN one two three four five six 0").contains("CROSSSLOT"))
            for client in ["a", "b", "c"] { try talk.say(client, "BZPOPMIN {\(client)} 0\r\nPING") }
            try talk.wait(for: 3)
            #expect(try laureld.stop() == .exited(0))
            for client in ["a", "b", "c"] {
                #expect(try talk.client(client).receiveAll() == "-LOADING the node is stopping\r\n")
            }
        }
    }
}
