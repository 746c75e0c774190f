import Leaderboards
import NIOCore
import NodeRuntime
import Sharding
import Synchronization

/// Waits for an entry, takes the lowest, and says what became of it.
final class Taker: WaitingWork {
    let keys: [LeaderboardKey]
    let deadline: NIODeadline?

    private struct State {
        var isGivenUp = false
        var taken: [String] = []
        var results: [Result<Void, ServiceError>] = []
        var waiting: CheckedContinuation<Void, Never>?
    }
    private let state = Mutex(State())

    init(_ keys: LeaderboardKey..., until deadline: NIODeadline? = nil) {
        self.keys = keys
        self.deadline = deadline
    }

    // MARK: What a test asks

    /// `ann of a`, `nothing`, or what it failed with; once it is finished.
    var end: String {
        get async {
            await withCheckedContinuation { continuation in
                let isFinished = state.withLock { state in
                    if state.results.isEmpty { state.waiting = continuation }
                    return !state.results.isEmpty
                }
                if isFinished { continuation.resume() }
            }
            return state.withLock { state in
                guard state.results.count == 1 else { return "finished \(state.results.count) times" }
                if case .failure(let error) = state.results[0] { return "\(error)" }
                return state.taken.isEmpty ? "nothing" : state.taken.joined(separator: ", ")
            }
        }
    }

    var isFinished: Bool { state.withLock { !$0.results.isEmpty } }
    var hasTaken: Bool { state.withLock { !$0.taken.isEmpty } }

    func giveUp() { state.withLock { $0.isGivenUp = true } }

    // MARK: WaitingWork

    var isGivenUp: Bool { state.withLock { $0.isGivenUp } }

    func take(from key: LeaderboardKey, on shard: Shard, into record: inout RecordBuilder) {
        guard let set = shard.sortedSet(key, at: record.time) else { return }
        var lowest: [UInt8] = []
        set.forEach(0..<1, descending: false) { member, _ in lowest = Array(member) }
        _ = lowest.withUnsafeBytes { shard.remove($0, from: set, into: &record) }
        state.withLock { $0.taken.append("\(String(decoding: lowest.prefix(8), as: UTF8.self)) of \(key.id)") }
    }

    func finish(_ result: Result<Void, ServiceError>) {
        let waiting = state.withLock { state in
            state.results.append(result)
            defer { state.waiting = nil }
            return state.waiting
        }
        waiting?.resume()
    }
}

extension Node {
    /// Lets takers wait, one after the other, and returns when they do or need not.
    func wait(_ takers: Taker...) async throws {
        for taker in takers {
            let count = await waitingCount()
            wait(taker, at: place(of: taker.keys[0]))
            await until { await waitingCount() > count || taker.isFinished || taker.hasTaken }
        }
    }

    /// Enters members with equal scores into plain sets, in one step.
    func enter(_ entries: [(member: String, key: LeaderboardKey)], livingFor wait: Duration? = nil) async throws {
        let keys = entries.map(\.key)
        try await perform(at: place(of: keys[0]), loading: keys, changing: true) { shard, record, seed in
            for (member, key) in entries {
                var set = shard.sortedSet(key, at: record.time)
                Array(member.utf8).withUnsafeBytes { bytes in
                    _ = try? shard.set(bytes, to: 1, in: &set, of: key, seed: seed, into: &record)
                }
                if let wait, let set { shard.setDeadline(record.time.advanced(by: wait), of: set, into: &record) }
            }
        }
    }

    /// The number of entries of a plain set; 0 if there is none.
    func size(of key: LeaderboardKey) async throws -> Int {
        try await perform(at: place(of: key), loading: [key], changing: false) { shard, record, _ in
            shard.sortedSet(key, at: record.time)?.count ?? 0
        }
    }
}
