package import Leaderboards
package import Sharding

extension Node: LeaderboardService {
    package func submit(
        _ batch: SubmissionBatch, project: String, upload: String?
    ) async throws(ServiceError) -> [SubmissionAnswer] {
        let shards = try shards()
        var parts = SubmissionRouting(batch, project: project, shardCount: shards.count).parts
        if parts.count == 1 {
            let part = parts.removeFirst()
            let shard = shards[part.shard]
            let answer = try await shard.submit(batch, at: part.indices, project: project, upload: upload)
            return answer.value.map { SubmissionAnswer(.success($0), at: answer.position) }
        }
        let unanswered = SubmissionAnswer(.failure(.unavailable("not reached", retryAfter: 1)), at: .start)
        var answers = [SubmissionAnswer](repeating: unanswered, count: batch.count)
        await withTaskGroup(of: (indices: [Int], answers: [SubmissionAnswer]).self) { group in
            for part in parts {
                let shard = shards[part.shard]
                group.addTask {
                    do throws(ServiceError) {
                        let answer = try await shard.submit(batch, at: part.indices, project: project, upload: upload)
                        return (part.indices, answer.value.map { SubmissionAnswer(.success($0), at: answer.position) })
                    } catch {
                        return (part.indices, part.indices.map { _ in SubmissionAnswer(.failure(error), at: .start) })
                    }
                }
            }
            for await part in group {
                for (index, answer) in zip(part.indices, part.answers) { answers[index] = answer }
            }
        }
        return answers
    }

    package func create(
        _ key: LeaderboardKey, _ definition: LeaderboardDefinition
    ) async throws(ServiceError) -> Positioned<LeaderboardDescription> {
        try await shard(of: key).create(key, definition)
    }

    package func update(
        _ key: LeaderboardKey, _ definition: LeaderboardDefinition, replacing version: UInt32
    ) async throws(ServiceError) -> Positioned<LeaderboardDescription> {
        try await shard(of: key).update(key, definition, replacing: version)
    }

    package func delete(_ key: LeaderboardKey) async throws(ServiceError) -> LogPosition {
        try await shard(of: key).delete(key)
    }

    package func describe(_ key: LeaderboardKey) async throws(ServiceError) -> Positioned<LeaderboardDescription> {
        try await shard(of: key).describe(key)
    }

    package func list(
        project: String, after id: String?, limit: Int
    ) async throws(ServiceError) -> [LeaderboardDescription] {
        let keys = try await keys(of: project).sorted()
        var page: [LeaderboardDescription] = []
        for key in keys where id.map({ key.id > $0 }) ?? true {
            if page.count == limit { break }
            // One that was deleted in the meantime is left out.
            do throws(ServiceError) {
                page.append(try await describe(key).value)
            } catch .refused(.unknownLeaderboard) {
                continue
            }
        }
        return page
    }

    package func removeEntry(_ key: LeaderboardKey, user: [UInt8]) async throws(ServiceError) -> LogPosition {
        try await shard(of: key).removeEntry(key, user: user)
    }

    package func page(
        _ key: LeaderboardKey, _ board: BoardSelector, _ request: PageRequest, _ options: ReadOptions
    ) async throws(ServiceError) -> Positioned<Page> {
        try await shard(of: key).page(key, board, request, options)
    }

    package func entries(
        _ key: LeaderboardKey, _ board: BoardSelector, users: [[UInt8]], _ options: ReadOptions
    ) async throws(ServiceError) -> Positioned<UserEntries> {
        try await shard(of: key).entries(key, board, users: users, options)
    }
}

/// Divides a batch among shards, in order within each.
struct SubmissionRouting {
    struct Part {
        let shard: Int
        var indices: [Int]
    }

    private(set) var parts: [Part] = []

    init(_ batch: SubmissionBatch, project: String, shardCount: Int) {
        var places: [Int: Int] = [:]
        var last: (id: ArraySlice<UInt8>, part: Int)?
        for index in batch.submissions.indices {
            let id = batch.text(batch.submissions[index].leaderboard)
            if let last, last.id == id {
                parts[last.part].indices.append(index)
                continue
            }
            let key = LeaderboardKey(project: project, id: String(decoding: id, as: UTF8.self))
            let shard = ShardMap.place(of: key, among: shardCount)
            let part = places[shard] ?? parts.count
            if part == parts.count {
                parts.append(Part(shard: shard, indices: []))
                places[shard] = part
            }
            parts[part].indices.append(index)
            last = (id, part)
        }
    }
}
