package import CheckpointStores
package import CommitLogs
internal import Leaderboards
internal import Logging
internal import NIOPosix
internal import Sharding

/// Checks what a node has on disk by using it: loads every kept checkpoint completely, replays the log from each, and
/// compares where they end. Changes nothing.
package struct OfflineVerification {
    private let environment: ShardEnvironment

    package init(log: any CommitLog, store: any CheckpointStore, configuration: NodeConfiguration) {
        environment = ShardEnvironment(
            configuration: configuration, clock: SystemClock(), log: log, store: store,
            threads: NIOThreadPool(numberOfThreads: 1), budgets: ProjectBudgets(nil), logger: Logger(label: "verify"),
            fail: { _ in },
            inBackground: { _ in false })
    }

    package struct Report: Sendable {
        package var problems: [String] = []
        package var checkpointCount = 0
        package var entryCount = 0
        package var isSound: Bool { problems.isEmpty }
    }

    package func run(_ say: (String) -> Void) async -> Report {
        var report = Report()
        let inLog = await environment.log.lastPositions()
        for number in 0..<environment.configuration.shardCount {
            let id = ShardID(UInt16(number))
            await verify(id, isInLog: inLog[id] != nil, &report, say)
        }
        say(
            "state: \(report.checkpointCount) checkpoints loaded with \(report.entryCount) entries, \(report.problems.count) problems"
        )
        return report
    }

    private func verify(_ id: ShardID, isInLog: Bool, _ report: inout Report, _ say: (String) -> Void) async {
        func problem(_ text: String) {
            report.problems.append(text)
            say("shard \(id): \(text)")
        }
        var rebuilt: [(name: String, state: ShardRecovery.Rebuilt)] = []
        let generations: [UInt64]
        do {
            generations = try environment.store.serials(of: .shardManifest, shard: id)
        } catch {
            return problem("checkpoints can't be listed: \(error)")
        }
        // A shard with a checkpoint is in the log as well: where it isn't, files of the log are missing.
        if generations.isEmpty, !isInLog { return }
        for generation in generations {
            report.checkpointCount += 1
            do throws(RecoveryError) {
                let recovered = try await ShardRecovery(environment: environment).rebuild(id, generation: generation)
                report.entryCount += recovered.entries
                rebuilt.append(("checkpoint \(generation)", recovered))
            } catch {
                problem("checkpoint \(generation): \(error)")
            }
        }
        // Where the log still has the shard's first record, all of its history can be told anew.
        let reachesBack = await environment.log.firstPosition() == .start
        if generations.isEmpty || reachesBack {
            do throws(RecoveryError) {
                let recovered = try await ShardRecovery(environment: environment).rebuild(id, generation: nil)
                rebuilt.append(("the whole log", recovered))
            } catch {
                problem("replay of the whole log: \(error)")
            }
        }
        func list(_ hash: (ShardRecovery.Rebuilt) -> ChainHash) -> String {
            rebuilt.map { "\($0.name) \(hash($0.state))" }.joined(separator: ", ")
        }
        if Set(rebuilt.map { $0.state.hash }).count > 1 {
            problem("the same records lead to different states: \(list(\.hash))")
        }
        // A checkpoint of a version that did not count knows nothing of what was before it.
        for (_, alike) in Dictionary(grouping: rebuilt, by: { $0.state.countedSince })
        where Set(alike.map { $0.state.usage }).count > 1 {
            problem("the same records lead to different usage: \(list(\.usage))")
        }
    }
}
