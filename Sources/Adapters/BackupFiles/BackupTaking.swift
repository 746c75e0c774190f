internal import CommitLogs
package import Leaderboards
internal import Sharding

/// Takes a backup: what the directory does not have yet of what the origin has.
///
/// Each shard is taken at a record of its own, all at or after the moment at which the run began: the ends of the logs are asked for
/// first, and nothing is finished before each shard has reached its. A run that is cut off leaves whole checkpoints behind, which the
/// next one takes over.
package struct BackupTaking {
    package struct Options: Sendable {
        /// Fetch a checkpoint of every shard, though records would do.
        package var isFull = false
        package var bytesPerSecond: Int?
        package var hasControl = true

        package init() {}
    }

    private let origin: any BackupOrigin
    private let directory: BackupDirectory
    private let options: Options
    private let now: @Sendable () -> Timestamp
    private let say: @Sendable (String) -> Void

    package init(
        _ origin: any BackupOrigin, to directory: BackupDirectory, _ options: Options = Options(),
        now: @escaping @Sendable () -> Timestamp, say: @escaping @Sendable (String) -> Void = { _ in }
    ) {
        self.origin = origin
        self.directory = directory
        self.options = options
        self.now = now
        self.say = say
    }

    /// Answers the manifest, which is not written yet: until it is, the backup is what it was before.
    package func run() async throws -> BackupManifest {
        try directory.make()
        let before = try directory.manifest()
        let begun = now()
        let outline = try await origin.outline()
        guard (1...4096).contains(outline.shardCount), !outline.groups.isEmpty else {
            throw BackupError.damaged("what is to be backed up has \(outline.shardCount) shards")
        }
        if let before { try compare(before, outline) }
        var manifest = BackupManifest(
            laurel: outline.laurel, source: outline.source, shardCount: outline.shardCount, begun: begun.description)
        manifest.control = before?.control
        let known = Dictionary(uniqueKeysWithValues: (before?.shards ?? []).map { ($0.shard, $0) })
        let shards = try (0..<UInt16(outline.shardCount)).map { number in
            let shard = ShardCollection(ShardID(number), known[number], in: directory)
            try shard.tidy()
            return shard
        }
        var pace = Pace(bytesPerSecond: options.bytesPerSecond)
        let incomplete = shards.filter { needsCheckpoint($0, outline) }
        try await takeCheckpoints(incomplete, areBridges: true, &pace)
        if options.isFull {
            let others = shards.filter { shard in !incomplete.contains { $0 === shard } && isOutdated(shard, outline) }
            try await takeCheckpoints(others, areBridges: false, &pace)
        }
        try await takeRecords(shards, outline, &pace)
        if options.hasControl { manifest.control = try await takeControl() ?? manifest.control }
        for shard in shards where isBehind(shard, outline) {
            throw BackupError.unavailable("shard \(shard.shard) was not read to its end: try again")
        }
        manifest.shards = shards.map(\.backup).filter { $0.end != nil }
        manifest.ended = now().description
        say(
            "\(manifest.shards.count) of \(outline.shardCount) shards have records; \(pace.byteCount) bytes were fetched."
        )
        return manifest
    }

    private func compare(_ before: BackupManifest, _ outline: BackupOutline) throws(BackupError) {
        guard before.source.isSame(as: outline.source) else {
            throw .refused("\(directory.path) is a backup of \(before.source.name), not of \(outline.source.name)")
        }
        guard before.shardCount == outline.shardCount else {
            throw .refused(
                "\(directory.path) is a backup of \(before.shardCount) shards, and there are \(outline.shardCount)")
        }
    }

    private func needsCheckpoint(_ shard: ShardCollection, _ outline: BackupOutline) -> Bool {
        guard let end = outline.ends[shard.shard.number] else { return false }
        guard let have = shard.end else { return true }
        // Records right behind it must still be there, unless there are none.
        return have.position < end && have.position < outline.groups[outline.group(of: shard.shard)]
    }

    /// Whether the backup lacks something that a shard had when the run began, or what lies before a later checkpoint that it has.
    private func isBehind(_ shard: ShardCollection, _ outline: BackupOutline) -> Bool {
        let wanted = max(outline.ends[shard.shard.number] ?? 0, shard.backup.checkpoints.last?.position ?? 0)
        return shard.end?.position ?? 0 < wanted
    }

    /// Whether a shard has changed since its last checkpoint in the backup.
    private func isOutdated(_ shard: ShardCollection, _ outline: BackupOutline) -> Bool {
        guard let end = outline.ends[shard.shard.number] else { return false }
        return shard.backup.checkpoints.last?.position ?? 0 < end
    }

    private func takeCheckpoints(
        _ shards: [ShardCollection], areBridges: Bool, _ pace: inout Pace
    ) async throws {
        for (index, shard) in shards.enumerated() {
            do {
                var counter = pace
                try await shard.takeCheckpoint(isBridge: areBridges) { body in
                    try await origin.checkpoint(of: shard.shard) { part in
                        try await body(part)
                        try await counter.count(part.count)
                    }
                }
                pace = counter
            } catch BackupError.noCheckpoint {
                // All that it ever did may be in the log.
            }
            if (index + 1) % 16 == 0 || index + 1 == shards.count {
                say("Checkpoints: \(index + 1) of \(shards.count), \(pace.byteCount) bytes.")
            }
        }
    }

    private func takeRecords(_ shards: [ShardCollection], _ outline: BackupOutline, _ pace: inout Pace) async throws {
        for group in outline.groups.indices {
            let own = shards.filter { outline.group(of: $0.shard) == group }
            var first = LogPosition(outline.groups[group])
            var attempt = 1
            while true {
                do {
                    try await readRecords(of: own, group, from: first, outline, &pace)
                    let late = own.filter { $0.lacksRecords || isBehind($0, outline) }
                    if late.isEmpty { break }
                    guard attempt < Self.attemptCountMax else { throw BackupError.truncated }
                    try await bridge(late, &pace)
                } catch BackupError.truncated where attempt < Self.attemptCountMax {
                    first = LogPosition(try await origin.outline().groups[group])
                }
                attempt += 1
            }
        }
        for shard in shards { try shard.finishRecords() }
    }

    /// The node has taken checkpoints meanwhile, and given the log before them back.
    private func bridge(_ shards: [ShardCollection], _ pace: inout Pace) async throws {
        for shard in shards { shard.abandonRecords() }
        let before = shards.map { $0.end?.number ?? 0 }
        try await takeCheckpoints(shards, areBridges: true, &pace)
        for (shard, number) in zip(shards, before) where shard.end?.number ?? 0 <= number {
            throw BackupError.noCheckpoint(shard.shard)
        }
    }

    private static let attemptCountMax = 20
    private static let bufferedByteCountMax = 32 << 20

    private func readRecords(
        of shards: [ShardCollection], _ group: Int, from first: LogPosition, _ outline: BackupOutline,
        _ pace: inout Pace
    ) async throws {
        let wanting = shards.filter { isBehind($0, outline) }
        guard let start = wanting.map({ $0.end?.position ?? 0 }).min() else { return }
        // The others have all that they had when the run began; what came since need not follow that.
        let byNumber = Dictionary(uniqueKeysWithValues: wanting.map { ($0.shard, $0) })
        var decoder = RecordDecoder()
        var counter = pace
        try await origin.records(group: group, from: max(LogPosition(start), first)) { part in
            decoder.feed(part)
            while let entry = try decoder.next() {
                guard let shard = byNumber[entry.record.shard] else { continue }
                try shard.take(entry)
            }
            if wanting.reduce(0, { $0 + $1.bufferedByteCount }) > Self.bufferedByteCountMax {
                for shard in wanting { try shard.flush() }
            }
            try await counter.count(part.count)
        }
        pace = counter
        guard decoder.isAtEnd else { throw BackupError.unavailable("the answer ended too early") }
        say("Log group \(group + 1) of \(outline.groups.count): read.")
    }

    private func takeControl() async throws -> FileSeal? {
        let path = directory.path + "/" + BackupDirectory.controlName
        let file = try FileInTheMaking(temporary: path + BackupDirectory.partial)
        var byteCount = 0
        try await origin.control { part in
            byteCount += part.count
            try file.write(part)
        }
        guard byteCount > 0 else { return nil }
        let (count, sha256) = try file.finish(as: path)
        return FileSeal(path: BackupDirectory.controlName, bytes: count, sha256: sha256)
    }
}

/// How fast a backup is taken, at most.
struct Pace {
    private let bytesPerSecond: Int?
    private let begun = ContinuousClock.now
    private(set) var byteCount = 0

    init(bytesPerSecond: Int?) { self.bytesPerSecond = bytesPerSecond }

    /// Waits until so many more bytes were due.
    mutating func count(_ more: Int) async throws {
        byteCount += more
        guard let bytesPerSecond else { return }
        let due = begun + .seconds(Double(byteCount) / Double(bytesPerSecond))
        if due > .now { try await Task.sleep(until: due, clock: .continuous) }
    }
}
