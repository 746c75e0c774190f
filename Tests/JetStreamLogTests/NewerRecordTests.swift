import CommitLogs
import JetStreamSupport
import Leaderboards
import NATSClient
import NIOCore
import Sharding
import TestSupport
import Testing

@testable import JetStreamLog

extension RealServers {
    @Suite("Records of a newer version")
    struct NewerRecords {
        @Test(
            "Scenario 31: a reader stops before a whole record of a newer format, and goes on with other shards; nothing is taken for damage",
            arguments: [(place: 8, reason: "unknownVersion(9)"), (place: 9, reason: "unknownKind(9)")])
        func stopping(_ change: (place: Int, reason: String)) async throws {
            let cluster = try await sharedCluster.value
            let log = try await cluster.open()
            let (shard, other) = (ShardID(1), ShardID(2))
            var writer = Writer(shard: 1)
            for _ in 0..<2 { try await writer.append([1], to: log) }
            // As the owner of a newer version writes it.
            var chain = writer.chain
            var newer = chain.next([2]).bytes
            newer[change.place] = 9
            sealRecord(&newer)
            let reply = AppendReply(
                await log.replicas.main.request(
                    Request(
                        subject: log.group.subject(of: shard), payload: ByteBuffer(bytes: newer), timeout: .seconds(5)))
            )
            guard case .stored(let sequence, _) = reply else {
                Issue.record("\(reply)")
                return
            }
            var neighbour = Writer(shard: 2)
            try await neighbour.append([1], to: log)

            let problem = ReadError.newer(shard, at: LogPosition(sequence), change.reason)
            await #expect(throws: problem) { try await log.tail(of: shard) }
            await #expect(throws: problem) {
                try await collect(
                    log.entries(of: shard, from: .start, through: LogPosition(sequence), following: nil))
            }
            // What comes before is there, and who watches everything can go on behind it.
            let (entries, found) = await watched(log, from: .start)
            #expect(entries.map(\.position) == writer.acknowledged.map(\.position) && found == problem)
            let (rest, _) = await watched(log, from: LogPosition(sequence + 1))
            #expect(rest.map(\.position) == neighbour.acknowledged.map(\.position))
            #expect(rest.map(\.record.shard) == [other])

            // An owner of this version is deposed by it, and that is all.
            for _ in 0..<2 {
                await #expect(throws: AppendError.conflict(last: LogPosition(sequence))) {
                    var deposed = writer
                    try await deposed.append([3], to: log)
                }
            }
            await log.close()
        }

        /// What there is up to the first batch with another shard's records, and why it ended before that, if it did.
        private func watched(_ log: StreamLog, from position: LogPosition) async -> ([LogEntry], ReadError?) {
            func drain(_ entries: some LogEntries) async -> ([LogEntry], ReadError?) {
                var iterator = entries.makeAsyncIterator()
                var found: [LogEntry] = []
                do throws(ReadError) {
                    while found.isEmpty || found[0].record.shard == ShardID(1) {
                        guard let batch = try await iterator.next(isolation: nil) else { break }
                        found += batch
                    }
                    return (found, nil)
                } catch {
                    return (found, error)
                }
            }
            do throws(ReadError) { return await drain(try await log.watch(.everything, from: position)) } catch {
                return ([], error)
            }
        }
    }
}
