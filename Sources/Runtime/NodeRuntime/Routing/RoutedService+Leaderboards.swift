package import Leaderboards
package import Sharding

extension RoutedService: LeaderboardService {
    package func submit(
        _ batch: SubmissionBatch, project: String, upload: String?
    ) async throws(ServiceError) -> [SubmissionAnswer] {
        if let answers = try await submitToRegions(batch, project: project, upload: upload) { return answers }
        return try await submitHere(batch, project: project, upload: upload)
    }

    /// Within this region.
    func submitHere(
        _ batch: SubmissionBatch, project: String, upload: String?
    ) async throws(ServiceError) -> [SubmissionAnswer] {
        let node = node
        let parts = SubmissionRouting(batch, project: project, shardCount: shardCount).parts
        if parts.count == 1 {
            return try await submit(batch, project, upload, at: ShardPlace(index: parts[0].shard), after: nil)
        }
        var answers = try await node.submit(batch, project: project, upload: upload)
        // Of what is in one shard, all has failed in one way or nothing.
        let elsewhere = parts.compactMap { part -> (indices: [Int], error: ServiceError)? in
            guard case .failure(let error) = answers[part.indices[0]].outcome, error.isRouted else { return nil }
            return (part.indices, error)
        }
        await withTaskGroup(of: (indices: [Int], answers: [SubmissionAnswer]).self) { group in
            for part in elsewhere {
                let rest = batch.picking(part.indices)
                group.addTask {
                    do throws(ServiceError) {
                        return (part.indices, try await self.submit(rest, project, upload, at: nil, after: part.error))
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

    /// Submissions to one shard.
    private func submit(
        _ batch: SubmissionBatch, _ project: String, _ upload: String?, at place: ShardPlace?,
        after first: ServiceError?
    ) async throws(ServiceError) -> [SubmissionAnswer] {
        // With its key, or as a line of an upload, a submission counts once however often it arrives. But to a line that was
        // counted nobody answers what became of it: that is told only for keys.
        let isRepeatable = batch.submissions.allSatisfy { !$0.requestKey.isEmpty }
        var doubt = Doubt()
        do throws(ServiceError) {
            return try await route(isRepeatable: isRepeatable, at: place, after: first) {
                () async throws(ServiceError) in
                do throws(ServiceError) {
                    return try await self.node.submit(batch, project: project, upload: upload)
                } catch { throw doubt.noting(error) }
            } there: { (owner, time) async throws(ServiceError) in
                let request = SubmissionRequest(project: project, upload: upload, batch: batch)
                do throws(ServiceError) {
                    let answers: PeerList<SubmissionAnswer> = try await self.ask(owner, .submit, request, within: time)
                    guard answers.elements.count == batch.count else {
                        throw .outcomeUnknown("another node answered something else")
                    }
                    return answers.elements
                } catch { throw doubt.noting(error) }
            }
        } catch {
            throw doubt.last(error)
        }
    }

    package func create(
        _ key: LeaderboardKey, _ definition: LeaderboardDefinition
    ) async throws(ServiceError) -> Positioned<LeaderboardDescription> {
        // What is wrong with it may be that it has no encoding.
        let problems = definition.problems()
        if !problems.isEmpty { throw .refused(.invalidDefinition(problems)) }
        if let home = try awayHome(of: key) {
            return try await ask(region: home, .create, DefinitionRequest(key, definition), isRepeatable: false)
        }
        return try await route(isRepeatable: false, at: node.place(of: key)) { () async throws(ServiceError) in
            try await self.node.create(key, definition)
        } there: { (owner, time) async throws(ServiceError) in
            try await self.ask(owner, .create, DefinitionRequest(key, definition), within: time)
        }
    }

    package func update(
        _ key: LeaderboardKey, _ definition: LeaderboardDefinition, replacing version: UInt32
    ) async throws(ServiceError) -> Positioned<LeaderboardDescription> {
        let problems = definition.problems()
        if !problems.isEmpty { throw .refused(.invalidDefinition(problems)) }
        if let home = try awayHome(of: key) {
            let request = DefinitionRequest(key, definition, replacing: version)
            return try await ask(region: home, .update, request, isRepeatable: false)
        }
        return try await route(isRepeatable: false, at: node.place(of: key)) { () async throws(ServiceError) in
            try await self.node.update(key, definition, replacing: version)
        } there: { (owner, time) async throws(ServiceError) in
            try await self.ask(owner, .update, DefinitionRequest(key, definition, replacing: version), within: time)
        }
    }

    package func delete(_ key: LeaderboardKey) async throws(ServiceError) -> LogPosition {
        if let home = try awayHome(of: key) {
            return try await ask(region: home, .delete, key, isRepeatable: false)
        }
        return try await route(isRepeatable: false, at: node.place(of: key)) { () async throws(ServiceError) in
            try await self.node.delete(key)
        } there: { (owner, time) async throws(ServiceError) in
            try await self.ask(owner, .delete, key, within: time)
        }
    }

    package func describe(_ key: LeaderboardKey) async throws(ServiceError) -> Positioned<LeaderboardDescription> {
        if let home = try awayHome(of: key) {
            return try await ask(region: home, .describe, key, isRepeatable: true)
        }
        return try await route(isRepeatable: true, at: node.place(of: key)) { () async throws(ServiceError) in
            try await self.node.describe(key)
        } there: { (owner, time) async throws(ServiceError) in
            try await self.ask(owner, .describe, key, within: time)
        }
    }

    package func list(
        project: String, after id: String?, limit: Int
    ) async throws(ServiceError) -> [LeaderboardDescription] {
        var rest = try await keys(of: project).sorted()[...]
        if let id { rest = rest.drop { $0.id <= id } }
        var page: [LeaderboardDescription] = []
        while page.count < limit, !rest.isEmpty {
            let keys = rest.prefix(min(limit - page.count, Self.describedAtOnce))
            rest = rest.dropFirst(keys.count)
            // Those that were deleted in the meantime are left out.
            for description in await describe(keys) {
                do throws(ServiceError) {
                    page.append(try description.get())
                } catch .refused(.unknownLeaderboard) {
                    continue
                }
            }
        }
        return page
    }

    private static var describedAtOnce: Int { 64 }

    private func describe(
        _ keys: ArraySlice<LeaderboardKey>
    ) async -> [Result<LeaderboardDescription, ServiceError>] {
        await withTaskGroup(of: (LeaderboardKey, Result<LeaderboardDescription, ServiceError>).self) { group in
            for key in keys {
                group.addTask {
                    do throws(ServiceError) {
                        return (key, .success(try await self.describe(key).value))
                    } catch {
                        return (key, .failure(error))
                    }
                }
            }
            var described: [LeaderboardKey: Result<LeaderboardDescription, ServiceError>] = [:]
            for await (key, result) in group { described[key] = result }
            return keys.map { described[$0]! }
        }
    }

    package func removeEntry(_ key: LeaderboardKey, user: [UInt8]) async throws(ServiceError) -> LogPosition {
        if let home = try awayHome(of: key) {
            return try await ask(region: home, .removeEntry, RemovalRequest(key, user: user), isRepeatable: false)
        }
        return try await route(isRepeatable: false, at: node.place(of: key)) { () async throws(ServiceError) in
            try await self.node.removeEntry(key, user: user)
        } there: { (owner, time) async throws(ServiceError) in
            try await self.ask(owner, .removeEntry, RemovalRequest(key, user: user), within: time)
        }
    }

    package func page(
        _ key: LeaderboardKey, _ board: BoardSelector, _ request: PageRequest, _ options: ReadOptions
    ) async throws(ServiceError) -> Positioned<Page> {
        if let home = try awayHome(of: key) {
            return try await orMirrored(home, options) { (mirror, options) async throws(ServiceError) in
                try await mirror.page(key, board, request, options)
            } there: { () async throws(ServiceError) in
                try await self.ask(
                    region: home, .page, PageQuestion(key, board, request, options), isRepeatable: true)
            }
        }
        return try await orOld(key, options) { (options) async throws(ServiceError) in
            try await self.node.page(key, board, request, options)
        } there: { (owner, time) async throws(ServiceError) in
            try await self.ask(owner, .page, PageQuestion(key, board, request, options), within: time)
        }
    }

    package func entries(
        _ key: LeaderboardKey, _ board: BoardSelector, users: [[UInt8]], _ options: ReadOptions
    ) async throws(ServiceError) -> Positioned<UserEntries> {
        if let home = try awayHome(of: key) {
            return try await orMirrored(home, options) { (mirror, options) async throws(ServiceError) in
                try await mirror.entries(key, board, users: users, options)
            } there: { () async throws(ServiceError) in
                try await self.ask(
                    region: home, .entries, EntriesQuestion(key, board, users: users, options), isRepeatable: true)
            }
        }
        return try await orOld(key, options) { (options) async throws(ServiceError) in
            try await self.node.entries(key, board, users: users, options)
        } there: { (owner, time) async throws(ServiceError) in
            try await self.ask(owner, .entries, EntriesQuestion(key, board, users: users, options), within: time)
        }
    }

    /// A fresh answer; if there is none, what this node has, if the reader said that it may be as old as that is.
    private func orOld<Value: Sendable>(
        _ key: LeaderboardKey, _ options: ReadOptions,
        here: (ReadOptions) async throws(ServiceError) -> Positioned<Value>,
        there: (UInt64, Duration) async throws(ServiceError) -> Positioned<Value>
    ) async throws(ServiceError) -> Positioned<Value> {
        do throws(ServiceError) {
            return try await route(
                isRepeatable: true, at: options.ageMax == nil ? node.place(of: key) : nil,
                here: { () async throws(ServiceError) in try await here(options) }, there: there)
        } catch {
            guard let bound = options.ageMaxOnError else { throw error }
            if case .refused = error { throw error }
            var options = options
            (options.ageMax, options.ageMaxOnError) = (bound, nil)
            do throws(ServiceError) { return try await here(options) } catch {}
            throw error
        }
    }

    package func readiness() async -> Readiness { await node.readiness() }
}

extension ServiceError {
    /// Another node may say something else.
    package var isRouted: Bool {
        if case .moved = self { true } else { false }
    }
}
