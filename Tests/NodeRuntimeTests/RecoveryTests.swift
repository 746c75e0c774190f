import CheckpointStores
import CommitLogs
import Leaderboards
import NodeRuntime
import Sharding
import Testing

/// A node begins where the last one ended, or says why it can't.
@Suite("Recovery")
struct RecoveryTests {
    /// Two shards with a few records each, the newest of which no checkpoint reflects.
    private func filled() async throws -> NodePlace {
        let place = NodePlace(shardCount: 2)
        let keys = LeaderboardKey.spread(over: 2)
        try await place.run { node async throws in
            for key in keys {
                _ = try await node.create(key, .points())
                for number in 0..<30 { try await node.add("user-\(number % 7)", to: key) }
            }
        }
        return place
    }

    @Test("everything acknowledged is there after a restart, from checkpoint and log")
    func restart() async throws {
        let place = NodePlace(shardCount: 3)
        let keys = LeaderboardKey.spread(over: 3)
        var tables: [String] = []
        for round in 0..<4 {
            try await place.run { node async throws in
                for (index, key) in keys.enumerated() {
                    if round == 0 {
                        _ = try await node.create(key, .points())
                    } else {
                        #expect(try await node.table(key) == tables[index])
                    }
                    for number in 0..<40 { try await node.add("user-\((number * 7 + round) % 13)", to: key) }
                }
                tables = []
                for key in keys { tables.append(try await node.table(key)) }
            }
            #expect(await place.verify() == [])
        }
    }

    @Test("an answer to a request key survives a restart, with its leaderboard on disk only")
    func requestKeys() async throws {
        let place = NodePlace()
        try await place.run { node async throws in
            _ = try await node.create(.a, .points())
            try await node.add("ann", requestKey: "k")
        }
        try await place.run { node async throws in
            #expect(try await node.add("ann", requestKey: "k").isReplay)
            #expect(try await node.add("bob", requestKey: "k").status == .refused(.requestKeyReused))
            #expect(try await node.table() == "ann 1")
        }
    }

    // MARK: Damaged logs

    /// What a node says of a log that is read as `change` leaves it.
    private func complaint(_ change: @escaping @Sendable (inout [LogEntry]) -> Void) async throws -> String {
        let place = NodePlace()
        place.configuration.checkpointAge = .seconds(1_000_000)
        let running = place.open()
        let task = Task { try await running.run() }
        await place.clock.waitForSleepers(2)
        _ = try await running.create(.a, .points())
        for number in 0..<5 { try await running.add("user-\(number)") }
        // No checkpoint: a crash.
        place.disk.setFull(true)
        task.cancel()
        try await task.value
        place.disk.setFull(false)
        place.falsify = change
        return await place.failToRun()
    }

    @Test("a record that is missing in the middle is a gap")
    func gap() async throws {
        let complaint = try await complaint { $0.remove(at: 3) }
        #expect(complaint.contains("shard 0: record 5 after 3"))
    }

    @Test("records that are missing at the end are missed")
    func lostEnd() async throws {
        let complaint = try await complaint { $0.removeLast(2) }
        #expect(complaint.contains("shard 0: the log ends at 7, record 5 is at 5"))
    }

    @Test("a record of another history breaks the hash chain")
    func brokenChain() async throws {
        let complaint = try await complaint { entries in
            var record = entries[4].record
            record.previousHash = ChainHash(low: 1, high: 2)
            entries[4] = LogEntry(position: entries[4].position, record: record, hash: entries[4].hash)
        }
        #expect(complaint.contains("shard 0: the hash chain breaks at record 5"))
    }

    @Test("an epoch that falls, or rises without a claim, is refused")
    func epochs() async throws {
        for epoch: UInt64 in [0, 2] {
            let complaint = try await complaint { entries in
                var record = entries[4].record
                record.epoch = epoch
                entries[4] = LogEntry(position: entries[4].position, record: record, hash: entries[4].hash)
            }
            #expect(complaint.contains("shard 0: record 5 of epoch \(epoch), not 1"))
        }
    }

    @Test("a claim of an epoch that was claimed before is refused")
    func claimedTwice() async throws {
        let complaint = try await complaint { entries in
            var record = entries[4].record
            record.kind = .claim
            entries[4] = LogEntry(position: entries[4].position, record: record, hash: entries[4].hash)
        }
        #expect(complaint.contains("shard 0: epoch 1 again"))
    }

    @Test("an outcome that is not what the command leads to is refused")
    func outcome() async throws {
        let complaint = try await complaint { entries in
            var record = entries[5].record
            // The last bytes are the ranks and the number of windows.
            record.payload[record.payload.count - 3] ^= 1
            entries[5] = LogEntry(position: entries[5].position, record: record, hash: entries[5].hash)
        }
        #expect(complaint.contains("shard 0: record 6") && complaint.contains("outcomeDiffers"))
    }

    @Test("a log that ends before the newest checkpoint is refused")
    func shorterThanCheckpoint() async throws {
        let place = try await filled()
        let entries = try await place.entries()
        let id = ShardID(1)
        let own = entries.filter { $0.record.shard == id }
        place.ends = [
            ShardID(0): entries.last { $0.record.shard == ShardID(0) }!.position, id: own[own.count - 3].position,
        ]
        let complaint = await place.failToRun()
        #expect(complaint.contains("shard 1: the log ends before"))
    }

    @Test("a log that lost all of a shard is refused")
    func shardLost() async throws {
        let place = try await filled()
        place.ends = [ShardID(0): try await place.entries().last { $0.record.shard == ShardID(0) }!.position]
        #expect(await place.failToRun().contains("shard 1: the log ends before"))
    }

    // MARK: Damaged checkpoints

    /// A shard with two checkpoints and a tail that changes the leaderboard.
    private func withTwoCheckpoints() async throws -> NodePlace {
        let place = NodePlace()
        try await place.run { node async throws in
            _ = try await node.create(.a, .points())
            _ = try await node.create(.b, .points())
            try await node.add("ann")
            try await node.add("ann", to: .b)
            await place.pass()
            await place.pass(.seconds(61))
            try await node.add("bob")
        }
        let generations = try place.generations()
        #expect(generations == [1, 2])
        return place
    }

    @Test("a manifest that can't be read is passed over for the one before")
    func damagedManifest() async throws {
        let place = try await withTwoCheckpoints()
        place.disk.damage(CheckpointKey(kind: .shardManifest, shard: ShardID(0), serial: 2))
        let end = try await place.run { node async throws in
            #expect(try await node.table() == "ann 1, bob 1")
            try await node.add("cid")
        }
        #expect(end.replayedCount == 1)
        #expect(await place.verify() == [])
        try await place.run { node async throws in #expect(try await node.table() == "ann 1, bob 1, cid 1") }
    }

    @Test("a damaged piece that is found while the node serves leads back to the checkpoint before")
    func damagedPiece() async throws {
        let place = try await withTwoCheckpoints()
        let store = InMemoryCheckpointStore(disk: place.disk)
        let newest = try store.serials(of: .leaderboardManifest, shard: ShardID(0)).last!
        place.disk.damage(CheckpointKey(kind: .leaderboardManifest, shard: ShardID(0), serial: newest))
        try await place.run { node async throws in
            #expect(try await node.table(.b) == "ann 1")
            try await node.add("cid", to: .b)
            #expect(try await node.table() == "ann 1, bob 1")
            try await node.add("cid")
            #expect(try await node.table(.b) == "ann 1, cid 1")
        }
        #expect(await place.verify() == [])
        try await place.run { node async throws in #expect(try await node.table() == "ann 1, bob 1, cid 1") }
    }

    @Test("a damaged piece that the log's tail needs leads back to the checkpoint before")
    func damagedPieceInReplay() async throws {
        let place = try await withTwoCheckpoints()
        let store = InMemoryCheckpointStore(disk: place.disk)
        let newest = try store.serials(of: .leaderboardManifest, shard: ShardID(0)).last!
        // A tail without a checkpoint.
        let node = place.open()
        let running = Task { try await node.run() }
        await place.clock.waitForSleepers(2)
        try await node.add("cid")
        place.disk.setFull(true)
        running.cancel()
        try await running.value
        place.disk.setFull(false)
        place.disk.damage(CheckpointKey(kind: .leaderboardManifest, shard: ShardID(0), serial: newest))
        try await place.run { node async throws in #expect(try await node.table() == "ann 1, bob 1, cid 1") }
        #expect(await place.verify() == [])
    }

    @Test("where neither checkpoint can be read, the log alone will do as long as it reaches back")
    func bothDamaged() async throws {
        let place = try await withTwoCheckpoints()
        for kind in [CheckpointKey.Kind.leaderboardManifest, .shardManifest] {
            let store = InMemoryCheckpointStore(disk: place.disk)
            for serial in try store.serials(of: kind, shard: ShardID(0)) {
                place.disk.damage(CheckpointKey(kind: kind, shard: ShardID(0), serial: serial))
            }
        }
        try await place.run { node async throws in
            #expect(try await node.table() == "ann 1, bob 1")
            try await node.add("cid")
        }
        #expect(await place.verify() == [])
        try await place.run { node async throws in #expect(try await node.table() == "ann 1, bob 1, cid 1") }
    }

    @Test("where no checkpoint can be read and the log does not reach back, nothing is served")
    func nothingLeft() async throws {
        let place = try await withTwoCheckpoints()
        let last = try await place.entries().last!.position
        place.records = InMemoryCommitLog(reopening: place.log.base)
        try await place.records.truncate(below: last)
        let store = InMemoryCheckpointStore(disk: place.disk)
        for serial in try store.serials(of: .shardManifest, shard: ShardID(0)) {
            place.disk.damage(CheckpointKey(kind: .shardManifest, shard: ShardID(0), serial: serial))
        }
        let complaint = await place.failToRun()
        #expect(complaint.contains("shard 0: record") && complaint.contains("after 0"))
        // And nothing was thrown away that an operator could still want.
        #expect(try place.generations() == [1, 2])
    }

    // MARK: Crashes

    @Test(
        "a crash before or after any commit of a checkpoint loses nothing and leaves nothing behind", arguments: 0..<14)
    func crashes(commit: Int) async throws {
        for fault in [InMemoryCheckpointDisk.Fault.crashBefore, .crashAfter] {
            let place = NodePlace()
            place.configuration.checkpointBytes = 1
            var expected = ""
            let node = place.open()
            let running = Task { try await node.run() }
            await place.clock.waitForSleepers(2)
            _ = try await node.create(.a, .points())
            for round in 0..<5 {
                for number in 0..<5 { try await node.add("user-\(number * 3 + round)") }
                if round == 1 { place.store.inject(fault, after: commit) }
                await place.pass()
                expected = try await node.table()
            }
            running.cancel()
            try await running.value
            #expect(await place.verify() == [])
            try await place.run { node async throws in
                #expect(try await node.table() == expected)
                try await node.add("late")
                await place.pass()
                try await node.add("later")
                await place.pass()
                try await node.add("latest")
                await place.pass()
            }
            #expect(await place.verify() == [])
            #expect(try place.pieceCount() <= 10, "\(fault) at commit \(commit)")
        }
    }
}

extension NodePlace {
    /// The store as it is: the running node's, or one opened anew.
    private var anyStore: any CheckpointStore {
        (try? store.serials(of: .shardManifest, shard: ShardID(0))) != nil ? store : InMemoryCheckpointStore(disk: disk)
    }

    func generations(of shard: UInt16 = 0) throws -> [UInt64] {
        try anyStore.serials(of: .shardManifest, shard: ShardID(shard))
    }

    func pieceCount() throws -> Int {
        let store = anyStore
        return try [CheckpointKey.Kind.leaderboardManifest, .entryChunk, .memberChunk].reduce(0) {
            $0 + (try store.serials(of: $1, shard: ShardID(0)).count)
        }
    }
}
