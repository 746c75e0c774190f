import CommitLogs
import JetStreamSupport
import Leaderboards
import NATSClient
import NIOCore
import Sharding
import Testing

@testable import JetStreamLog

extension RealServers {
    @Suite("When the way to the log fails")
    struct ConnectionFaults {
        /// A log behind a proxy, and one that sees the same stream directly.
        private func withProxy(
            _ change: (inout StreamLogOptions) -> Void = { _ in },
            _ body: (_ proxy: FaultProxy, _ proxied: StreamLog, _ direct: StreamLog) async throws -> Void
        ) async throws {
            let cluster = try await sharedCluster.value
            let options = cluster.options {
                $0.client.backoff = .milliseconds(1) ... .milliseconds(5)
                change(&$0)
            }
            let direct = try await cluster.open(options)
            let proxy = try await FaultProxy(to: cluster.servers[0].port)
            let proxied = try await cluster.open(
                cluster.options(options, through: ServerAddress(host: "127.0.0.1", port: proxy.port)))
            try await body(proxy, proxied, direct)
            #expect(await proxied.requestCount() == 0)
            await proxied.close()
            await direct.close()
            await proxy.close()
        }

        @Test("The reply to an append is lost after it was stored: it is found, and stored once")
        func lostReply() async throws {
            try await withProxy { proxy, proxied, direct in
                var writer = Writer(shard: 1)
                for round in 0..<5 {
                    try await writer.append([1], to: proxied)
                    proxy.treat(replies: .drop)
                    let before = writer
                    async let appending = {
                        var after = before
                        try await after.append([2], to: proxied)
                        return after
                    }()
                    let tail = try await eventually("it is stored") {
                        let tail = try await direct.tail(of: ShardID(1))
                        return tail?.number == before.chain.number + 1 ? tail : nil
                    }
                    // What was dropped leaves the stream of replies broken.
                    proxy.treat(replies: .pass)
                    proxy.cut()
                    writer = try await appending
                    #expect(writer.last == tail.position, "round \(round)")
                }
                let entries = try await collect(direct.entries(from: .start))
                #expect(entries.map(\.position) == writer.acknowledged.map(\.position))
            }
        }

        @Test(
            "Scenario 12: an append is repeated after the servers have forgotten its id: the record that it names tells that it is there"
        )
        func forgottenID() async throws {
            try await withProxy {
                $0.duplicateWindow = .milliseconds(100)
            } _: { proxy, proxied, direct in
                var writer = Writer(shard: 1)
                try await writer.append([1], to: proxied)
                let before = writer
                proxy.treat(replies: .drop)
                async let appending = {
                    var after = before
                    try await after.append([2], to: proxied)
                    return after
                }()
                let tail = try await eventually("it is stored") {
                    let tail = try await direct.tail(of: ShardID(1))
                    return tail?.number == 2 ? tail : nil
                }
                // The same id once more, after a record that is not the last: who knows the id says so before all else.
                let id = "1.\(tail.epoch).\(tail.incarnation).2"
                let again = Request(
                    subject: direct.group.subject(of: ShardID(1)),
                    headers: MessageHeaders(["Nats-Expected-Last-Subject-Sequence": "0", "Nats-Msg-Id": id]),
                    payload: ByteBuffer(), timeout: .seconds(5))
                _ = try await eventually("the id is forgotten") {
                    let reply = AppendReply(await direct.replicas.main.request(again))
                    return reply == .wrongLast(tail.position.value) ? true : nil
                }
                proxy.treat(replies: .pass)
                proxy.cut()
                writer = try await appending
                #expect(writer.last == tail.position)
                let entries = try await collect(direct.entries(from: .start))
                #expect(entries.map(\.position) == writer.acknowledged.map(\.position))
            }
        }

        @Test("Replies are late, later than several attempts: there is one record")
        func lateReply() async throws {
            try await withProxy { proxy, proxied, direct in
                var writer = Writer(shard: 1)
                try await writer.append([1], to: proxied)
                let asked = proxy.byteCounts.requests
                proxy.treat(replies: .hold)
                let before = writer
                async let appending: LogPosition = {
                    var next = before.chain
                    return try await proxied.append(next.next([2]), after: before.last)
                }()
                // Three attempts at least.
                _ = try await eventually("attempts") { proxy.byteCounts.requests - asked > 900 ? true : nil }
                proxy.treat(replies: .pass)
                let position = try await appending
                let entries = try await collect(direct.entries(from: .start))
                #expect(entries.map(\.position) == [writer.last!, position])
            }
        }

        @Test("Requests are held up, then the connection is cut: what was not stored is stored once, after all")
        func lostRequest() async throws {
            try await withProxy { proxy, proxied, direct in
                var writer = Writer(shard: 1)
                try await writer.append([1], to: proxied)
                let before = writer
                proxy.treat(requests: .drop)
                async let appending = {
                    var after = before
                    try await after.append([2], to: proxied)
                    return after
                }()
                let asked = proxy.byteCounts.requests
                _ = try await eventually("an attempt") { proxy.byteCounts.requests > asked + 100 ? true : nil }
                proxy.treat(requests: .pass)
                proxy.cut()
                writer = try await appending
                let entries = try await collect(direct.entries(from: .start))
                #expect(entries.map(\.position) == writer.acknowledged.map(\.position))
            }
        }

        @Test("A connection that flaps: appends go on, each has one outcome, and nothing is left")
        func flapping() async throws {
            try await withProxy { proxy, proxied, direct in
                let writers = try await withThrowingTaskGroup(of: Writer?.self) { group in
                    for shard in 0..<8 {
                        group.addTask {
                            var writer = Writer(shard: shard)
                            for number in 0..<25 { try await writer.append([UInt8(number)], to: proxied) }
                            return writer
                        }
                    }
                    // So often as long as it takes; each time something came through.
                    group.addTask {
                        var cuts = 0
                        while cuts < 25, !Task.isCancelled {
                            let replies = proxy.byteCounts.replies
                            _ = try await eventually("replies") {
                                proxy.byteCounts.replies > replies + 500 || Task.isCancelled ? true : nil
                            }
                            proxy.cut()
                            cuts += 1
                        }
                        return nil
                    }
                    var writers: [Writer] = []
                    for try await writer in group {
                        if let writer { writers.append(writer) }
                        if writers.count == 8 { group.cancelAll() }
                    }
                    return writers
                }
                let entries = try await collect(direct.entries(from: .start))
                #expect(entries.count == 200)
                for writer in writers {
                    let mine = entries.filter { $0.record.shard == writer.chain.shard }
                    #expect(mine.map(\.position) == writer.acknowledged.map(\.position))
                }
            }
        }

        @Test("Closed while the log can't be reached: appends are told what is known, and closing ends")
        func closing() async throws {
            try await withProxy {
                $0.closePatience = .milliseconds(100)
            } _: { proxy, proxied, direct in
                var writer = Writer(shard: 1)
                try await writer.append([1], to: proxied)
                proxy.treat(replies: .drop)
                let before = writer
                async let appending: AppendError? = {
                    var after = before
                    do {
                        try await after.append([2], to: proxied)
                        return nil
                    } catch {
                        return error as? AppendError
                    }
                }()
                _ = try await eventually("it is stored") {
                    try await direct.tail(of: ShardID(1))?.number == 2 ? true : nil
                }
                await proxied.close()
                guard case .outcomeUnknown = await appending else {
                    Issue.record("\(String(describing: await appending))")
                    return
                }
                proxy.treat(replies: .pass)
            }
        }
    }
}
