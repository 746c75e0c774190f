internal import Leaderboards

extension Shard {
    /// What a project did and has here.
    package func usage(of project: String) -> ProjectUsage { usage[project]?.usage ?? ProjectUsage() }

    /// All projects of which anything was counted here, in the order of their names.
    package var usageOfAll: [(project: String, usage: ProjectUsage)] { usage.sorted.map { ($0.project, $0.usage) } }

    /// The number of the last record that was not counted; 0 if all were.
    package var usageCountedSince: UInt64 { usage.countedSince }

    /// Adds what gateways did for projects.
    package func report(_ reports: some Sequence<ReportedUsage>, into record: inout RecordBuilder) {
        for report in reports where report.reads > 0 || report.requests > 0 {
            let operation = ReportOperation(
                ReportedUsage(
                    project: report.project, reads: min(report.reads, ReportedUsage.countMax),
                    requests: min(report.requests, ReportedUsage.countMax)))
            begin(.reportUsage, in: &record)
            operation.write(to: &record.writer)
            apply(operation)
        }
    }

    func apply(_ operation: ReportOperation) {
        let account = usage.account(of: operation.report.project)
        account.counters.readsReported &+= operation.report.reads
        account.counters.requestsReported &+= operation.report.requests
        isDirty = true
    }

    /// A fingerprint of the accounts alone, which differ between two histories that were not counted from the same record on.
    package func usageHash() -> ChainHash {
        var writer = ByteWriter(capacity: 1024)
        writeUsage(to: &writer)
        return writer.withBytes { ChainHash.zero.extended(by: $0) }
    }

    func writeUsage(to writer: inout ByteWriter) {
        usage.write(to: &writer)
        for account in usage.sorted {
            writer.writeRun(account.project)
            writer.write(Int64(account.holdings.leaderboards))
            writer.write(Int64(account.holdings.entries))
            writer.write(Int64(account.holdings.storedBytes))
        }
    }
}

// Checkpoints of versions that did not count.
extension Shard {
    /// Leaderboards on disk of which no size is known.
    package var unsized: [StoredLeaderboard] {
        sortedNumbers.compactMap { number in
            guard case .stored(let stored)? = leaderboards[number], !stored.size.isExact else { return nil }
            return stored
        }
    }

    /// Takes a size that was counted from the list of a stored leaderboard's pieces.
    package func setSize(_ size: LeaderboardSize, of stored: StoredLeaderboard) {
        guard case .stored(stored)? = leaderboards[stored.number] else { return }
        usage.account(of: stored.key.project).count(size, insteadOf: stored.size)
        var sized = stored
        sized.size = size
        leaderboards[stored.number] = .stored(sized)
    }
}

extension UsageAccount {
    @inline(__always)
    func count(_ size: LeaderboardSize, insteadOf old: LeaderboardSize) {
        holdings.entries += size.entries - old.entries
        holdings.storedBytes += size.storedBytes - old.storedBytes
    }
}

extension Leaderboard {
    /// Tells the project's account how much more or less there is than it knows of.
    @inline(__always)
    func settle() {
        let size = members.size
        if size.entries == countedSize.entries, size.storedBytes == countedSize.storedBytes { return }
        account?.count(size, insteadOf: countedSize)
        countedSize = size
    }
}
