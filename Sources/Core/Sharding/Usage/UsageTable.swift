/// What a shard knows of one project. Leaderboards refer to it, so that counting needs no look-up.
final class UsageAccount {
    let project: String
    var counters = UsageCounters()
    /// The sum of what the project's leaderboards hold here.
    var holdings = Holdings()
    /// How far they may grow. Nothing that is stored or hashed depends on it.
    var allowance = Allowance()

    init(project: String) { self.project = project }

    /// Nothing was ever counted: it may be there or not.
    var isBlank: Bool { counters == UsageCounters() && holdings == Holdings() }

    var usage: ProjectUsage { ProjectUsage(counters: counters, holdings: holdings) }
}

// As it stands in the shard's manifest:
//
//   varint  the number of the last record that was not counted; 0 if all were
//   varint  projects, in the order of their names, then for each:
//             run project, then varints: scores accepted, scores unchanged, set entries changed, leaderboards created,
//             leaderboards deleted, reads reported, requests reported
//
/// The accounts of all projects that ever did something in a shard. What they hold is not stored with them: it follows from
/// the sizes of the leaderboards.
struct UsageTable {
    private var accounts: [String: UsageAccount] = [:]
    /// Counting began behind the record of this number, with the checkpoint of a version that did not count. 0 if
    /// everything was counted.
    var countedSince: UInt64 = 0

    subscript(project: String) -> UsageAccount? { accounts[project] }

    /// Never removed: leaderboards refer to it.
    mutating func account(of project: String) -> UsageAccount {
        if let account = accounts[project] { return account }
        let account = UsageAccount(project: project)
        accounts[project] = account
        return account
    }

    /// Those in which anything was counted, by name: a dictionary's own order must not reach what is stored or hashed.
    var sorted: [UsageAccount] { accounts.values.filter { !$0.isBlank }.sorted { $0.project < $1.project } }

    /// In no order.
    var all: some Sequence<UsageAccount> { accounts.values }

    var memoryBytes: Int { accounts.capacity * 256 }

    func write(to writer: inout ByteWriter) {
        writer.writeVarint(countedSince)
        let counted = sorted.filter { $0.counters != UsageCounters() }
        writer.writeVarint(UInt64(counted.count))
        for account in counted {
            writer.writeRun(account.project)
            for counter in UsageCounters.all { writer.writeVarint(account.counters[keyPath: counter]) }
        }
    }

    mutating func read(from reader: inout ByteReader) throws(ByteReader.Problem) {
        countedSince = try reader.readVarint()
        for _ in 0..<(try reader.readCount(atMost: 1 << 30)) {
            let account = account(of: try reader.readString())
            guard account.counters == UsageCounters() else { throw .invalid("a project twice") }
            for counter in UsageCounters.all { account.counters[keyPath: counter] = try reader.readVarint() }
        }
    }
}
