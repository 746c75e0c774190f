package import Leaderboards

/// One of the streams that keep a cluster's log, and the subjects in it: a subject for each shard.
///
/// A cluster has a few groups, so that the loss of a stream's leader holds up a part of the shards only. Which group a
/// shard belongs to is fixed with their number when the cluster is made: `shard % count`.
package struct LogGroup: Hashable, Sendable {
    /// One for each group, with every shard of it in one answer: JetStream gives so many subjects' last records at most.
    package static let shardCountMax = 1024

    package let cluster: String
    package let number: Int
    package let count: Int
    private let prefix: String

    /// - Parameter cluster: 1 to 32 letters, digits, `-` and `_`: a part of subjects.
    package init?(cluster: String, number: Int, count: Int) {
        let isName = cluster.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"): true
            default: false
            }
        }
        guard isName, 1...32 ~= cluster.utf8.count, 1...64 ~= count, 0..<count ~= number else { return nil }
        self.cluster = cluster
        self.number = number
        self.count = count
        prefix = "lrl.\(cluster).\(number)."
    }

    package static func number(of shard: ShardID, count: Int) -> Int { Int(shard.number) % count }

    package func contains(_ shard: ShardID) -> Bool { Self.number(of: shard, count: count) == number }

    package var stream: String { "LRL-\(cluster)-\(number)" }
    package var subjects: String { prefix + "*" }
    package func subject(of shard: ShardID) -> String { prefix + String(shard.number) }

    /// Nil if it is no subject of this group.
    func shard(of subject: String) -> ShardID? {
        guard subject.hasPrefix(prefix) else { return nil }
        let digits = subject.utf8.dropFirst(prefix.utf8.count)
        // Not `007`, nor a shard of another group.
        guard let first = digits.first, 0x31...0x39 ~= first || digits.count == 1,
            let number = UInt16(Substring(digits))
        else { return nil }
        let shard = ShardID(number)
        return contains(shard) ? shard : nil
    }
}
