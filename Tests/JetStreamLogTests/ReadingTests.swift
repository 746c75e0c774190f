import CommitLogs
import JetStreamSupport
import Leaderboards
import NATSClient
import NIOCore
import Sharding
import Testing

@testable import JetStreamLog

@Suite("What a reader believes")
struct ReadingTests {
    private let group = LogGroup(cluster: "c", number: 0, count: 1)!

    private func entries(_ count: Int, epoch: UInt64 = 1) -> [LogEntry] {
        var chain = RecordChain(shard: ShardID(3), epoch: epoch)
        return (0..<count).map { index in
            let record = chain.next([UInt8(index)])
            let decoded = try! record.bytes.withUnsafeBytes { try LogRecord.decode($0).record }
            return LogEntry(position: LogPosition(UInt64(10 * index + 1)), record: decoded, hash: record.hash)
        }
    }

    @Test("A chain may be taken up anywhere, and must then go on without a gap")
    func chains() {
        let all = entries(6)
        for start in all.indices {
            var verifier = ChainVerifier()
            for entry in all[start...] { #expect(verifier.take(entry) == nil) }
            #expect(verifier[ShardID(3)]?.number == 6)
        }
        for missing in 1..<5 {
            var verifier = ChainVerifier()
            var problems: [RecordProblem] = []
            for entry in all.enumerated() where entry.offset != missing {
                if let problem = verifier.take(entry.element) { problems.append(problem) }
            }
            #expect(problems.first == RecordProblem("record \(missing + 2) of shard 3 where \(missing + 1) was due"))
        }
    }

    @Test(
        "What does not follow is refused: another history, a repeated record, a deposed owner, a predecessor that differs"
    )
    func breaks() {
        let all = entries(4)
        var repeated = ChainVerifier()
        _ = repeated.take(all[1])
        #expect(repeated.take(all[1])?.description == "position 11 after 11")
        var forked = all[2]
        forked = LogEntry(
            position: forked.position,
            record: LogRecord(
                kind: .data, shard: ShardID(3), epoch: 1, node: 1, incarnation: 1, number: 3,
                previousHash: ChainHash(low: 1, high: 2), payload: []), hash: forked.hash)
        var verifier = ChainVerifier([ShardID(3): LogTail(all[1])])
        #expect(verifier.take(forked)?.description == "record 3 of shard 3 does not continue the hash chain")
        let old = LogEntry(
            position: all[2].position,
            record: LogRecord(
                kind: .data, shard: ShardID(3), epoch: 0, node: 1, incarnation: 1, number: 3,
                previousHash: all[1].hash, payload: []), hash: forked.hash)
        #expect(verifier.take(old)?.description == "record 3 of shard 3 has epoch 0 after 1")
        #expect(verifier.take(all[2]) == nil)
    }

    @Test("Each changed bit of a stored record is found, and so is a record on another's subject")
    func stored() throws {
        var chain = RecordChain(shard: ShardID(3))
        let bytes = chain.next([1, 2, 3]).bytes
        func message(_ bytes: [UInt8], subject: String = "lrl.c.0.3") -> StoredMessage? {
            StoredMessage(
                Message(
                    subject: "r", headers: MessageHeaders(["Nats-Sequence": "7", "Nats-Subject": subject]),
                    payload: ByteBuffer(bytes: bytes)))
        }
        let entry = try #require(message(bytes)).entry(in: group)
        #expect(try entry.get().position == LogPosition(7))
        for bit in 0..<(8 * bytes.count) {
            var changed = bytes
            changed[bit / 8] ^= 1 << (bit % 8)
            #expect(throws: RecordProblem.self) { try #require(message(changed)).entry(in: group).get() }
        }
        for (bytes, subject) in [
            (bytes, "lrl.c.0.4"), (bytes, "lrl.c.1.3"), (bytes + bytes, "lrl.c.0.3"),
            (Array(bytes.dropLast(8)), "lrl.c.0.3"),
            ([], "lrl.c.0.3"),
        ] {
            #expect(throws: RecordProblem.self) {
                try #require(message(bytes, subject: subject)).entry(in: group).get()
            }
        }
        #expect(StoredMessage(Message(subject: "r")) == nil)
    }
}

extension RealServers {
    @Suite("When a replica does not answer")
    struct SilentReplicas {
        @Test("A frozen follower, whom the log is connected to: appends and readers go on by way of the others")
        func frozenFollower() async throws {
            let cluster = try JetStreamCluster()
            defer { cluster.stop() }
            let options = cluster.options()
            let first = try await cluster.open(options)
            var writer = Writer(shard: 1)
            for _ in 0..<20 { try await writer.append([1], to: first) }
            try await cluster.waitUntilCurrent(first)
            let leader = try await eventually("a leader") { await cluster.leader(of: first) }
            let follower = try #require(cluster.servers.first { $0.name != leader.name })
            var through = options
            through.client.discoversServers = false
            through.client.pingInterval = .milliseconds(500)
            let log = try await cluster.open(through)
            follower.pause()
            for _ in 0..<20 { try await writer.append([2], to: log) }
            #expect(try await log.tail(of: ShardID(1))?.position == writer.last)
            let read = try await collect(
                log.entries(of: ShardID(1), from: .start, through: writer.last!, following: nil))
            #expect(read.map(\.position) == writer.acknowledged.map(\.position))
            #expect(try await collect(log.entries(from: .start)).count == 40)
            follower.resume()
            try await cluster.waitUntilCurrent(log)
            await log.close()
            await first.close()
        }
    }
}
