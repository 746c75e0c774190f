import CommitLogs
import Foundation
import JetStreamSupport
import Leaderboards
import NATSClient
import NIOCore
import Sharding
import Synchronization
import Testing

@testable import JetStreamLog

extension RealServers {
    @Suite("When the log is not what it was")
    struct Damage {
        @Test("A subject purged by an operator: the shard is quarantined, and does not begin anew; others go on")
        func purgedSubject() async throws {
            let cluster = try await sharedCluster.value
            let notices = Mutex<[StreamLogNotice]>([])
            let options = cluster.options {
                $0.regressionPatience = .seconds(1)
                $0.readPatience = .seconds(1)
            }
            let log = try await cluster.open(options) { notice in notices.withLock { $0.append(notice) } }
            var (writer, neighbour) = (Writer(shard: 1), Writer(shard: 2))
            for _ in 0..<3 { try await writer.append([1], to: log) }
            let operation = Operator(cluster)
            try await operation.purge(log.group, subject: log.group.subject(of: ShardID(1)))
            await operation.close()
            let last = writer.last!
            let reason = "the log ends at 0, and \(last) had been acknowledged"
            for _ in 0..<2 {
                await #expect(throws: AppendError.quarantined(reason)) { try await writer.append([2], to: log) }
            }
            #expect(notices.withLock { $0.contains(.quarantined(shard: 1, reason)) })
            await #expect(throws: ReadError.corrupted(at: last, "shard 1 ends at 0, and \(last) had been acknowledged"))
            {
                try await log.tail(of: ShardID(1))
            }
            try await neighbour.append([1], to: log)

            await log.close()
        }

        @Test("A full stream refuses, and takes again once there is room")
        func fullStream() async throws {
            let cluster = try await sharedCluster.value
            let log = try await cluster.open { $0.byteCountMax = 256 << 10 }
            var writer = Writer(shard: 1)
            var error: AppendError?
            while error == nil {
                do {
                    try await writer.append([UInt8](repeating: 1, count: 20_000), to: log)
                } catch let failure as AppendError {
                    error = failure
                }
            }
            #expect(error == .noSpace)
            #expect(writer.acknowledged.count > 8)
            try await log.truncate(below: writer.last!)
            try await writer.append([UInt8](repeating: 2, count: 20_000), to: log)
            await log.close()
        }

        @Test("A record larger than the stream takes is refused before it is sent, and costs nobody a connection")
        func tooLarge() async throws {
            let cluster = try await sharedCluster.value
            let log = try await cluster.open()
            var writer = Writer(shard: 1)
            let size = log.recordByteCountMax - LogRecord.headerByteCount
            await #expect(throws: AppendError.self) {
                try await writer.append([UInt8](repeating: 1, count: size + 1), to: log)
            }
            try await writer.append([UInt8](repeating: 1, count: size), to: log)
            await log.close()
        }

        @Test("One replica has a changed record: readers that ask it get the record from another")
        func changedRecord() async throws {
            try await withDamagedFollower { bytes in
                // In the payload of a record in the middle.
                bytes[bytes.count / 2] ^= 0x10
            } _: { cluster, options, follower, writer in
                let notices = Mutex<[StreamLogNotice]>([])
                var reading = options
                reading.client.servers = [follower.address] + cluster.addresses.filter { $0 != follower.address }
                reading.client.discoversServers = false
                let log = try await cluster.open(reading) { notice in notices.withLock { $0.append(notice) } }
                let all = try await collect(log.entries(from: .start))
                #expect(all.map(\.position) == writer.acknowledged.map(\.position))
                let run = try await collect(
                    log.entries(of: ShardID(1), from: .start, through: writer.last!, following: nil))
                #expect(run.map(\.position) == writer.acknowledged.map(\.position))
                await log.close()
            }
        }

        @Test("A replica that lost its end leads: what was acknowledged is missed, and the shard takes no appends")
        func lostEnd() async throws {
            try await withDamagedFollower { bytes in
                bytes.removeLast(bytes.count / 3)
            } _: { cluster, options, follower, writer in
                var owning = options
                owning.regressionPatience = .seconds(2)
                // Knows nothing of what was acknowledged, but for what it is going to read.
                let log = try await cluster.open(owning)
                let operation = Operator(cluster)
                // A leader that sees that the other is behind does not give way.
                for _ in 0..<20 where await cluster.leader(of: log)?.name != follower.name {
                    _ = try? await operation.ask(
                        "$JS.API.STREAM.LEADER.STEPDOWN." + log.group.stream,
                        ByteBuffer(string: #"{"placement":{"preferred":"\#(follower.name)"}}"#))
                    _ = try await eventually("a leader") { await cluster.leader(of: log) }
                }
                await operation.close()
                let tail = try #require(try await log.tail(of: ShardID(1)))
                #expect(tail.position == writer.last && tail.hash == writer.chain.hash)
                let all = try await collect(log.entries(from: .start))
                #expect(all.map(\.position) == writer.acknowledged.map(\.position))
                var claimant = writer
                claimant.chain.epoch += 1
                do {
                    try await claimant.append([9], to: log)
                    // Either another leads again, or the server found out by itself.
                    let after = try await collect(log.entries(from: .start))
                    #expect(after.map(\.position) == claimant.acknowledged.map(\.position))
                } catch let error as AppendError {
                    guard case .quarantined(let reason) = error else { throw error }
                    #expect(reason.hasSuffix("and \(writer.last!) had been acknowledged"))
                    print("the damaged replica led: \(reason)")
                }
                await log.close()
            }
        }

        /// Three servers with 300 records, one of which was stopped, had its file changed, and was started again.
        private func withDamagedFollower(
            _ damage: (inout [UInt8]) -> Void,
            _ body: (JetStreamCluster, StreamLogOptions, NATSServer, Writer) async throws -> Void
        ) async throws {
            let cluster = try JetStreamCluster()
            defer { cluster.stop() }
            let options = cluster.options()
            let log = try await cluster.open(options)
            var writer = Writer(shard: 1)
            for number in 0..<300 {
                try await writer.append([UInt8](repeating: UInt8(number % 256), count: 1000), to: log)
            }
            try await cluster.waitUntilCurrent(log)
            let leader = try await eventually("a leader") { await cluster.leader(of: log) }
            let follower = cluster.servers.first { $0.name != leader.name }!
            follower.terminate()
            let block = try #require(cluster.blocks(of: follower).last)
            var bytes = try Array(Data(contentsOf: URL(fileURLWithPath: block)))
            damage(&bytes)
            try Data(bytes).write(to: URL(fileURLWithPath: block))
            try follower.start()
            try await cluster.waitUntilCurrent(log)
            await log.close()
            try await body(cluster, options, follower, writer)
        }
    }
}
