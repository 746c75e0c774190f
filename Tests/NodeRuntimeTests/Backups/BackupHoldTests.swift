import BackupFiles
import CommitLogs
import Leaderboards
import NodeRuntime
import Sharding
import TestSupport
import Testing

/// The shared log is cut as soon as it may be, while somebody takes a backup.
@Suite("Backups of a log that is cut", .timeLimit(.minutes(5)))
struct BackupHoldTests {
    private func create(_ keys: [LeaderboardKey], _ place: ClusterPlace, _ members: [ClusterPlace.Member]) async throws
    {
        for key in keys {
            try await place.pass { await holder(of: key, among: members) != nil }
            _ = try await holder(of: key, among: members)!.node.create(key, .points())
        }
    }

    private func add(_ keys: [LeaderboardKey], _ members: [ClusterPlace.Member]) async throws {
        for key in keys { try await holder(of: key, among: members)?.node.add("ann", to: key) }
    }

    /// Adds what has come since, and compares what the backup makes of it with what the owners have.
    private func expectWhole(
        _ target: BackupDirectory, at member: ClusterPlace.Member, _ place: ClusterPlace,
        _ members: [ClusterPlace.Member], _ keys: [LeaderboardKey]
    ) async throws {
        let manifest = try await target.take(place.origin(at: member))
        #expect(manifest.shards.count == keys.count)
        for (backup, key) in zip(manifest.shards, keys) {
            let owner = try #require(await holder(of: key, among: members))
            let state = try await owner.node.state(ofShard: Int(backup.shard))
            #expect(try target.fold(backup).stateHash == state.hash)
        }
    }

    @Test(
        "However slowly a backup is taken, nothing that it has still to read is cut; without the hold it is",
        arguments: [true, false])
    func slow(holds: Bool) async throws {
        let place = ClusterPlace(shardCount: 2, keep: .zero, checkpointAge: .seconds(3))
        let keys = LeaderboardKey.spread(over: 2)
        let members = [place.member(1), place.member(2)]
        try await TemporaryDirectory.with { directory in
            let target = BackupDirectory(directory.path + "/backup")
            try await place.run(members) {
                try await create(keys, place, members)
                let before = try await target.take(place.origin(at: members[0], holds: holds))
                let slowly = SlowOrigin(base: place.origin(at: members[0], holds: holds)) {
                    try await add(keys, members)
                    await place.pass(.seconds(40))
                }
                let begun = place.clock.uptime()
                let after = try await target.take(slowly, isFull: true)
                // Several times as long as a hold lasts that is not renewed.
                #expect(place.clock.uptime() - begun > .seconds(240))
                let gaps = zip(before.shards, after.shards).flatMap { $1.gaps(behind: $0.end!.number) }
                #expect(gaps.isEmpty == holds, "\(gaps)")
                if holds {
                    let over = place.clock.uptime()
                    let first = place.records.firstPosition(of: ShardID(0))!
                    try await place.pass {
                        try await add(keys, members)
                        return place.records.firstPosition(of: ShardID(0))! > first
                    }
                    #expect(place.clock.uptime() - over > .seconds(60), "the hold ended with the backup")
                }
                try await expectWhole(target, at: members[0], place, members, keys)
            }
        }
    }

    @Test("A log that is nearly full is cut although a backup holds it, which goes on from newer checkpoints")
    func nearlyFull() async throws {
        let place = ClusterPlace(shardCount: 1, checkpointAge: .seconds(4))
        place.records.limit(byteCount: 48 << 10)
        let members = [place.member(1), place.member(2)]
        try await TemporaryDirectory.with { directory in
            let target = BackupDirectory(directory.path + "/backup")
            try await place.run(members) {
                try await create([.a], place, members)
                try await target.take(place.origin(at: members[0]))
                let ballast = String(repeating: "x", count: 200)
                // Between what it asks first and all else, the log becomes nearly full, and is cut.
                let begun = place.clock.uptime()
                let slowly = SlowOrigin(base: place.origin(at: members[0])) {
                    let owner = try #require(await holder(of: .a, among: members))
                    for number in 0..<125 where try await place.records.fill().byteCount < 40 << 10 {
                        try await owner.node.add("u\(number)\(ballast)")
                    }
                    try await place.pass { place.records.firstPosition(of: ShardID(0))!.value > 50 }
                }
                try await target.take(slowly)
                // So long the hold would have lasted.
                #expect(place.clock.uptime() - begun < .seconds(120))
                try await expectWhole(target, at: members[0], place, members, [.a])
            }
        }
    }
}
