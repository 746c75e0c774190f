internal import Leaderboards
package import Sharding

/// Something about several shards as a whole is asked for, for each of them:
///
///   varint  shards, then for each: varint number
///   run     project; empty for all of them
package struct ShardQuestion: PeerMessage, Hashable {
    package var shards: [Int]
    package var project: String

    package init(shards: [Int], project: String = "") {
        self.shards = shards
        self.project = project
    }

    package func write(to writer: inout ByteWriter) {
        writer.writeVarint(UInt64(shards.count))
        for shard in shards { writer.writeCount(shard) }
        writer.writeRun(project)
    }

    package init(from reader: inout ByteReader) throws(ByteReader.Problem) {
        shards = []
        for _ in 0..<(try reader.readCount(atMost: 1 << 16)) { shards.append(try reader.readCount(atMost: 1 << 16)) }
        project = try reader.readString()
    }
}

/// Usage that is to be counted in one shard:
///
///   varint  the shard's number
///   varint  reports, then for each: run project, varint reads, varint requests
package struct UsageReport: PeerMessage, Hashable {
    package var shard: Int
    package var reports: [ReportedUsage]

    package init(shard: Int, reports: [ReportedUsage]) {
        self.shard = shard
        self.reports = reports
    }

    package func write(to writer: inout ByteWriter) {
        writer.writeCount(shard)
        writer.writeVarint(UInt64(reports.count))
        for report in reports {
            writer.writeRun(report.project)
            writer.writeVarint(report.reads)
            writer.writeVarint(report.requests)
        }
    }

    package init(from reader: inout ByteReader) throws(ByteReader.Problem) {
        shard = try reader.readCount(atMost: 1 << 16)
        reports = []
        for _ in 0..<(try reader.readCount(atMost: 1 << 20)) {
            let report = ReportedUsage(
                project: try reader.readString(), reads: try reader.readVarint(), requests: try reader.readVarint())
            guard max(report.reads, report.requests) <= ReportedUsage.countMax else { throw .invalid("report") }
            reports.append(report)
        }
    }
}

// What a project did and has: seven counters, as varints: scores accepted, unchanged, set entries changed, leaderboards created,
// deleted, reads, requests; then leaderboards, entries, stored bytes, as varints.
extension ProjectUsage: PeerMessage {
    private static var inOrder: [WritableKeyPath<UsageCounters, UInt64>] {
        [
            \.scoresAccepted, \.scoresUnchanged, \.setEntriesChanged, \.leaderboardsCreated, \.leaderboardsDeleted,
            \.readsReported, \.requestsReported,
        ]
    }

    package func write(to writer: inout ByteWriter) {
        for counter in Self.inOrder { writer.writeVarint(counters[keyPath: counter]) }
        for number in [holdings.leaderboards, holdings.entries, holdings.storedBytes] {
            writer.writeVarint(UInt64(max(number, 0)))
        }
    }

    package init(from reader: inout ByteReader) throws(ByteReader.Problem) {
        self.init()
        for counter in Self.inOrder { counters[keyPath: counter] = try reader.readVarint() }
        holdings = Holdings(
            leaderboards: try reader.readCount(atMost: 1 << 60), entries: try reader.readCount(atMost: 1 << 60),
            storedBytes: try reader.readCount(atMost: 1 << 60))
    }
}

/// One project's usage: run project, then the usage.
package struct NamedUsage: PeerMessage, Hashable {
    package var project: String
    package var usage: ProjectUsage

    package init(_ project: String, _ usage: ProjectUsage) {
        self.project = project
        self.usage = usage
    }

    package func write(to writer: inout ByteWriter) {
        writer.writeRun(project)
        usage.write(to: &writer)
    }

    package init(from reader: inout ByteReader) throws(ByteReader.Problem) {
        self.init(try reader.readString(), try ProjectUsage(from: &reader))
    }
}
