internal import CommitLogs
internal import Leaderboards
internal import NATSClient

extension LogReader {
    /// The shard's last record: the newest that the leader or any replica shows, of many answers, and none
    /// before what is known to be committed.
    ///
    /// All are asked, and not the leader alone: one whose file was cut short does not know what it lost, and a claim that
    /// followed its last record would make a second history. What a replica has is committed, so an append after it is
    /// refused by such a leader.
    func tail(of shard: ShardID) async throws(ReadError) -> LogTail? {
        let end = ContinuousClock.now + options.readPatience
        while true {
            let answers = await answers(shard)
            var newest: LogEntry?
            for case .tail(let entry) in answers where entry.position > newest?.position ?? .start { newest = entry }
            for case .damaged(let position, let problem) in answers
            where problem.newerRecordOf != nil && position > newest?.position ?? .start {
                throw .newer(shard, at: position, problem.description)
            }
            let known = witness[shard]?.position
            let answerCount = answers.dropFirst().count { if case .trouble = $0 { false } else { true } }
            let isEnough = answerCount * 2 >= askCount
            if isEnough, let newest, newest.position >= known ?? .start {
                witness.note(newest)
                return LogTail(newest)
            }
            // Only the leader can say so: a replica may not have seen the first record yet.
            if isEnough, newest == nil, known == nil, case .empty = answers[0] { return nil }
            for case .trouble(let trouble) in answers where trouble.isClosed { throw .failed(trouble.reason) }
            if ContinuousClock.now > end || Task.isCancelled {
                throw verdict(on: answers, shard, newest?.position ?? .start)
            }
            await pause()
        }
    }

    /// The newest that the leader or any replica shows, whatever was known before. All that were asked must have answered: who did not
    /// may have more.
    func visibleTail(of shard: ShardID) async throws(ReadError) -> LogTail? {
        let end = ContinuousClock.now + options.readPatience
        while true {
            let answers = await answers(shard)
            var newest: LogEntry?
            var trouble: Trouble?
            for answer in answers {
                switch answer {
                case .tail(let entry): if entry.position > newest?.position ?? .start { newest = entry }
                case .empty: break
                case .damaged(let position, let problem): throw .corrupted(at: position, problem.description)
                case .trouble(let found): trouble = found
                }
            }
            guard let trouble else { return newest.map { LogTail($0) } }
            if trouble.isClosed || ContinuousClock.now > end || Task.isCancelled {
                throw .failed("shard \(shard): \(trouble.reason)")
            }
            await pause()
        }
    }

    private enum Answer {
        case tail(LogEntry)
        case empty
        case damaged(LogPosition, RecordProblem)
        case trouble(Trouble)
    }

    /// The leader's first, then those of replicas.
    private func answers(_ shard: ShardID) async -> [Answer] {
        await withTaskGroup(of: (Int, Answer).self) { group in
            for source in 0...askCount {
                group.addTask { (source, await answer(of: source, shard)) }
            }
            var answers = [Answer](repeating: .empty, count: askCount + 1)
            for await (source, answer) in group { answers[source] = answer }
            return answers
        }
    }

    private func answer(of source: Int, _ shard: ShardID) async -> Answer {
        let request = JetStreamAPI.GetRequest(last_by_subj: group.subject(of: shard))
        do throws(Trouble) {
            let found =
                source == 0 ? try await askLeader(request) : try await askReplica(request, choice: source)
            guard let found else { return .empty }
            switch found.entry(in: group) {
            case .success(let entry): return .tail(entry)
            case .failure(let problem): return .damaged(LogPosition(found.sequence), problem)
            }
        } catch {
            return .trouble(error)
        }
    }

    private func askReplica(
        _ request: JetStreamAPI.GetRequest, choice: Int
    ) async throws(Trouble) -> StoredMessage? {
        let outcome = await replicas.connection(choice).request(
            Request(
                subject: JetStreamAPI.directGet + group.stream, payload: JetStreamAPI.encode(request),
                timeout: .milliseconds(500)))
        guard case .reply(let message) = outcome else { throw Trouble(outcome) }
        if message.status == 404 { return nil }
        guard let stored = StoredMessage(message) else { throw Trouble(outcome) }
        return stored
    }

    /// Only if all that were asked answered, and none has the record, is it lost.
    private func verdict(on answers: [Answer], _ shard: ShardID, _ newest: LogPosition) -> ReadError {
        for case .trouble(let trouble) in answers { return .failed("shard \(shard): \(trouble.reason)") }
        for case .damaged(let position, let problem) in answers {
            return .corrupted(at: position, problem.description)
        }
        let known = witness[shard]?.position ?? .start
        return .corrupted(at: known, "shard \(shard) ends at \(newest), and \(known) had been acknowledged")
    }

    // MARK: All shards

    /// Where each shard ends, as replicas show it: the newest of many answers.
    func lastPositionsOfReplicas() async throws(Trouble) -> [ShardID: LogPosition] {
        let results = await withTaskGroup(of: Result<[StoredMessage], Trouble>.self) { group in
            for choice in 0..<askCount {
                group.addTask {
                    do throws(Trouble) {
                        return .success(try await lastRecords(choice: choice))
                    } catch {
                        return .failure(error)
                    }
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        var positions = witness.all.mapValues(\.position)
        var answerCount = 0
        var trouble = Trouble(reason: "no server answers")
        for result in results {
            switch result {
            case .failure(let problem): trouble = problem
            case .success(let messages):
                answerCount += 1
                for message in messages {
                    guard let shard = group.shard(of: message.subject) else { continue }
                    positions[shard] = max(positions[shard] ?? .start, LogPosition(message.sequence))
                }
            }
        }
        if answerCount * 2 < askCount { throw trouble }
        return positions
    }

    /// As `lastPositionsOfReplicas`, for as long as it takes. Nil once the log is closed.
    func lastPositions() async -> [ShardID: LogPosition]? {
        await insist { () throws(Trouble) in try await lastPositionsOfReplicas() }
    }
}
