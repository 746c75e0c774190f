import JetStreamSupport
import Leaderboards
import NATSClient
import NIOCore
import Synchronization
import Testing

@testable import JetStreamLog

@Suite("Whether a log may be opened")
struct OpeningDecisionTests {
    private static func gate(
        _ answers: StartUpGate.Server..., replicas: [String] = ["a", "b", "c"]
    ) -> StreamLogOpenError? {
        let answers = Dictionary(uniqueKeysWithValues: answers.map { ($0.name, $0) })
        return StartUpGate(wantedReplicaCount: 3, replicas: replicas, answers: answers).verdict
    }

    private static func server(_ name: String, _ version: String = "2.15.1", _ syncs: Bool? = true)
        -> StartUpGate.Server
    {
        StartUpGate.Server(name: name, version: version, syncsAlways: syncs)
    }

    @Test("Three that are right, or two while one is down")
    func passes() {
        #expect(Self.gate(Self.server("a"), Self.server("b"), Self.server("c")) == nil)
        #expect(Self.gate(Self.server("a"), Self.server("c")) == nil)
        #expect(Self.gate(Self.server("a"), Self.server("c"), Self.server("d", "2.14.0", nil)) == nil)
    }

    @Test("One that is wrong is one too many, wherever it is")
    func refuses() {
        let (a, b) = (Self.server("a"), Self.server("b"))
        #expect(Self.gate(a) == .unproven(servers: ["b", "c"]))
        #expect(Self.gate(a, b, Self.server("c", "2.13.9")) == .oldServer("c", version: "2.13.9"))
        #expect(Self.gate(a, b, Self.server("c", "2.9.10")) == .oldServer("c", version: "2.9.10"))
        #expect(Self.gate(a, b, Self.server("c", "?")) == .oldServer("c", version: "?"))
        #expect(Self.gate(a, b, Self.server("c", "2.15.1", false)) == .doesNotSyncAlways(server: "c"))
        #expect(Self.gate(a, b, Self.server("d", "2.15.1", false)) == .doesNotSyncAlways(server: "d"))
        #expect(Self.gate(a, b, Self.server("c", "2.15.1", nil)) == .noJetStream(server: "c"))
        #expect(Self.gate(a, b, replicas: ["a", "b"]) == .replicas(found: 2, wanted: 3))
    }

    @Test(
        "Versions compare as numbers",
        arguments: [("2.14", true), ("2.9.10", false), ("2.100.0", true), ("3.0.0-x", true)])
    func versions(text: String, isEnough: Bool) throws {
        #expect(try (#require(ServerVersion(text)) >= .least) == isEnough)
    }

    private static func fields(_ change: (inout [String: JSONValue]) -> Void = { _ in }) -> [String] {
        let options = StreamLogOptions(
            group: LogGroup(cluster: "c", number: 1, count: 3)!,
            client: ClientOptions(servers: [ServerAddress(host: "a", port: 1)]), inspection: .ownAccount)
        let configuration = StreamConfiguration(options)
        var found = configuration.fields
        change(&found)
        return configuration.drift(of: found)
    }

    @Test("A stream differs where a field does, is missing, or is one that nobody set")
    func drift() {
        #expect(Self.fields() == [])
        #expect(Self.fields { $0["max_age"] = nil } == [])
        #expect(Self.fields { $0["max_age"] = .number(60) } == ["max_age is 60, and must be 0"])
        #expect(Self.fields { $0["deny_delete"] = nil } == ["deny_delete is missing, and must be true"])
        #expect(
            Self.fields { $0["subjects"] = .list([.text("lrl.c.1.*"), .text("x")]) }
                == [#"subjects is ["lrl.c.1.*", "x"], and must be ["lrl.c.1.*"]"#])
        #expect(
            Self.fields { $0["persist_mode"] = .text("async") } == [#"persist_mode is "async", and must not be set"#])
        #expect(Self.fields { $0["discard"] = .text("old") } == [#"discard is "old", and must be "new""#])
        for quiet: JSONValue in [.null, .truth(false), .number(0), .text(""), .list([]), .object(["a": .number(0)])] {
            #expect(Self.fields { $0["something_new"] = quiet } == [])
        }
        #expect(Self.fields { $0["placement"] = .object(["tags": .list([.text("zone:a")])]) } == [])
    }

    @Test("Groups, streams and subjects")
    func groups() throws {
        let group = try #require(LogGroup(cluster: "prod-1", number: 2, count: 3))
        #expect(group.stream == "LRL-prod-1-2" && group.subjects == "lrl.prod-1.2.*")
        #expect(group.contains(.init(5)) && !group.contains(.init(6)))
        #expect(group.subject(of: .init(5)) == "lrl.prod-1.2.5")
        #expect(group.shard(of: "lrl.prod-1.2.5")?.number == 5)
        for other in [
            "lrl.prod-1.2.6", "lrl.prod-1.2.05", "lrl.prod-1.2.+5", "lrl.prod-1.2.-5", "lrl.prod-1.2.",
            "lrl.prod-1.2.5.5", "x", "lrl.prod-1.2.99999",
        ] {
            #expect(group.shard(of: other) == nil)
        }
        for name in ["", "a.b", "a b", "a*", ">", String(repeating: "a", count: 33), "ä"] {
            #expect(LogGroup(cluster: name, number: 0, count: 1) == nil)
        }
        #expect(
            LogGroup(cluster: "c", number: 3, count: 3) == nil && LogGroup(cluster: "c", number: 0, count: 65) == nil)
    }
}

extension RealServers {
    @Suite("A log is opened only where it is safe, and says why not")
    struct Opening {
        private func problem(
            _ cluster: JetStreamCluster, _ options: StreamLogOptions
        ) async -> StreamLogOpenError? {
            do throws(StreamLogOpenError) {
                let log = try await StreamLog.open(options, logger: silent)
                await log.close()
                return nil
            } catch {
                return error
            }
        }

        @Test("Without sync_interval: always")
        func syncs() async throws {
            let cluster = try JetStreamCluster(count: 1) { $0.replacing("sync_interval: always", with: "") }
            let options = cluster.options()
            #expect(await problem(cluster, options) == .doesNotSyncAlways(server: "log-1"))
            cluster.stop()
        }

        @Test("With sync_interval in seconds, on one server of three")
        func oneOfThree() async throws {
            let cluster = try JetStreamCluster { configuration in
                configuration.replacing("sync_interval: always", with: "sync_interval: $LAUREL_TEST_SYNC")
            } environment: {
                $0 == 1 ? ["LAUREL_TEST_SYNC": "\"10s\""] : ["LAUREL_TEST_SYNC": "always"]
            }
            #expect(await problem(cluster, cluster.options()) == .doesNotSyncAlways(server: "log-2"))
            cluster.stop()
        }

        @Test("Without JetStream, and without a server")
        func noJetStream() async throws {
            let cluster = try JetStreamCluster(count: 1) {
                $0.replacing(/\njetstream \{(?:.|\n)*?\n\}\n/, with: "").replacing("jetstream: enabled", with: "")
            }
            #expect(await problem(cluster, cluster.options()) == .noJetStream(server: "log-1"))
            cluster.stop()
            let gone = cluster.options { $0.openPatience = .milliseconds(300) }
            guard case .unreachable = await problem(cluster, gone) else {
                Issue.record("a server that is gone was reached")
                return
            }
        }

        @Test("With one replica where three are wanted, and three where a test wants one")
        func replicas() async throws {
            let cluster = try await sharedCluster.value
            let single = cluster.options { $0.replicas = .oneForTests }
            #expect(await problem(cluster, single) == nil)
            var options = single
            options.replicas = .three
            #expect(await problem(cluster, options) == .replicas(found: 1, wanted: 3))
            let three = cluster.options()
            #expect(await problem(cluster, three) == nil)
            options = three
            options.replicas = .oneForTests
            #expect(await problem(cluster, options) == .replicas(found: 3, wanted: 1))
        }

        @Test("With a stream that somebody changed, and without one")
        func changedStream() async throws {
            let cluster = try await sharedCluster.value
            let options = cluster.options()
            #expect(await problem(cluster, options) == nil)
            var absent = options
            absent.createsStream = false
            absent.group = LogGroup(cluster: uniqueCluster(), number: 0, count: 1)!
            #expect(await problem(cluster, absent) == .noStream(absent.group.stream))
            let operation = Operator(cluster)
            var changed = StreamConfiguration(options).fields
            changed["max_age"] = .number(3_600_000_000_000)
            changed["discard"] = .text("old")
            try await operation.update(options.group, changed)
            await operation.close()
            #expect(
                await problem(cluster, options)
                    == .drift([
                        #"discard is "old", and must be "new""#, "max_age is 3600000000000, and must be 0",
                    ]))
        }

        @Test("Where nobody may ask how servers are configured, and where the log's own user may")
        func inspection() async throws {
            let cluster = try await sharedCluster.value
            var options = cluster.options { $0.inspection = .ownAccount }
            guard case .unproven = await problem(cluster, options) else {
                Issue.record("it was proven by nobody")
                return
            }
            options.inspection = .systemAccount(.password(user: "system", password: "wrong"))
            guard case .unproven = await problem(cluster, options) else {
                Issue.record("it was proven by nobody")
                return
            }
            let importing = try JetStreamCluster(count: 1) { configuration in
                configuration.replacing(
                    "SYS: {",
                    with: """
                        SYS: {
                            exports: [ { service: "$SYS.REQ.SERVER.PING.VARZ", response: stream } ]
                        """
                ).replacing(
                    "LAUREL: {",
                    with: """
                        LAUREL: {
                            imports: [ { service: { account: SYS, subject: "$SYS.REQ.SERVER.PING.VARZ" } } ]
                        """)
            }
            let own = importing.options { $0.inspection = .ownAccount }
            #expect(await problem(importing, own) == nil)
            importing.stop()
        }
    }
}

/// One who has the right to do to streams what must not be done.
struct Operator {
    let connection: NATSConnection

    init(_ cluster: JetStreamCluster) {
        var options = ClientOptions(servers: cluster.addresses)
        options.authentication = JetStreamCluster.user
        connection = NATSConnection(options, logger: silent)
    }

    func update(_ group: LogGroup, _ fields: [String: JSONValue]) async throws {
        try await ask("$JS.API.STREAM.UPDATE." + group.stream, JetStreamAPI.encode(fields))
    }

    func purge(_ group: LogGroup, subject: String) async throws {
        struct Purge: Encodable { var filter: String }
        try await ask("$JS.API.STREAM.PURGE." + group.stream, JetStreamAPI.encode(Purge(filter: subject)))
    }

    @discardableResult
    func ask(_ subject: String, _ payload: ByteBuffer = ByteBuffer()) async throws -> ByteBuffer {
        struct Reply: Decodable { var error: JetStreamAPI.Problem? }
        _ = await connection.ready()
        return try await eventually(subject) {
            guard case .reply(let message) = await connection.request(Request(subject: subject, payload: payload))
            else { return nil }
            let reply = JetStreamAPI.decode(Reply.self, message.payload)
            if let error = reply?.error, error.code != 503 { throw SupportError(error.text) }
            return reply?.error == nil ? message.payload : nil
        }
    }

    func close() async { await connection.close() }
}
