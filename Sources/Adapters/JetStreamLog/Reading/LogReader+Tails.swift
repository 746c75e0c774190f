internal import CommitLogs
internal import Leaderboards
internal import NATSClient

extension LogReader {
    /// The shard's last record. Who can be asked is asked in turn, until one shows a record that is not before what is
    /// known to be committed.
    func tail(of shard: ShardID) async throws(ReadError) -> LogTail? {
        let request = JetStreamAPI.GetRequest(last_by_subj: group.subject(of: shard))
        let end = ContinuousClock.now + options.readPatience
        // What each of those asked said last: the leader is 0, replicas follow.
        var answers: [Int: Answer] = [:]
        var source = 0
        while true {
            let answer = await answer(of: source, to: request, shard)
            switch answer {
            case .tail(let entry):
                witness.note(entry)
                return LogTail(entry)
            // Only the leader can say so: a replica may not have seen the first record yet.
            case .empty where source == 0: return nil
            case .empty, .behind, .damaged: break
            case .trouble(let trouble): if trouble.isClosed { throw .failed(trouble.reason) }
            }
            answers[source] = answer
            source = (source + 1) % (replicas.count + 1)
            if source > 0 { continue }
            if ContinuousClock.now > end || Task.isCancelled { throw verdict(on: answers, shard) }
            await pause()
        }
    }

    private enum Answer {
        case tail(LogEntry)
        case empty
        /// It shows an older record than is known to be committed.
        case behind(LogPosition)
        case damaged(LogPosition, RecordProblem)
        case trouble(Trouble)
    }

    private func answer(of source: Int, to request: JetStreamAPI.GetRequest, _ shard: ShardID) async -> Answer {
        do throws(Trouble) {
            let found =
                source == 0
                ? try await askLeader(request) : try await directLast(of: shard, request, choice: source - 1)
            let known = witness[shard]?.position
            guard let found else { return known == nil ? .empty : .behind(.start) }
            switch found.entry(in: group) {
            case .success(let entry): return entry.position < known ?? .start ? .behind(entry.position) : .tail(entry)
            case .failure(let problem): return .damaged(LogPosition(found.sequence), problem)
            }
        } catch {
            return .trouble(error)
        }
    }

    private func directLast(
        of shard: ShardID, _ request: JetStreamAPI.GetRequest, choice: Int
    ) async throws(Trouble) -> StoredMessage? {
        let outcome = await replicas.connection(choice).request(
            Request(
                subject: JetStreamAPI.directGet + group.stream, payload: JetStreamAPI.encode(request),
                timeout: .seconds(1)))
        guard case .reply(let message) = outcome else { throw Trouble(outcome) }
        if message.status == 404 { return nil }
        guard let stored = StoredMessage(message) else { throw Trouble(outcome) }
        return stored
    }

    /// Only if all that were asked answered, and none has the record, is it lost.
    private func verdict(on answers: [Int: Answer], _ shard: ShardID) -> ReadError {
        var newest = LogPosition.start
        var damage: ReadError?
        for source in answers.keys.sorted() {
            switch answers[source]! {
            case .trouble(let trouble): return .failed("shard \(shard): \(trouble.reason)")
            case .behind(let position): newest = max(newest, position)
            case .damaged(let position, let problem): damage = .corrupted(at: position, problem.description)
            case .tail, .empty: break
            }
        }
        if let damage { return damage }
        let known = witness[shard]?.position ?? .start
        return .corrupted(at: known, "shard \(shard) ends at \(newest), and \(known) had been acknowledged")
    }

    /// The last record of every shard, merged with what is known to be committed. Nil once the log is closed.
    func lastPositions() async -> [ShardID: LogPosition]? {
        var choice = 0
        let messages: [StoredMessage]? = await insist { () throws(Trouble) in
            defer { choice += 1 }
            return try await lastRecords(choice: choice % replicas.count)
        }
        guard let messages else { return nil }
        var positions = witness.all.mapValues(\.position)
        for message in messages {
            guard let shard = group.shard(of: message.subject) else { continue }
            positions[shard] = max(positions[shard] ?? .start, LogPosition(message.sequence))
        }
        return positions
    }
}
