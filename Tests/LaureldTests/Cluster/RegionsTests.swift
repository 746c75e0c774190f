import Foundation
import JetStreamSupport
import NATSClient
import TestSupport
import Testing

extension RealClusters {
    /// Two real regions, each with NATS servers and a node of its own.
    @Suite("Two regions", .timeLimit(.minutes(15)))
    struct RegionsTests {
        @Test(
            "A region that comes late answers from its mirror of another one, with an age, also after it missed some, and when that one is gone"
        )
        func mirrors() throws {
            let pair = try LaureldRegions(mirrored: true, startingUS: false)
            defer { pair.stop() }
            let board = #"{"id":"eu-cup","columns":[{"name":"points","type":"integer","operator":"sum"}]}"#
            let there = pair.eu.nodes[0].client
            _ = try eventually("it is made") { try there.post("/v1/leaderboards", board).status == 201 ? true : nil }
            #expect(
                try there.post("/v1/scores/update", #"{"leaderboard":"eu-cup","user":"ann","score":2}"#).status == 200)
            // The mirror is made when the log does not have that any more.
            try pair.cutLogOfEU()
            try pair.us.add(0)
            let here = pair.us.nodes[0].client
            // Only the mirror says that an answer is old.
            let old = try eventually("the mirror has it") { () -> Int? in
                let found = try here.get("/v1/leaderboards/eu-cup/rank/ann?max_age_ms=60000")
                guard found.status == 200, found.text.contains(#""score":2"#) else { return nil }
                let age: Age = try found.decoded()
                return age.age_ms > 0 ? age.age_ms : nil
            }
            #expect(old <= 60_000)
            // What is to be fresh is asked there, and what comes there arrives here.
            #expect(
                try here.post("/v1/scores/update", #"{"leaderboard":"eu-cup","user":"ann","score":3}"#).status == 200)
            #expect(try here.get("/v1/leaderboards/eu-cup/rank/ann").text.contains(#""score":5"#))
            _ = try eventually("it is mirrored") {
                try here.get("/v1/leaderboards/eu-cup/rank/ann?max_age_ms=60000").text.contains(#""score":5"#)
                    ? true : nil
            }
            try administer(pair)
            try miss(pair)
            let talk = try beginToReadOld(pair)
            pair.eu.nodes[0].kill()
            for server in pair.eu.log.servers { server.kill() }
            // So do Redis clients that said so.
            try talk.send("ZSCORE eu-set bob\r\n")
            #expect(try talk.receive(until: "5\r\n") == "$1\r\n5\r\n")
            #expect(try talk.ask("READWRITE") == "+OK")
            try talk.send("ZSCORE eu-set bob\r\n")
            let found = try here.get("/v1/leaderboards/eu-cup/rank/ann?stale_if_error_ms=3600000")
            #expect(found.status == 200 && found.text.contains(#""score":5"#), "\(found.text)")
            let refused = try here.get("/v1/leaderboards/eu-cup/top")
            #expect(refused.status == 503, "\(refused.text)")
            #expect(try talk.receiveLine().hasPrefix("-"))
            // It grows older while nothing is heard, and says so.
            let first: Age = try found.decoded()
            _ = try eventually("it is older") { () -> Bool? in
                let later: Age = try here.get("/v1/leaderboards/eu-cup/top?max_age_ms=3600000").decoded()
                return later.age_ms > first.age_ms + 1000 ? true : nil
            }
            _ = try eventually("it is missed") {
                let status = try pair.laurel("regions", "status")
                return status.code == 6 && status.output.contains("region eu can't be reached") ? true : nil
            }
        }

        /// The log is cut while the mirror can't hear of it.
        private func miss(_ pair: LaureldRegions) throws {
            for server in pair.us.log.servers { server.kill() }
            try pair.cutLogOfEU()
            for server in pair.us.log.servers { try server.start() }
            let here = pair.us.nodes[0].client
            _ = try eventually("it goes on behind the cut") { () -> Bool? in
                let found = try here.get("/v1/leaderboards/eu-cup/rank/filler?max_age_ms=60000")
                guard found.status == 200, found.text.contains(#""score":\#(pair.fillCount),"#) else { return nil }
                let age: Age = try found.decoded()
                return age.age_ms > 0 ? true : nil
            }
        }

        /// A Redis client here that may see what is old, of a set at home there that the mirror has.
        private func beginToReadOld(_ pair: LaureldRegions) throws -> RawConnection {
            let node = pair.us.nodes[0]
            let key = try String(contentsOfFile: node.data + "/admin.key", encoding: .utf8)
                .trimmingCharacters(in: .newlines)
            let talk = try RawConnection(port: pair.usRedis)
            try talk.send("AUTH \(key)\r\nZADD eu-set 5 bob\r\nREADONLY\r\n")
            #expect(try talk.receive(until: ":1\r\n+OK\r\n") == "+OK\r\n:1\r\n+OK\r\n")
            _ = try eventually("it is mirrored") { () -> Bool? in
                let found = try node.client.get("/v1/leaderboards/eu-set/rank/bob?max_age_ms=60000")
                guard found.status == 200 else { return nil }
                let age: Age = try found.decoded()
                return age.age_ms > 0 ? true : nil
            }
            return talk
        }

        /// Looks at the regions, and changes their file while the nodes run.
        private func administer(_ pair: LaureldRegions) throws {
            let status = try eventually("all is well") {
                let status = try pair.laurel("regions", "status")
                return status.code == 0 ? status : nil
            }
            #expect(status.output.contains("Region us, epoch 1: all is well"), "\(status.output)")
            #expect(status.output.contains("us-*"), "\(status.output)")
            #expect(try pair.laurel("regions", "list").output.contains("reachable"))
            #expect(try pair.laurel("regions", "show", "mars").code == 3)
            let shown = try pair.laurel("regions", "show", "eu", "--json").json()
            #expect((shown["logs"] as? [[String: Any]])?.count == 3)
            #expect(shown["default_home"] as? Bool == true && shown["epoch"] as? Int == 1)

            try pair.writeFile(gatewaysOfEU: [pair.ports[0], try freePort()])
            try eventually("another gateway is known") {
                let gateways = try pair.laurel("regions", "show", "eu", "--json").json()["gateways"] as? [[String: Any]]
                return gateways?.count == 2 && gateways?[0]["chosen"] as? Bool == true ? () : nil
            }
            // Homes don't move while anybody runs, and the rest of such a file does not count either.
            try pair.writeFile(default: "us")
            let refused = try eventually("homes that move are refused") {
                let status = try pair.laurel("regions", "status", "--json")
                return status.output.contains("homes.default: is us, and eu is in force") ? status : nil
            }
            #expect(refused.code == 6)
            for region in [pair.eu, pair.us] {
                let answer = try region.nodes[0].client.post(
                    "/v1/scores/update", #"{"leaderboard":"eu-cup","user":"bob","score":1}"#)
                #expect(answer.status == 200, "\(answer.text)")
            }
            #expect(try pair.eu.nodes[0].client.get("/v1/leaderboards/eu-cup/rank/bob").text.contains(#""score":2"#))
        }

        private struct Age: Decodable { var age_ms: Int }

        @Test("Each takes everything over HTTP and the Redis protocol, and what the other has at home is done there")
        func forwarding() throws {
            let pair = try LaureldRegions()
            defer { pair.stop() }
            let board = #"{"id":"eu-cup","columns":[{"name":"points","type":"integer","operator":"sum"}]}"#
            _ = try eventually("it is made from the other region") {
                try pair.us.nodes[0].client.post("/v1/leaderboards", board).status == 201 ? true : nil
            }
            for region in [pair.eu, pair.us] {
                let answer = try region.nodes[0].client.post(
                    "/v1/scores/update", #"{"leaderboard":"eu-cup","user":"ann","score":2}"#)
                #expect(answer.status == 200, "\(answer.text)")
            }
            for region in [pair.eu, pair.us] {
                let rank = try region.nodes[0].client.get("/v1/leaderboards/eu-cup/rank/ann")
                #expect(rank.status == 200 && rank.text.contains(#""score":4"#), "\(rank.text)")
            }
            // Redis clients don't notice either.
            let key = try String(contentsOfFile: pair.us.nodes[0].data + "/admin.key", encoding: .utf8)
                .trimmingCharacters(in: .newlines)
            let talk = try RawConnection(port: pair.usRedis)
            try talk.send("AUTH \(key)\r\nZADD eu-set 5 bob\r\nZADD us-set 1 cid\r\nZSCORE eu-set bob\r\n")
            try talk.send("MULTI\r\nZINCRBY eu-set 1 bob\r\nZCARD eu-set\r\nEXEC\r\n")
            let expected = "+OK\r\n:1\r\n:1\r\n$1\r\n5\r\n+OK\r\n+QUEUED\r\n+QUEUED\r\n*2\r\n$1\r\n6\r\n:1\r\n"
            #expect(try talk.receive(until: "\r\n6\r\n:1\r\n") == expected)
            let found = try pair.eu.nodes[0].client.get("/v1/leaderboards/eu-set/rank/bob")
            #expect(found.text.contains(#""score":6"#), "\(found.text)")
            let missing = try pair.eu.nodes[0].client.get("/v1/leaderboards/us-set/rank/cid")
            #expect(missing.text.contains(#""score":1"#), "\(missing.text)")

            // Without its region a leaderboard is not written, and those at home here are.
            pair.eu.nodes[0].kill()
            let refused = try pair.us.nodes[0].client.post(
                "/v1/scores/update", #"{"leaderboard":"eu-cup","user":"ann","score":1}"#)
            #expect(refused.status == 503, "\(refused.text)")
            #expect(try pair.us.nodes[0].client.get("/v1/leaderboards/us-set/rank/cid").status == 200)
        }
    }
}

extension RealProcess {
    @Suite("A file of regions")
    struct RegionsFileTests {
        @Test("All that is wrong in it is said at the start, with its place, and nothing starts")
        func mistakes() async throws {
            try await TemporaryDirectory.with { directory in
                let file = directory.path + "/regions.yaml"
                let text = """
                    version: 2
                    epoch: first
                    colour: red
                    regions:
                      - {name: eu, cluster: test, gateways: ["127.0.0.1"]}
                    homes:
                      rules: [{leaderboard: "a*b", home: us}]
                    measuring: {smoothing: much}
                    failover: {policy: automatic}
                    """
                try text.write(toFile: file, atomically: true, encoding: .utf8)
                let settings = [
                    "cluster=test", "cluster-log=127.0.0.1:1", "cluster-gossip=127.0.0.1:0", "cluster-keys=none",
                    "cluster-listen=127.0.0.1:1", "cluster-cleartext=true", "region=eu", "regions-file=\(file)",
                ]
                let refusal = try Laureld.refusal(data: directory.path + "/data", settings: settings)
                for mistake in [
                    "version: is not 1", "epoch: 'first' is no whole number", "colour: there is no such field",
                    "regions[0].gateways[0]: '127.0.0.1' is not host:port", "homes.default: is missing",
                    "homes.rules[0].leaderboard: is neither a name nor a beginning",
                    "measuring.smoothing: 'much' is no number",
                    "failover.policy: is not manual",
                ] {
                    #expect(refusal?.text.contains(mistake) == true, "\(refusal?.text ?? "it started")")
                }
                let alone = try Laureld.refusal(
                    data: directory.path + "/data", settings: ["region=eu", "regions-file=\(file)"])
                #expect(alone?.text.contains("region: a region is a cluster") == true)
            }
        }

        @Test("The example in the repository is right")
        func example() async throws {
            try await TemporaryDirectory.with { directory in
                let file = Repository.path + "/cluster/regions.yaml"
                let settings = [
                    "cluster=test", "cluster-log=127.0.0.1:1", "cluster-gossip=127.0.0.1:0", "cluster-keys=none",
                    "cluster-listen=127.0.0.1:1", "cluster-cleartext=true", "region=mars", "regions-file=\(file)",
                ]
                let refusal = try Laureld.refusal(data: directory.path + "/data", settings: settings)
                #expect(
                    refusal?.text.contains("region: there is no 'mars' in") == true, "\(refusal?.text ?? "it started")")
            }
        }
    }
}

/// `eu`, where everything is at home but `us-…`, and `us`.
final class LaureldRegions {
    let eu: LaureldCluster
    let us: LaureldCluster
    let usRedis: Int
    let directory: TemporaryDirectory
    /// Of the gateways of `eu` and `us`, and others.
    let ports: [Int]
    private let file: String

    /// - Parameters:
    ///   - mirrored: whether `us` mirrors the log of `eu`
    ///   - startingUS: false to start its node with `add`. The log of `eu` is small then
    init(mirrored: Bool = false, startingUS: Bool = true) throws {
        directory = try TemporaryDirectory()
        ports = try (0..<6).map { _ in try freePort() }
        usRedis = ports[2]
        file = directory.path + "/regions.yaml"
        try Self.text(ports[0...0], ports[1], default: "eu").write(toFile: file, atomically: true, encoding: .utf8)
        let (ofEU, ofUS) = (
            Self.settings("eu", ports[0], file: file), Self.settings("us", ports[1], file: file)
        )
        let leaves = ports[3...].map { "127.0.0.1:\($0)" }
        eu = try LaureldCluster(
            nodes: 1,
            log: try JetStreamCluster(
                { $0.domain("eu") + "leafnodes { listen: $LAUREL_NATS_LEAF_LISTEN }\n" },
                environment: { ["LAUREL_NATS_LEAF_LISTEN": leaves[$0]] })
        ) { _ in ofEU + (startingUS ? [] : ["cluster-log-bytes=\(Self.logBytesOfEU)", "checkpoint-seconds=2"]) }
        let urls = leaves.map { "\"nats-leaf://laurel:log%20pass@\($0)\"" }.joined(separator: ", ")
        us = try LaureldCluster(
            nodes: 1,
            log: try JetStreamCluster({
                $0.domain("us") + "leafnodes { remotes: [ { urls: [\(urls)], account: LAUREL } ] }\n"
            }), starting: startingUS
        ) { [usRedis] _ in
            ofUS + [
                "redis=127.0.0.1:\(usRedis)", "redis-readonly-age-milliseconds=3600000", "admin=127.0.0.1:0",
                "region-mirrors=\(mirrored ? "eu" : "none")",
            ]
        }
    }

    private static func text(_ ofEU: some Collection<Int>, _ ofUS: Int, default home: String) -> String {
        """
        version: 1
        epoch: 1
        regions:
          - {name: eu, cluster: eu-cluster, gateways: [\(ofEU.map { "\"127.0.0.1:\($0)\"" }.joined(separator: ", "))], log_domain: eu}
          - {name: us, cluster: us-cluster, gateways: ["127.0.0.1:\(ofUS)"]}
        homes:
          default: \(home)
          rules: [{leaderboard: "us-*", home: us}]
        measuring: {interval_ms: 200}
        """
    }

    private static let logBytesOfEU = 1 << 20
    /// Where `eu-cup` lies.
    private static let shard = 1

    /// Scores of `filler` in `eu-cup`.
    private(set) var fillCount = 0

    /// Writes scores of `filler` until `eu` has given back all of the leaderboard's log that there was.
    func cutLogOfEU() throws {
        let end = try log(firstOf: false)
        try eventually("the log is cut") { () -> Void? in
            let entry =
                #"{"leaderboard":"eu-cup","user":"filler","score":1,"metadata":{"ballast":"\#(String(repeating: "x", count: 900))"}}"#
            let body = #"{"updates":[\#(Array(repeating: entry, count: 50).joined(separator: ","))]}"#
            let answer = try eu.nodes[0].client.post("/v1/scores/update", body)
            if answer.status == 200 { fillCount += 50 }
            return try log(firstOf: true) > end ? () : nil
        }
    }

    /// Of the shard of `eu-cup` in the log of `eu`: the sequence of its first record, or of its last one.
    private func log(firstOf isFirst: Bool) throws -> UInt64 {
        let (stream, subject) = ("LRL-eu-cluster-\(Self.shard % 3)", "lrl.eu-cluster.\(Self.shard % 3).\(Self.shard)")
        let request = isFirst ? #"{"seq":1,"next_by_subj":"\#(subject)"}"# : #"{"last_by_subj":"\#(subject)"}"#
        let connection = try RawConnection(port: eu.log.addresses[0].port)
        _ = try connection.receiveLine()
        try connection.send(
            #"CONNECT {"verbose":false,"user":"laurel","pass":"log pass","lang":"test","version":"1"}"# + "\r\n"
                + "SUB _INBOX.test 1\r\nPUB $JS.API.STREAM.MSG.GET.\(stream) _INBOX.test \(request.utf8.count)\r\n\(request)\r\n"
        )
        _ = try connection.receiveLine()
        let message = try connection.receiveLine()
        guard let found = message.firstMatch(of: /"seq":(\d+)/), let sequence = UInt64(found.1) else {
            throw Failure("no sequence in \(message.prefix(200))")
        }
        return sequence
    }

    /// Another file for all nodes, while they run.
    func writeFile(gatewaysOfEU: [Int]? = nil, default home: String = "eu") throws {
        try Self.text(gatewaysOfEU ?? [ports[0]], ports[1], default: home)
            .write(toFile: file, atomically: true, encoding: .utf8)
    }

    /// Asks the node of `us`.
    func laurel(_ arguments: String...) throws -> AdminNode.Outcome {
        try AdminNode.run(arguments, environment: try laurelEnvironment(), directory: directory.path)
    }

    func laurelEnvironment() throws -> [String: String] {
        let node = us.nodes[0]
        return [
            "LAUREL_ADMIN": try AdminNode.address(of: node.process), "LAUREL_TOKEN": "@\(node.data)/operator.key",
        ]
    }

    /// Of a node of `eu`.
    var settingsOfEU: [String] { Self.settings("eu", ports[0], file: file) }

    private static func settings(_ name: String, _ port: Int, file: String) -> [String] {
        ["cluster=\(name)-cluster", "region=\(name)", "regions-file=\(file)", "region-listen=127.0.0.1:\(port)"]
    }

    func stop() {
        eu.stop()
        us.stop()
        directory.remove()
    }
}

extension String {
    /// A configuration of a server in a JetStream domain.
    fileprivate func domain(_ name: String) -> String {
        // Leaf nodes don't join clusters of one name.
        replacing("jetstream {\n", with: "jetstream {\n    domain: \(name)\n", maxReplacements: 1)
            .replacing("name: laurel\n", with: "name: laurel-\(name)\n", maxReplacements: 1)
    }
}
