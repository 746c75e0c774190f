internal import CommitLogs
package import Leaderboards
package import Sharding

/// What was read of one shard's log, and what is wrong with it.
package struct LogInspection: Sendable {
    /// A record without its content.
    package struct Line: Hashable, Sendable {
        package var number: UInt64
        package var position: LogPosition
        package var epoch: UInt64
        package var kind: LogRecord.Kind
        package var node: UInt64
        package var incarnation: UInt64
        package var byteCount: Int
        /// The chain hash after it.
        package var hash: ChainHash

        package init(
            number: UInt64, position: LogPosition, epoch: UInt64, kind: LogRecord.Kind, node: UInt64,
            incarnation: UInt64, byteCount: Int, hash: ChainHash
        ) {
            self.number = number
            self.position = position
            self.epoch = epoch
            self.kind = kind
            self.node = node
            self.incarnation = incarnation
            self.byteCount = byteCount
            self.hash = hash
        }
    }

    package var lines: [Line] = []
    package var problems: [String] = []
    /// Where it goes on; nil: this is the end.
    package var next: LogPosition?

    package init() {}
}

extension LogInspection.Line {
    init(_ entry: LogEntry) {
        let record = entry.record
        self.init(
            number: record.number, position: entry.position, epoch: record.epoch, kind: record.kind,
            node: record.node, incarnation: record.incarnation, byteCount: record.encoded().bytes.count,
            hash: entry.hash)
    }
}

/// The invariants of a shard's log, checked record by record: numbers without gaps and a hash chain (I2); epochs that never
/// fall, and every record written by who claimed its epoch (I1).
struct RecordInvariants {
    private var last: (number: UInt64, hash: ChainHash, epoch: UInt64)?
    /// Of the latest epoch, if its claim was seen.
    private var claim: (epoch: UInt64, node: UInt64, incarnation: UInt64)?

    /// What is wrong with the record behind those before.
    mutating func problems(of entry: LogEntry) -> [String] {
        let record = entry.record
        var problems: [String] = []
        func problem(_ text: String) { problems.append("record \(record.number) at \(entry.position): \(text)") }
        let due = last.map { $0.number + 1 } ?? (record.number == 1 ? 1 : nil)
        if let due, record.number != due { problem("\(due) was due") }
        if let hash = last?.hash ?? (record.number == 1 ? ChainHash.zero : nil), record.previousHash != hash {
            problem("it does not continue the hash chain")
        }
        if let epoch = last?.epoch {
            if record.epoch < epoch { problem("epoch \(record.epoch) after \(epoch)") }
            if record.kind == .claim, record.epoch == epoch { problem("epoch \(epoch) is claimed again") }
            if record.kind != .claim, record.epoch > epoch { problem("epoch \(record.epoch) without a claim") }
        } else if record.number == 1, record.kind != .claim {
            problem("the first record is no claim")
        }
        if record.kind == .claim {
            claim = (record.epoch, record.node, record.incarnation)
        } else if let claim, claim.epoch == record.epoch,
            (claim.node, claim.incarnation) != (record.node, record.incarnation)
        {
            problem("written by node \(record.node), and node \(claim.node) claimed epoch \(record.epoch)")
        }
        last = (record.number, entry.hash, record.epoch)
        return problems
    }
}

extension Node {
    /// Headers of a shard's records, at most so many, and what is wrong with them.
    ///
    /// - Parameter position: where to begin; nil for the oldest that there is
    package func inspectLog(
        of number: Int, from position: LogPosition?, limit: Int
    ) async throws(ServiceError) -> LogInspection {
        let id = try inspectedShard(number).id
        var inspection = LogInspection()
        do throws(ReadError) {
            do throws(ReadError) {
                try await read(id, from: position ?? .start, limit, into: &inspection)
            } catch {
                guard case .truncated(let first) = error, position == nil else { throw error }
                inspection = LogInspection()
                try await read(id, from: first, limit, into: &inspection)
            }
        } catch {
            switch error {
            case .corrupted(let at, let reason): inspection.problems.append("at \(at): \(reason)")
            case .truncated(let first):
                throw .unavailable("the log begins at \(first), and the records before are gone", retryAfter: 60)
            case .newer(_, let at, let what):
                let problem = "a newer version has written, and this one reads no further: \(what)"
                inspection.problems.append("at \(at) \(problem)")
            case .failed(let reason): throw .unavailable("the log can't be read: \(reason)", retryAfter: 1)
            }
        }
        return inspection
    }

    /// A log that many shards share is not read for longer, in one go.
    private static var inspectionTimeMax: Duration { .seconds(5) }

    private func read(
        _ id: ShardID, from position: LogPosition, _ limit: Int, into inspection: inout LogInspection
    ) async throws(ReadError) {
        let entries: any LogEntries
        if let sharing = environment.sharing {
            let log = sharing.log(of: id)
            guard let tail = try await log.tail(of: id), tail.position >= position else { return }
            entries = try await log.entries(of: id, from: position, through: tail.position, following: nil)
        } else {
            entries = try await environment.log.entries(from: max(position, await environment.log.firstPosition()))
        }
        let end = environment.clock.uptime() + Self.inspectionTimeMax
        var invariants = RecordInvariants()
        var iterator = entries.makeRecoveryIterator()
        while let batch = try await iterator.next() {
            for entry in batch {
                guard inspection.lines.count < limit, environment.clock.uptime() < end else {
                    inspection.next = entry.position
                    return
                }
                guard entry.record.shard == id else { continue }
                inspection.problems += invariants.problems(of: entry)
                inspection.lines.append(LogInspection.Line(entry))
            }
        }
    }
}
