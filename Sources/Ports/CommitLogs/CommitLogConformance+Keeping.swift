internal import Leaderboards
internal import Sharding

extension CommitLogConformance {
    static let keeping = [
        Check(description: "a reopened log holds everything and goes on where it ended") { subject in
            var log = try await subject.make()
            var writers = (0..<3).map { Writer(shard: $0) }
            for round in 0..<6 {
                for index in writers.indices {
                    for _ in 0...round { try await writers[index].append(filler(100 * round), to: log) }
                }
                log = try await subject.reopen(log)
                for writer in writers { try await writer.expectAll(in: log) }
                let last = await log.lastPositions()
                for writer in writers {
                    try expect(last[writer.chain.shard] == writer.last, "shard \(writer.chain.shard) ends elsewhere")
                }
            }
            await log.close()
        },
        Check(description: "a reopened log still knows what follows what") { subject in
            var log = try await subject.make()
            var writer = Writer(shard: 5)
            let first = try await writer.append([1], to: log)
            log = try await subject.reopen(log)
            var ahead = writer.chain
            let next = ahead.next([2])
            let reopened = log
            try await expectError(.conflict(last: first)) { try await reopened.append(next, after: nil) }
            _ = try await log.append(next, after: first)
            await log.close()
        },
        Check(description: "truncation keeps what it was told to and every shard's last record") { subject in
            var log = try await subject.make()
            var quiet = Writer(shard: 1)
            var busy = Writer(shard: 2)
            try await quiet.append([1], to: log)
            let pieces = 40
            for _ in 0..<pieces { try await busy.append(filler(subject.truncationByteCount / 10), to: log) }
            try await quiet.append([2], to: log)
            let quietLast = quiet.last!
            for _ in 0..<pieces { try await busy.append(filler(subject.truncationByteCount / 10), to: log) }
            let all = try await allEntries(of: log)

            // As low as the quiet shard's last record, no further.
            try await log.truncate(below: busy.last!)
            let first = await log.firstPosition()
            try expect(first > .start && first <= quietLast, "the log begins at \(first)")
            try await expectTruncated(first) { try await collect(log.entries(from: .start)) }
            if first.value > 0 {
                try await expectTruncated(first) {
                    try await collect(log.entries(from: LogPosition(first.value - 1)))
                }
            }
            let kept = try await collect(log.entries(from: first))
            try expect(
                kept.map(\.position) == all.map(\.position).filter { $0 >= first }, "other entries than expected")
            try expect(await log.lastPositions() == [ShardID(1): quietLast, ShardID(2): busy.last!], "last records")

            // Once the quiet shard has written again, its old record holds nothing back.
            try await quiet.append([3], to: log)
            for _ in 0..<pieces { try await busy.append(filler(subject.truncationByteCount / 10), to: log) }
            try await log.truncate(below: busy.last!)
            let second = await log.firstPosition()
            try expect(second > quietLast && second <= quiet.last!, "the log begins at \(second)")

            log = try await subject.reopen(log)
            try expect(await log.firstPosition() == second, "the log begins elsewhere after reopening")
            let reopened = try await collect(log.entries(from: second))
            try expect(reopened.last?.position == busy.last, "the end is missing")
            try await busy.append([4], to: log)
            try await quiet.append([5], to: log)
            await log.close()
        },
        Check(description: "truncation below what is gone, or above the end, does no harm") { subject in
            let log = try await subject.make()
            try await log.truncate(below: LogPosition(1 << 40))
            var writer = Writer(shard: 8)
            for _ in 0..<5 { try await writer.append([1], to: log) }
            try await log.truncate(below: .start)
            try await log.truncate(below: LogPosition(1 << 40))
            let last = writer.last!
            let entries = try await collect(log.entries(from: last))
            try expect(entries.map(\.position) == [last], "the last record is gone")
            try await writer.append([2], to: log)
            await log.close()
        },
    ]
}

// MARK: - Helpers

/// The owner of one shard, remembering what it wrote.
struct Writer: Sendable {
    var chain: RecordChain
    private(set) var last: LogPosition?
    private(set) var written: [(position: LogPosition, record: EncodedRecord)] = []

    init(shard: Int, epoch: UInt64 = 1) { chain = RecordChain(shard: ShardID(UInt16(shard)), epoch: epoch) }

    @discardableResult
    mutating func append(_ payload: [UInt8], to log: any CommitLog) async throws -> LogPosition {
        let record = chain.next(payload)
        let position = try await log.append(record, after: last)
        last = position
        written.append((position, record))
        return position
    }

    func expectAll(in log: any CommitLog) async throws {
        let entries = try await allEntries(of: log).filter { $0.record.shard == chain.shard }
        try expect(entries.map(\.position) == written.map(\.position), "shard \(chain.shard) has other positions")
        for (entry, (_, record)) in zip(entries, written) {
            try expect(entry.record.encoded().bytes == record.bytes, "record \(record.number) reads back changed")
            try expect(entry.hash == record.hash, "record \(record.number) has another hash")
        }
    }
}

func manyWriters(shards: Int, rounds: Int, to log: any CommitLog) async throws -> [Writer] {
    try await withThrowingTaskGroup(of: Writer.self) { group in
        for shard in 0..<shards {
            group.addTask {
                var writer = Writer(shard: shard)
                for round in 0..<rounds { try await writer.append(filler(round * 5, seed: UInt64(shard)), to: log) }
                return writer
            }
        }
        return try await group.reduce(into: []) { $0.append($1) }
    }
}

func allEntries(of log: any CommitLog) async throws -> [LogEntry] {
    try await collect(log.entries(from: log.firstPosition()))
}

func collect(_ entries: any LogEntries) async throws -> [LogEntry] {
    func drain(_ entries: some LogEntries) async throws -> [LogEntry] {
        var all: [LogEntry] = []
        for try await batch in entries { all += batch }
        return all
    }
    return try await drain(entries)
}

/// Bytes without a pattern.
func filler(_ count: Int, seed: UInt64 = 1) -> [UInt8] {
    var state = seed &* 0x9E37_79B9_7F4A_7C15 | 1
    return (0..<count).map { _ in
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return UInt8(truncatingIfNeeded: state)
    }
}

func expect(_ condition: Bool, _ message: @autoclosure () -> String) throws {
    guard condition else { throw CommitLogConformance.Failure(description: message()) }
}

func outcome<Value>(_ body: () async throws -> Value) async throws -> Result<Value, AppendError> {
    do {
        return .success(try await body())
    } catch let error as AppendError {
        return .failure(error)
    }
}

func expectError(
    _ expected: AppendError, _ body: () async throws -> LogPosition
) async throws {
    let found = try await outcome(body)
    try expect(found == .failure(expected), "expected \(expected), found \(found)")
}

func expectInvalid(_ body: () async throws -> LogPosition) async throws {
    let found = try await outcome(body)
    guard case .failure(.invalid) = found else {
        throw CommitLogConformance.Failure(description: "expected .invalid, found \(found)")
    }
}

func expectTruncated(_ first: LogPosition, _ body: () async throws -> [LogEntry]) async throws {
    do {
        let entries = try await body()
        throw CommitLogConformance.Failure(description: "expected .truncated, found \(entries.count) entries")
    } catch let error as ReadError {
        try expect(error == .truncated(first: first), "expected .truncated(\(first)), found \(error)")
    }
}
