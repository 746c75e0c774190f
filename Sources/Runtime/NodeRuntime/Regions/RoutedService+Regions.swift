package import Leaderboards
internal import Regions
internal import Sharding

// What is at home in another region is asked of a gateway there. That one routes within its own region and asks no other one, so
// that nothing goes in circles.
extension RoutedService {
    /// Asks another region, again and again as long as nothing was done and there is time.
    package func ask<Request: PeerMessage, Value: PeerMessage>(
        region: String, _ operation: PeerOperation, _ request: Request, isRepeatable: Bool
    ) async throws(ServiceError) -> Value {
        let bytes = request.encoded
        var route = makeRoute(isRepeatable: isRepeatable)
        while true {
            var failure: ServiceError
            do throws(ServiceError) {
                let time = max(route.deadline - clock.uptime(), .milliseconds(1))
                return try Self.value(of: try await regions!.links.call(operation, bytes, to: region, within: time))
            } catch {
                failure = error
            }
            // Gateways don't say where else to ask.
            if failure.isRouted { failure = .unavailable("region \(region) has no owner for it", retryAfter: 1) }
            switch route.step(after: failure, from: Self.otherRegion, at: clock.uptime(), spread: spread) {
            case .fail(let error): throw error
            case .node: throw failure
            case .wait(let time): try await wait(time)
            }
        }
    }

    /// What this node has of another region, if the reader said that it may be as old as that is; or what that region says; or
    /// what this node has after all, if there is no answer.
    func orMirrored<Value: Sendable>(
        _ region: String, _ options: ReadOptions,
        here: (Node, ReadOptions) async throws(ServiceError) -> Positioned<Value>,
        there: () async throws(ServiceError) -> Positioned<Value>
    ) async throws(ServiceError) -> Positioned<Value> {
        guard let mirror = mirrors[region] else { return try await there() }
        // Whatever it says but an answer, is said better there.
        func mirrored(within bound: Duration?) async -> Positioned<Value>? {
            guard let bound else { return nil }
            var options = options
            (options.ageMax, options.ageMaxOnError) = (bound, nil)
            do throws(ServiceError) { return try await here(mirror, options) } catch { return nil }
        }
        if let answer = await mirrored(within: options.ageMax) { return answer }
        do throws(ServiceError) { return try await there() } catch {
            if case .refused = error { throw error }
            guard let answer = await mirrored(within: options.ageMaxOnError) else { throw error }
            return answer
        }
    }

    /// Stands for whoever answered there.
    private static var otherRegion: UInt64 { .max }

    /// The region to ask; nil if it is this one, or there are no others.
    func awayHome(of key: LeaderboardKey) throws(ServiceError) -> String? { try regions?.awayHome(of: key) }

    /// The region that has a place; nil if it is this one.
    package func region(at place: ShardPlace) -> String? { regions?.region(at: place, shardCount: shardCount) }

    /// Of this region and of others.
    package func keys(of project: String) async throws(ServiceError) -> [LeaderboardKey] {
        let keys = try await keysHere(of: project)
        guard let regions else { return keys }
        var all = keys.filter { regions.map.home(of: $0) == regions.me }
        for region in regions.awayHomes(ofProject: project) {
            let others: PeerList<LeaderboardKey> = try await ask(
                region: region, .projectKeys, ProjectQuestion(project), isRepeatable: true)
            all += others.elements.filter { regions.map.home(of: $0) == region }
        }
        return all
    }

    /// A batch with leaderboards of several regions, each of which gets its own.
    func submitToRegions(
        _ batch: SubmissionBatch, project: String, upload: String?
    ) async throws(ServiceError) -> [SubmissionAnswer]? {
        guard let regions else { return nil }
        var parts: [String: [Int]] = [:]
        for (index, submission) in batch.submissions.enumerated() {
            let key = LeaderboardKey(project: project, id: batch.string(submission.leaderboard))
            parts[try regions.awayHome(of: key) ?? regions.me, default: []].append(index)
        }
        if parts.count == 1, parts[regions.me] != nil { return nil }
        if parts.count == 1, let (region, _) = parts.first {
            return try await submit(batch, project, upload, inRegion: region)
        }
        let unanswered = SubmissionAnswer(.failure(.unavailable("not reached", retryAfter: 1)), at: .start)
        var answers = [SubmissionAnswer](repeating: unanswered, count: batch.count)
        await withTaskGroup(of: (indices: [Int], answers: [SubmissionAnswer]).self) { group in
            for (region, indices) in parts {
                let part = batch.picking(indices)
                group.addTask {
                    do throws(ServiceError) {
                        let answers = try await self.submit(part, project, upload, inRegion: region)
                        return (indices, answers)
                    } catch {
                        return (indices, indices.map { _ in SubmissionAnswer(.failure(error), at: .start) })
                    }
                }
            }
            for await part in group {
                for (index, answer) in zip(part.indices, part.answers) { answers[index] = answer }
            }
        }
        return answers
    }

    private func submit(
        _ batch: SubmissionBatch, _ project: String, _ upload: String?, inRegion region: String
    ) async throws(ServiceError) -> [SubmissionAnswer] {
        if region == regions?.me { return try await submitHere(batch, project: project, upload: upload) }
        let answers: PeerList<SubmissionAnswer> = try await ask(
            region: region, .submit, SubmissionRequest(project: project, upload: upload, batch: batch),
            isRepeatable: batch.submissions.allSatisfy { !$0.requestKey.isEmpty })
        guard answers.elements.count == batch.count else {
            throw .outcomeUnknown("another region answered something else")
        }
        return answers.elements
    }
}
