internal import Leaderboards
internal import Sharding

/// The promises of `CommitLog`, as checks that any implementation can be run against.
///
/// Knows no test framework: a check that fails throws a `Failure` that says what was expected and what was found.
package struct CommitLogConformance: Sendable {
    /// How the checks get at the implementation.
    package struct Subject: Sendable {
        /// A log without records.
        package var make: @Sendable () async throws -> any CommitLog
        /// Closes a log and opens the same again.
        package var reopen: @Sendable (any CommitLog) async throws -> any CommitLog
        /// After how many bytes of newer records the space of older ones can be given back.
        package var truncationByteCount: Int

        package init(
            truncationByteCount: Int, make: @escaping @Sendable () async throws -> any CommitLog,
            reopen: @escaping @Sendable (any CommitLog) async throws -> any CommitLog
        ) {
            self.truncationByteCount = truncationByteCount
            self.make = make
            self.reopen = reopen
        }
    }

    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    /// One promise, as a sentence, and what finds out whether it is kept.
    package struct Check: Sendable, CustomStringConvertible {
        package let description: String
        package let run: @Sendable (Subject) async throws -> Void
    }

    package static let checks: [Check] = appending + reading + keeping
}

// MARK: - Appending

extension CommitLogConformance {
    static let appending = [
        Check(description: "positions ascend, over all shards") { subject in
            let log = try await subject.make()
            var writers = (0..<5).map { Writer(shard: $0) }
            var last = LogPosition.start
            for round in 0..<20 {
                for index in writers.indices {
                    let position = try await writers[index].append([UInt8(round)], to: log)
                    try expect(position > last, "position \(position) after \(last)")
                    last = position
                }
            }
            await log.close()
        },
        Check(description: "a conflict names the shard's last record and writes nothing") { subject in
            let log = try await subject.make()
            var writer = Writer(shard: 3)
            var lone = RecordChain(shard: ShardID(4))
            let lonely = lone.next([])
            try await expectError(.conflict(last: nil)) { try await log.append(lonely, after: LogPosition(17)) }
            let first = try await writer.append([1], to: log)
            let second = try await writer.append([2], to: log)
            var ahead = writer.chain
            let third = ahead.next([3])
            for expected in [nil, first, LogPosition(second.value + 1), LogPosition.start] {
                try await expectError(.conflict(last: second)) { try await log.append(third, after: expected) }
            }
            let entries = try await allEntries(of: log)
            try expect(entries.map(\.position) == [first, second], "a refused append left something")
            _ = try await log.append(third, after: second)
            await log.close()
        },
        Check(description: "of two appends after the same record one is taken") { subject in
            let log = try await subject.make()
            var mine = RecordChain(shard: ShardID(9), epoch: 1)
            var theirs = RecordChain(shard: ShardID(9), epoch: 2)
            let records = [mine.next([1]), theirs.next([2])]
            let outcomes = try await withThrowingTaskGroup(of: Result<LogPosition, AppendError>.self) { group in
                for record in records {
                    group.addTask { try await outcome { try await log.append(record, after: nil) } }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            let taken = outcomes.compactMap { try? $0.get() }
            try expect(taken.count == 1, "\(outcomes)")
            try expect(outcomes.contains(.failure(.conflict(last: taken[0]))), "\(outcomes)")
            let entries = try await allEntries(of: log)
            try expect(entries.map(\.position) == taken, "the log holds \(entries)")
            await log.close()
        },
        Check(description: "a record that does not continue its shard is refused") { subject in
            let log = try await subject.make()
            var writer = Writer(shard: 1, epoch: 5)
            var ahead = writer.chain
            let one = ahead.next([1])
            let two = ahead.next([2])
            try await expectInvalid { try await log.append(two, after: nil) }
            let position = try await writer.append([1], to: log)
            try await expectInvalid { try await log.append(one, after: position) }
            var fork = RecordChain(shard: ShardID(1), epoch: 5)
            _ = fork.next([7])
            let forked = fork.next([8])
            try await expectInvalid { try await log.append(forked, after: position) }
            var deposed = writer.chain
            deposed.epoch = 4
            let late = deposed.next([9])
            try await expectInvalid { try await log.append(late, after: position) }
            _ = try await log.append(two, after: position)
            await log.close()
        },
        Check(description: "records are kept whole, from empty to the largest") { subject in
            let log = try await subject.make()
            var writer = Writer(shard: 12)
            let largest = log.recordByteCountMax - LogRecord.headerByteCount - 8
            for count in [0, 1, 7, 8, 9, 4095, 1 << 20, largest] where count <= largest {
                try await writer.append(filler(count, seed: UInt64(count)), to: log)
            }
            try await writer.expectAll(in: log)
            await log.close()
        },
        Check(description: "many shards append at once") { subject in
            let log = try await subject.make()
            let writers = try await manyWriters(shards: 200, rounds: 10, to: log)
            for writer in writers { try await writer.expectAll(in: log) }
            let last = await log.lastPositions()
            for writer in writers {
                try expect(last[writer.chain.shard] == writer.last, "shard \(writer.chain.shard) ends elsewhere")
            }
            try expect(last.count == writers.count, "\(last.count) shards")
            await log.close()
        },
        Check(description: "a closed log takes nothing, and can be closed again") { subject in
            let log = try await subject.make()
            var writer = Writer(shard: 0)
            let position = try await writer.append([1], to: log)
            await log.close()
            await log.close()
            let next = writer.chain.next([2])
            try await expectError(.closed) { try await log.append(next, after: position) }
        },
    ]
}

// MARK: - Reading

extension CommitLogConformance {
    static let reading = [
        Check(description: "an empty log has nothing to read") { subject in
            let log = try await subject.make()
            let entries = try await allEntries(of: log)
            try expect(entries.isEmpty, "\(entries)")
            let last = await log.lastPositions()
            try expect(last.isEmpty, "\(last)")
            await log.close()
        },
        Check(description: "reading begins at any position and ends with the last record") { subject in
            let log = try await subject.make()
            let writers = try await manyWriters(shards: 8, rounds: 40, to: log)
            let all = try await allEntries(of: log)
            try expect(all.count == 320, "\(all.count) entries")
            for (entry, next) in zip(all, all.dropFirst()) {
                try expect(entry.position < next.position, "positions out of order")
            }
            for index in stride(from: 0, to: all.count, by: 7) {
                let rest = try await collect(log.entries(from: all[index].position))
                try expect(rest.map(\.position) == all[index...].map(\.position), "reading from entry \(index)")
                let after = try await collect(log.entries(from: LogPosition(all[index].position.value + 1)))
                try expect(after.map(\.position) == all[(index + 1)...].map(\.position), "reading after \(index)")
            }
            for writer in writers { try await writer.expectAll(in: log) }
            await log.close()
        },
        Check(description: "who reads while others append sees whole records in order, and all that was acknowledged") {
            subject in
            let log = try await subject.make()
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { _ = try await manyWriters(shards: 16, rounds: 60, to: log) }
                for _ in 0..<20 {
                    let before = await log.lastPositions()
                    let entries = try await allEntries(of: log)
                    var chains: [ShardID: ChainHash] = [:]
                    for entry in entries {
                        try expect(
                            entry.record.previousHash == chains[entry.record.shard, default: .zero], "a chain breaks")
                        chains[entry.record.shard] = entry.hash
                    }
                    let seen = Set(entries.map(\.position))
                    for (shard, position) in before {
                        try expect(seen.contains(position), "shard \(shard) lacks position \(position)")
                    }
                }
                try await group.waitForAll()
            }
            await log.close()
        },
    ]
}
