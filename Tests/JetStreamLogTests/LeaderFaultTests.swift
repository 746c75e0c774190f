import CommitLogs
import JetStreamSupport
import Leaderboards
import NATSClient
import Sharding
import Synchronization
import Testing

@testable import JetStreamLog

extension RealServers {
    @Suite("When the stream's leader fails")
    struct LeaderFaults {
        /// What rivals were told, by position.
        private final class Ledger: Sendable {
            let acknowledged = Mutex<[LogPosition: EncodedRecord]>([:])
            let shouldStop = Mutex(false)
        }

        /// Appends to one shard as one of several rivals: after whatever is last, whoever wrote it.
        private func compete(
            node: UInt64, shard: ShardID, on log: StreamLog, _ ledger: Ledger
        ) async throws {
            var number: UInt8 = 0
            while !ledger.shouldStop.withLock({ $0 }) {
                let tail = try await log.tail(of: shard)
                number &+= 1
                let record = LogRecord(
                    kind: .data, shard: shard, epoch: tail?.epoch ?? 1, node: node, incarnation: node,
                    number: (tail?.number ?? 0) + 1, previousHash: tail?.hash ?? .zero,
                    payload: [UInt8](repeating: number, count: 100)
                ).encoded()
                do throws(AppendError) {
                    let position = try await log.append(record, after: tail?.position)
                    let former = ledger.acknowledged.withLock { $0.updateValue(record, forKey: position) }
                    #expect(former == nil, "two records were acknowledged at \(position)")
                } catch {
                    guard case .conflict = error else { throw error }
                }
            }
        }

        @Test("kill -9 while rivals append: nothing acknowledged is lost, and each record has one successor")
        func killed() async throws {
            let cluster = try JetStreamCluster()
            defer { cluster.stop() }
            let options = cluster.options()
            let logs = [try await cluster.open(options), try await cluster.open(options)]
            let ledger = Ledger()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for (node, log) in logs.enumerated() {
                    for shard in 0..<3 {
                        group.addTask {
                            try await compete(
                                node: UInt64(node + 1), shard: ShardID(UInt16(shard)), on: log, ledger)
                        }
                    }
                }
                for _ in 0..<rounds {
                    let before = ledger.acknowledged.withLock(\.count)
                    try await progress(ledger, beyond: before + 50)
                    let leader = try await eventually("a leader") { await cluster.leader(of: logs[0]) }
                    leader.kill()
                    let killed = ledger.acknowledged.withLock(\.count)
                    try await progress(ledger, beyond: killed + 50)
                    try leader.start()
                    try await cluster.waitUntilCurrent(logs[0])
                }
                ledger.shouldStop.withLock { $0 = true }
                try await group.waitForAll()
            }
            // Whoever reads checks the chains; a second successor would break one.
            let entries = try await collect(logs[1].entries(from: .start))
            let byPosition = Dictionary(uniqueKeysWithValues: entries.map { ($0.position, $0) })
            let acknowledged = ledger.acknowledged.withLock { $0 }
            for (position, record) in acknowledged {
                #expect(byPosition[position]?.hash == record.hash, "\(position) was acknowledged")
            }
            #expect(entries.count >= acknowledged.count)
            for log in logs {
                #expect(await log.requestCount() == 0)
                await log.close()
            }
        }

        private func progress(_ ledger: Ledger, beyond count: Int) async throws {
            _ = try await eventually("appends go on", within: .seconds(60)) {
                ledger.acknowledged.withLock { $0.count >= count } ? true : nil
            }
        }

        @Test("SIGSTOP past an election, then SIGCONT: what the old owner had sent is never stored, and it learns so")
        func frozen() async throws {
            let cluster = try JetStreamCluster()
            defer { cluster.stop() }
            let options = cluster.options()
            let theirs = try await cluster.open(options)
            for _ in 0..<rounds {
                try await cluster.waitUntilCurrent(theirs)
                let leader = try await eventually("a leader") { await cluster.leader(of: theirs) }
                // The old owner knows the leader only, so what it sends stays there.
                let mine = try await cluster.open(cluster.options(options, through: leader.address))
                let others = cluster.servers.filter { $0.name != leader.name }.map(\.address)
                let rival = try await cluster.open(cluster.options(options, through: others[0]))
                let tail = try await mine.tail(of: ShardID(0))
                var owner = Writer(shard: 0, epoch: (tail?.epoch ?? 0) + 1)
                if let tail {
                    let entry = try await collect(
                        mine.entries(of: ShardID(0), from: tail.position, through: tail.position, following: nil))[0]
                    owner.chain = RecordChain(after: entry)
                    owner.chain.epoch = tail.epoch + 1
                    owner.last = tail.position
                }
                for _ in 0..<3 { try await owner.append([1], to: mine) }
                let last = owner.last!
                leader.pause()
                let (chain, base) = (owner.chain, owner)
                async let stale: Result<LogPosition, AppendError> = {
                    var next = chain
                    let record = next.next([66])
                    do throws(AppendError) {
                        return .success(try await mine.append(record, after: last))
                    } catch {
                        return .failure(error)
                    }
                }()
                var claimant = base
                claimant.chain.epoch += 1
                do {
                    // Comes through once another leader was elected.
                    try await claimant.append([2], to: rival)
                    try await claimant.append([3], to: rival)
                } catch {
                    // Or nobody would end what was sent there.
                    leader.resume()
                    throw error
                }
                leader.resume()
                let outcome = await stale
                guard case .failure(.conflict(let named)) = outcome else {
                    Issue.record("the old owner's append ended with \(outcome)")
                    return
                }
                #expect(named ?? .start > last)
                try await claimant.append([4], to: rival)
                let records = try await collect(
                    rival.entries(of: ShardID(0), from: last, through: claimant.last!, following: nil))
                #expect(records.dropFirst().map(\.record.payload) == [[2], [3], [4]])
                await mine.close()
                await rival.close()
            }
            await theirs.close()
        }
    }
}
