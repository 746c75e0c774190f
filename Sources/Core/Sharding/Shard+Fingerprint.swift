package import Leaderboards

/// What a shard holds at one record, in hashes that replicas compare, leaderboard by leaderboard. Without the accounts of
/// projects, which depend on where counting began.
package struct ShardFingerprint: Hashable, Sendable {
    package struct Part: Hashable, Sendable {
        package var key: LeaderboardKey
        package var hash: ChainHash

        package init(_ key: LeaderboardKey, _ hash: ChainHash) {
            self.key = key
            self.hash = hash
        }
    }

    /// All but the leaderboards: the time, and what is remembered of requests and uploads.
    package var rest: ChainHash
    /// In the order of their keys.
    package var leaderboards: [Part]

    package init(rest: ChainHash, leaderboards: [Part]) {
        self.rest = rest
        self.leaderboards = leaderboards.sorted { $0.key < $1.key }
    }

    /// One for all.
    package var hash: ChainHash {
        var writer = ByteWriter(capacity: 64 + 64 * leaderboards.count)
        writer.write(rest.low)
        writer.write(rest.high)
        for part in leaderboards {
            writer.writeRun(part.key.project)
            writer.writeRun(part.key.id)
            writer.write(part.hash.low)
            writer.write(part.hash.high)
        }
        return writer.withBytes { ChainHash.zero.extended(by: $0) }
    }

    /// What is not the same in the other, by name; at most so many.
    package func differences(from other: ShardFingerprint, countMax: Int = 20) -> [String] {
        var names = rest == other.rest ? [] : ["remembered requests"]
        let (mine, its) = (hashes, other.hashes)
        for key in Set(mine.keys).union(its.keys).sorted() where mine[key] != its[key] {
            guard names.count < countMax else { return names + ["and more"] }
            names.append("\(key.project)/\(key.id)")
        }
        return names
    }

    private var hashes: [LeaderboardKey: ChainHash] {
        Dictionary(leaderboards.map { ($0.key, $0.hash) }, uniquingKeysWith: { first, _ in first })
    }
}

extension Shard {
    /// What is in memory, and of what is on disk only the names: it has not changed since it was stored.
    /// O(leaderboards + remembered requests).
    package func fingerprint() -> (found: ShardFingerprint, missing: [StoredLeaderboard]) {
        var writer = ByteWriter(capacity: 4096)
        writer.write(time.milliseconds)
        writer.writeVarint(UInt64(nextNumber))
        requests.write(to: &writer)
        uploads.write(to: &writer)
        let rest = writer.withBytes { ChainHash.zero.extended(by: $0) }
        var parts: [ShardFingerprint.Part] = []
        var missing: [StoredLeaderboard] = []
        for number in sortedNumbers {
            switch leaderboards[number]! {
            case .resident(let leaderboard): parts.append(.init(leaderboard.key, leaderboard.fingerprint))
            case .stored(let stored): missing.append(stored)
            }
        }
        return (ShardFingerprint(rest: rest, leaderboards: parts), missing)
    }
}

extension Leaderboard {
    var fingerprint: ChainHash {
        var writer = ByteWriter()
        writeFingerprint(to: &writer)
        return writer.withBytes { ChainHash.zero.extended(by: $0) }
    }
}

extension StoredLeaderboard {
    /// As far as they were counted.
    package var entryCount: Int { size.entries }
    package var byteCount: Int { size.storedBytes }
}
