internal import Glibc
internal import Leaderboards
internal import Logging
internal import NIOPosix
internal import Sharding

/// Verifies checkpoints that somebody waits for: one at a time, on a thread that yields to all others.
struct CheckpointVerification: Sendable {
    let shards: [ShardActor]
    let environment: ShardEnvironment
    let exchange: CheckpointExchange

    /// Those that are wanted now.
    func verifyWanted() async {
        var later: [ShardID] = []
        while let id = exchange.shelf.nextWanted() {
            guard Int(id.number) < shards.count else { continue }
            let shard = shards[Int(id.number)]
            guard await shard.beginVerification() else {
                later.append(id)
                continue
            }
            let shelf = exchange.shelf
            let result = try? await exchange.verifier.runIfActive {
                Self.yieldToOthers()
                return shelf.verify(id)
            }
            await shard.endVerification(isAnyNew: result?.isAnyNew ?? false)
            for problem in result?.problems ?? [] {
                environment.logger.error("damaged: \(problem)", metadata: ["shard": "\(id)"])
            }
        }
        for id in later { exchange.shelf.want(id) }
    }

    /// The thread's own priority, on Linux.
    private static func yieldToOthers() { _ = setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, 10) }
}
