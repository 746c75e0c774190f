/// A record of the log, as far as a checker has to know it, whatever the log is made of.
package struct ScannedRecord: Hashable, Sendable {
    package struct Writer: Hashable, Sendable {
        package var node: UInt64
        package var incarnation: UInt64

        package init(node: UInt64, incarnation: UInt64) {
            self.node = node
            self.incarnation = incarnation
        }
    }

    package var shard: Int
    package var position: UInt64
    package var number: UInt64
    package var epoch: UInt64
    package var writer: Writer
    package var isClaim: Bool
    package var previousHash: String
    /// Of everything up to this record.
    package var hash: String
    /// The operations in it.
    package var operations: [String]

    package init(
        shard: Int, position: UInt64, number: UInt64, epoch: UInt64, writer: Writer, isClaim: Bool = false,
        previousHash: String, hash: String, operations: [String] = []
    ) {
        self.shard = shard
        self.position = position
        self.number = number
        self.epoch = epoch
        self.writer = writer
        self.isClaim = isClaim
        self.previousHash = previousHash
        self.hash = hash
        self.operations = operations
    }
}

/// The invariants of the log, looked for in every record of it.
///
/// - I1: a shard's epoch never falls, and only a claim raises it; every record has the epoch and the writer of the claim before it.
/// - I2: record numbers have no gap, and each record continues the hash of those before.
/// - I3: what was acknowledged is in a record, and in one only.
package struct LogScan: Sendable {
    package let records: [ScannedRecord]

    /// - Parameter records: in the log's order; of all shards.
    package init(_ records: [ScannedRecord]) { self.records = records }

    /// What contradicts I1 and I2.
    package var problems: [String] {
        var problems: [String] = []
        for (shard, records) in Dictionary(grouping: records, by: \.shard).sorted(by: { $0.key < $1.key }) {
            var last: ScannedRecord?
            for record in records {
                let place = "shard \(shard), record \(record.number) at \(record.position)"
                if let problem = Self.problem(of: record, after: last) { problems.append("\(place): \(problem)") }
                last = record
            }
        }
        return problems
    }

    private static func problem(of record: ScannedRecord, after last: ScannedRecord?) -> String? {
        guard let last else {
            // A log that was truncated begins anywhere; one that was not begins with a claim.
            return record.number == 1 && !record.isClaim ? "the first record is no claim" : nil
        }
        if record.position <= last.position { return "position \(last.position) stood before" }
        if record.number != last.number + 1 { return "I2: \(last.number) stood before" }
        if record.previousHash != last.hash { return "I2: it does not continue \(last.hash)" }
        if record.epoch < last.epoch { return "I1: epoch \(record.epoch) after \(last.epoch)" }
        if record.isClaim {
            return record.epoch == last.epoch + 1 ? nil : "I1: it claims \(record.epoch) after \(last.epoch)"
        }
        if record.epoch != last.epoch { return "I1: epoch \(record.epoch) without a claim" }
        if record.writer != last.writer { return "I1: \(record.writer) wrote in the epoch of \(last.writer)" }
        return nil
    }

    /// How often each operation is in the log.
    package var operationCounts: [String: Int] {
        var counts: [String: Int] = [:]
        for operation in records.lazy.flatMap(\.operations) { counts[operation, default: 0] += 1 }
        return counts
    }

    /// I3: what clients were told, against what is there.
    package func findings(_ accounts: OperationAccounts<String>) -> OperationAccounts<String>.Findings {
        accounts.findings(in: operationCounts)
    }

    package var claimCount: Int { records.count { $0.isClaim } }
}
