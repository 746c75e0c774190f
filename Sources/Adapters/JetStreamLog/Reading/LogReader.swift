internal import CommitLogs
internal import Leaderboards
internal import NATSClient
internal import NIOCore
internal import Sharding

/// Asks replicas for records. Knows their answers, and that each may be behind or damaged; what follows from that is for
/// the callers.
struct LogReader: Sendable {
    let group: LogGroup
    let replicas: ReplicaSet
    let options: StreamLogOptions
    let witness: Witness
    let notice: @Sendable (StreamLogNotice) -> Void

    /// Why there was no answer.
    struct Trouble: Error, Hashable {
        let reason: String
        var isClosed = false
    }

    private static let timeout: Duration = .seconds(2)

    /// So many questions reach all replicas: that as many go to the same of three happens once in half a million times.
    var askCount: Int { options.replicas == .oneForTests ? 1 : 12 }

    private static let batchCount = 256
    private static let batchByteCount = 4 << 20

    // MARK: Single answers

    /// Records of a subject, which may have wildcards, from a sequence on, as one replica has them. None if it has none.
    func batch(
        from sequence: UInt64, subject: String, count: Int = LogReader.batchCount, choice: Int
    ) async throws(Trouble) -> [StoredMessage] {
        try await messages(
            JetStreamAPI.GetRequest(
                seq: max(sequence, 1), next_by_subj: subject, batch: count, max_bytes: Self.batchByteCount), choice)
    }

    /// The last record of every shard, as one replica has them.
    func lastRecords(choice: Int) async throws(Trouble) -> [StoredMessage] {
        try await messages(JetStreamAPI.GetRequest(multi_last: [group.subjects]), choice)
    }

    private func messages(
        _ request: JetStreamAPI.GetRequest, _ choice: Int
    ) async throws(Trouble) -> [StoredMessage] {
        let connection = await replicas.connection(choice)
        let (parts, outcome) = await connection.requestMany(
            Request(
                subject: JetStreamAPI.directGet + group.stream, payload: JetStreamAPI.encode(request),
                timeout: Self.timeout))
        let messages = parts.compactMap { StoredMessage($0) }
        switch outcome {
        case .reply(let end) where end.status == 204: return messages
        case .reply(let end) where end.status == 404: return []
        // What came before the answer broke off is as good as any.
        default:
            if !messages.isEmpty { return messages }
            throw Trouble(outcome)
        }
    }

    /// A record as the leader has it; nil if it has none.
    func askLeader(_ request: JetStreamAPI.GetRequest) async throws(Trouble) -> StoredMessage? {
        let outcome = await replicas.main.request(
            Request(
                subject: JetStreamAPI.get + group.stream, payload: JetStreamAPI.encode(request), timeout: Self.timeout))
        guard case .reply(let message) = outcome,
            let reply = JetStreamAPI.decode(JetStreamAPI.GetReply.self, message.payload)
        else { throw Trouble(outcome) }
        if let stored = reply.message { return StoredMessage(stored) }
        if reply.error?.err_code == JetStreamAPI.Problem.messageNotFound { return nil }
        throw Trouble(reason: reply.error?.text ?? "an answer without a message")
    }

    /// - Parameter domain: in which the stream of that name is meant; nil for this one
    func streamInfo(in domain: String? = nil) async throws(Trouble) -> JetStreamAPI.StreamInfo {
        let api = domain.map { JetStreamAPI.info.replacing("$JS.API.", with: "$JS.\($0).API.") } ?? JetStreamAPI.info
        let outcome = await replicas.main.request(Request(subject: api + group.stream, timeout: Self.timeout))
        guard case .reply(let message) = outcome,
            let info = JetStreamAPI.decode(JetStreamAPI.StreamInfo.self, message.payload)
        else { throw Trouble(outcome) }
        if let error = info.error { throw Trouble(reason: error.text) }
        return info
    }

    /// Where the stream begins and ends, as its leader has it.
    func bounds() async throws(Trouble) -> (first: UInt64, last: UInt64) {
        let info = try await streamInfo()
        guard let state = info.state else { throw Trouble(reason: "an answer without a state") }
        return (state.first_seq, state.last_seq)
    }

    // MARK: Asking again

    /// A pause that lets a replica catch up, or an election end.
    func pause() async { try? await Task.sleep(for: .milliseconds(Int.random(in: 5...20))) }

    /// Asks until there is an answer. Nil once the log is closed or the task cancelled.
    func insist<Value>(_ body: () async throws(Trouble) -> Value) async -> Value? {
        while !Task.isCancelled {
            do throws(Trouble) {
                return try await body()
            } catch {
                if error.isClosed { return nil }
            }
            await pause()
        }
        return nil
    }

    // MARK: What follows a record

    /// What stands behind the record at `expected`. Asks one replica after the other, and the leader, until one shows
    /// something, for so long as a log may be behind; if nothing need be there, once.
    func firstRecord(
        of shard: ShardID, after expected: UInt64, through sequence: UInt64, isMine: (ChainHash) -> Bool
    ) async -> AppendResolution.ReadBack {
        let subject = group.subject(of: shard)
        let end = ContinuousClock.now + options.regressionPatience
        var damagedCount = 0
        var choice = 0
        while true {
            do throws(Trouble) {
                let found =
                    choice < replicas.count
                    ? try await batch(from: expected + 1, subject: subject, count: 1, choice: choice).first
                    : try await askLeader(JetStreamAPI.GetRequest(seq: expected + 1, next_by_subj: subject))
                switch found?.entry(in: group) {
                case .success(let entry)?:
                    if isMine(entry.hash) { return .mine(entry.position.value) }
                    return .other(last: max(sequence, entry.position.value))
                // Not this node's own, which are all of this version.
                case .failure(let problem)? where problem.newerRecordOf != nil:
                    return .other(last: max(sequence, found?.sequence ?? 0))
                case .failure(let problem)?:
                    damagedCount += 1
                    notice(.replicaDamaged(problem.description))
                    if damagedCount >= askCount { return .damaged("behind \(expected): \(problem)") }
                case nil: break
                }
            } catch {
                if error.isClosed { return .nothing }
            }
            choice += 1
            if choice > replicas.count {
                choice = 0
                if sequence <= expected || ContinuousClock.now > end || Task.isCancelled { return .nothing }
                await pause()
            }
        }
    }
}

extension LogReader.Trouble {
    init(_ outcome: RequestOutcome) {
        switch outcome {
        case .closed: self.init(reason: "the log is closed", isClosed: true)
        case .reply(let message): self.init(reason: "status \(message.status ?? 0) \(message.headers.statusText)")
        default: self.init(reason: "\(outcome)")
        }
    }
}
