package import CommitLogs
package import Leaderboards
internal import NATSClient
internal import NIOCore
package import Sharding

extension StreamLog {
    package func append(
        _ record: EncodedRecord, after expected: LogPosition?
    ) async throws(AppendError) -> LogPosition {
        if options.originDomain != nil { throw .failed("a mirror takes no records but its origin's") }
        let decoded = try check(record)
        try await gates.enter(record.shard)
        defer { gates.leave(record.shard) }
        try gates.checkQuarantine(record.shard)
        try await admit(decoded, after: expected)

        let mailbox = AppendMailbox()
        gates.register(mailbox, for: record.shard)
        let attempts = AppendAttempts(
            record: record, request: request(record, decoded, after: expected), options: options, replicas: replicas,
            reader: reader)
        let verdict = await attempts.run(expected: expected?.value ?? 0, mailbox: mailbox)
        switch verdict {
        case .committed(let sequence):
            let position = LogPosition(sequence)
            witness.note(LogEntry(position: position, record: decoded, hash: record.hash))
            return position
        case .refused(.quarantined(let reason)):
            gates.quarantine(record.shard, reason)
            notice(.quarantined(shard: record.shard.number, reason))
            throw .quarantined(reason)
        case .refused(let error): throw error
        }
    }

    // MARK: Before it is sent

    /// What can be told from the record alone.
    private func check(_ record: EncodedRecord) throws(AppendError) -> LogRecord {
        if record.bytes.count > recordByteCountMax {
            throw .invalid("a record of \(record.bytes.count) bytes: at most \(recordByteCountMax) are taken")
        }
        guard let (decoded, count, hash) = try? record.bytes.withUnsafeBytes({ try LogRecord.decode($0) }),
            count == record.bytes.count, hash == record.hash, decoded.shard == record.shard,
            decoded.number == record.number
        else { throw .invalid("the bytes are not the record they are said to be") }
        guard group.contains(record.shard) else { throw .invalid("shard \(record.shard) is kept in another group") }
        return decoded
    }

    /// Lets a record pass that continues the record it names. The log compares sequences only; what does not continue
    /// the chain must not get in, so the record it follows must be known before it is sent.
    private func admit(_ record: LogRecord, after expected: LogPosition?) async throws(AppendError) {
        let known = witness[record.shard]
        // Somebody wrote after the one named: it can't be the last.
        if let known, expected ?? .start < known.position { throw .conflict(last: known.position) }
        var predecessor = known?.position == expected ? known : try await look(at: expected, of: record.shard)
        if let expected, predecessor == nil {
            // The leader does not have it. Another server may, if the leader is behind, or lost it.
            predecessor = try await readTail(of: record.shard, reaching: expected)
            guard predecessor?.position == expected else { throw .conflict(last: predecessor?.position) }
        }
        guard let problem = LogTail.problem(of: record, following: predecessor) else { return }
        let last = predecessor == known && known != nil ? known : try await readTail(of: record.shard)
        throw last?.position == expected ? .invalid(problem) : .conflict(last: last?.position)
    }

    /// The shard's record at `position`; nil if there is none.
    private func look(at position: LogPosition?, of shard: ShardID) async throws(AppendError) -> LogTail? {
        guard let position, position > .start else { return nil }
        let found: StoredMessage?? = await reader.insist { () throws(LogReader.Trouble) in
            try await reader.askLeader(JetStreamAPI.GetRequest(seq: position.value))
        }
        guard let found else { throw .closed }
        guard let message = found, group.shard(of: message.subject) == shard else { return nil }
        switch message.entry(in: group) {
        case .success(let entry):
            witness.note(entry)
            return LogTail(entry)
        case .failure(let problem): throw .quarantined("the record at \(position): \(problem)")
        }
    }

    /// The shard's last record, asked for a moment longer if it is before `position`: right after an election replicas show
    /// less than was acknowledged.
    private func readTail(
        of shard: ShardID, reaching position: LogPosition
    ) async throws(AppendError) -> LogTail? {
        let end = ContinuousClock.now + options.attemptTimeout * 2
        while true {
            let tail = try await readTail(of: shard)
            if tail?.position ?? .start >= position || ContinuousClock.now > end { return tail }
            await reader.pause()
        }
    }

    private func readTail(of shard: ShardID) async throws(AppendError) -> LogTail? {
        do throws(ReadError) {
            return try await reader.tail(of: shard)
        } catch {
            switch error {
            case .corrupted(let position, let problem):
                let reason = "at \(position): \(problem)"
                gates.quarantine(shard, reason)
                notice(.quarantined(shard: shard.number, reason))
                throw .quarantined(reason)
            case .truncated, .newer, .failed:
                // Nothing was sent.
                throw .conflict(last: witness[shard]?.position)
            }
        }
    }

    private func request(_ record: EncodedRecord, _ decoded: LogRecord, after expected: LogPosition?) -> Request {
        let headers = MessageHeaders([
            // Always there: without it an append would be taken after whatever is last.
            "Nats-Expected-Last-Subject-Sequence": String(expected?.value ?? 0),
            "Nats-Msg-Id": "\(record.shard).\(decoded.epoch).\(decoded.incarnation).\(record.number)",
            "Nats-Expected-Stream": group.stream,
        ])
        return Request(
            subject: group.subject(of: record.shard), headers: headers, payload: ByteBuffer(bytes: record.bytes),
            timeout: options.attemptTimeout, lingers: true)
    }
}
