internal import Leaderboards
internal import Sharding

/// The promises of `SharedLog`, as checks that any implementation can be run against. Those of `CommitLog` are
/// `CommitLogConformance`'s.
package struct SharedLogConformance: Sendable {
    /// A log without records, as two nodes have it.
    package struct Subject: Sendable {
        package var make: @Sendable () async throws -> (any SharedLog, any SharedLog)

        package init(make: @escaping @Sendable () async throws -> (any SharedLog, any SharedLog)) {
            self.make = make
        }
    }

    /// One promise, as a sentence, and what finds out whether it is kept.
    package struct Check: Sendable, CustomStringConvertible {
        package let description: String
        package let run: @Sendable (Subject) async throws -> Void
    }

    package static let checks = [
        Check(description: "a claim deposes the owner, whose next append names it") { subject in
            let (mine, theirs) = try await subject.make()
            var owner = Writer(shard: 6)
            for _ in 0..<3 { try await owner.append([1], to: mine) }
            let tail = try await theirs.tail(of: owner.chain.shard)
            try expect(tail?.position == owner.last && tail?.number == 3, "the tail is \(String(describing: tail))")
            try expect(tail?.hash == owner.chain.hash && tail?.epoch == 1 && tail?.node == 1, "it is another's")
            var claimant = owner.chain
            claimant.epoch += 1
            let claim = claimant.next([], kind: .claim)
            let claimed = try await theirs.append(claim, after: tail?.position)
            var late = owner.chain
            let refused = late.next([9])
            try await expectError(.conflict(last: claimed)) {
                try await mine.append(refused, after: owner.last)
            }
            let read = try await collect(
                theirs.entries(of: owner.chain.shard, from: .start, through: claimed, following: nil))
            try expect(read.map(\.position) == owner.written.map(\.position) + [claimed], "other records")
            try expect(read.last?.record.kind == .claim, "the claim is not the last")
            await close(mine, theirs)
        },
        Check(description: "of many who claim at once one wins, and the others are told who") { subject in
            let (mine, theirs) = try await subject.make()
            for round in 0..<10 {
                let shard = ShardID(UInt16(round))
                let outcomes = try await withThrowingTaskGroup(of: Result<LogPosition, AppendError>.self) { group in
                    for (node, log) in [mine, theirs, mine, theirs].enumerated() {
                        group.addTask {
                            let claim = LogRecord(
                                kind: .claim, shard: shard, epoch: 1, node: UInt64(node),
                                incarnation: UInt64(node + 10 * round), number: 1, previousHash: .zero, payload: []
                            ).encoded()
                            return try await outcome { try await log.append(claim, after: nil) }
                        }
                    }
                    return try await group.reduce(into: []) { $0.append($1) }
                }
                let won = outcomes.compactMap { try? $0.get() }
                try expect(won.count == 1, "\(outcomes)")
                try expect(outcomes.count { $0 == .failure(.conflict(last: won[0])) } == 3, "\(outcomes)")
            }
            await close(mine, theirs)
        },
        Check(description: "reading one shard takes up where a checkpoint ends, and ends at the barrier") { subject in
            let (mine, theirs) = try await subject.make()
            var writer = Writer(shard: 2)
            var other = Writer(shard: 3)
            var tails: [LogTail] = []
            for number in 0..<10 {
                try await writer.append([UInt8(number)], to: mine)
                try await other.append([], to: theirs)
                if let tail = try await theirs.tail(of: writer.chain.shard) { tails.append(tail) }
            }
            let positions = writer.written.map(\.position)
            try expect(tails.map(\.position) == positions, "the tails are \(tails)")
            for (index, tail) in tails.enumerated() {
                let rest = try await collect(
                    theirs.entries(
                        of: ShardID(2), from: .start, through: positions[9], following: tail))
                try expect(rest.map(\.position) == Array(positions[(index + 1)...]), "after \(index)")
                let start = try await collect(
                    theirs.entries(of: ShardID(2), from: .start, through: positions[index], following: nil))
                try expect(start.map(\.position) == Array(positions[...index]), "through \(index)")
            }
            await close(mine, theirs)
        },
        Check(description: "a watcher sees what is there and what comes, of one shard or of all") { subject in
            let (mine, theirs) = try await subject.make()
            let shards = (0..<4).map { ShardID(UInt16($0)) }
            var writers = shards.map { Writer(shard: Int($0.number)) }
            for index in writers.indices { try await writers[index].append([0], to: mine) }
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    try await expectFirst(20, of: theirs.watch(.shard(shards[1]), from: .start), shards: [shards[1]])
                }
                group.addTask {
                    try await expectFirst(80, of: theirs.watch(.everything, from: .start), shards: shards)
                }
                for _ in 0..<19 {
                    for index in writers.indices { try await writers[index].append([1], to: mine) }
                }
                try await group.waitForAll()
            }
            await close(mine, theirs)
        },
        Check(description: "the end is that of the last record of any shard, and is not said to be older than it is") {
            subject in
            let (mine, theirs) = try await subject.make()
            let empty = try await theirs.end()
            try expect(empty.last == nil, "the end of nothing is \(empty)")
            var one = Writer(shard: 1)
            var two = Writer(shard: 2)
            for _ in 0..<5 {
                try await one.append([1], to: mine)
                try await two.append([2], to: theirs)
                for log in [mine, theirs] {
                    let end = try await log.end()
                    try expect(end.last == two.last, "\(end) where \(two.last!) is the last")
                    try expect(end.age >= .zero && end.age < .seconds(60), "\(end)")
                }
            }
            await close(mine, theirs)
        },
        Check(description: "a watcher can be told to stop") { subject in
            let (mine, theirs) = try await subject.make()
            await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await expectFirst(1, of: theirs.watch(.everything, from: .start), shards: []) }
                group.cancelAll()
            }
            await close(mine, theirs)
        },
        Check(description: "truncating one shard leaves the others, and its last record") { subject in
            let (mine, theirs) = try await subject.make()
            var one = Writer(shard: 1)
            var two = Writer(shard: 2)
            for _ in 0..<5 {
                try await one.append([1], to: mine)
                try await two.append([2], to: mine)
            }
            let (shard, kept) = (one.chain.shard, one.written[3].position)
            let before = try await mine.fill()
            try await theirs.truncate(shard, below: kept)
            let after = try await mine.fill()
            try expect(after.byteCount < before.byteCount, "\(after.byteCount) bytes after \(before.byteCount)")
            try expect(after.end == before.end && after.end > two.last!, "the end is \(after.end)")
            try await expectTruncated(kept) {
                try await collect(mine.entries(of: shard, from: .start, through: one.last!, following: nil))
            }
            let rest = try await collect(mine.entries(of: shard, from: kept, through: one.last!, following: nil))
            try expect(rest.map(\.position) == one.written[3...].map(\.position), "other records of the shard")
            let whole = try await collect(
                mine.entries(of: ShardID(2), from: .start, through: two.last!, following: nil))
            try expect(whole.map(\.position) == two.written.map(\.position), "other records of its neighbour")
            let all = try await allEntries(of: theirs)
            try expect(Set(all.map(\.position)) == Set((rest + whole).map(\.position)), "other records of all")
            try await mine.truncate(shard, below: LogPosition(1 << 40))
            let last = try await collect(mine.entries(of: shard, from: one.last!, through: one.last!, following: nil))
            try expect(last.map(\.position) == [one.last!], "its last record is gone")
            try await one.append([3], to: mine)
            try await theirs.truncate(ShardID(9), below: LogPosition(1 << 40))
            await close(mine, theirs)
        },
        Check(description: "what was known of a shard may be forgotten: what is there is seen, and gone on from") {
            subject in
            let (mine, theirs) = try await subject.make()
            var one = Writer(shard: 1)
            let nothing = try await theirs.visibleTail(of: ShardID(1))
            try expect(nothing == nil, "the end of nothing is \(String(describing: nothing))")
            for _ in 0..<3 { try await one.append([1], to: mine) }
            for log in [mine, theirs] {
                log.forget(ShardID(1))
                log.endQuarantine(of: ShardID(1))
                let visible = try await log.visibleTail(of: ShardID(1))
                let tail = try await log.tail(of: ShardID(1))
                try expect(visible?.position == one.last && visible == tail, "\(String(describing: visible)) is seen")
                try await one.append([2], to: log)
                let end = try await log.end()
                try expect(end.last == one.last, "the end is \(String(describing: end.last))")
            }
            await close(mine, theirs)
        },
        Check(description: "nobody has consumed a log that is new, and to remove nobody is no error") { subject in
            let (mine, theirs) = try await subject.make()
            var writer = Writer(shard: 1)
            try await writer.append([1], to: mine)
            let consumers = try await theirs.consumers()
            try expect(consumers.isEmpty, "\(consumers)")
            let isRemoved = try await theirs.removeConsumer("nobody")
            try expect(!isRemoved, "somebody was removed")
            await close(mine, theirs)
        },
        Check(description: "a shard begins where a foundation ends, once, and nothing else comes first") { subject in
            let (mine, theirs) = try await subject.make()
            var history = RecordChain(shard: ShardID(4))
            for _ in 0..<5 { _ = history.next([7]) }
            let foundation = LogFoundation(number: history.number, epoch: history.epoch, hash: history.hash)
            for log in [mine, theirs] { log.found(history.shard, on: foundation) }
            var foreign = RecordChain(shard: history.shard)
            let first = foreign.next([1])
            try await expectInvalid { try await mine.append(first, after: .start) }
            var rival = history
            history.epoch += 1
            let claim = try await mine.append(history.next([], kind: .claim), after: .start)
            rival.epoch += 2
            let late = rival.next([], kind: .claim)
            try await expectError(.conflict(last: claim)) { try await theirs.append(late, after: .start) }
            let last = try await theirs.append(history.next([2]), after: claim)
            let tail = try await mine.tail(of: history.shard)
            try expect(tail?.position == last && tail?.number == 7, "the tail is \(String(describing: tail))")
            let read = try await collect(mine.entries(of: history.shard, from: claim, through: last, following: nil))
            try expect(read.map(\.position) == [claim, last], "other records")
            await close(mine, theirs)
        },
    ]
}

private func close(_ logs: any SharedLog...) async {
    for log in logs { await log.close() }
}

/// Reads so many entries, each of which continues its shard.
private func expectFirst(_ count: Int, of entries: any LogEntries, shards: [ShardID]) async throws {
    func read(_ entries: some LogEntries) async throws {
        var hashes: [ShardID: ChainHash] = [:]
        var seen = 0
        for try await batch in entries {
            for entry in batch {
                try expect(shards.contains(entry.record.shard), "an entry of shard \(entry.record.shard)")
                try expect(
                    entry.record.previousHash == hashes[entry.record.shard, default: .zero], "a chain breaks")
                hashes[entry.record.shard] = entry.hash
                seen += 1
            }
            if seen >= count { break }
        }
        try expect(seen == count, "\(seen) entries")
    }
    try await read(entries)
}
