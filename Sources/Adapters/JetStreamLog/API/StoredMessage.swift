internal import CommitLogs
internal import Foundation
internal import Leaderboards
internal import NATSClient
internal import NIOCore
internal import Sharding

/// A message of the stream, as a replica gives it out.
struct StoredMessage: Hashable {
    var sequence: UInt64
    var subject: String
    var payload: ByteBuffer

    /// A reply of direct get; nil if it is none.
    init?(_ message: Message) {
        guard message.status == nil, let sequence = message.headers.number("Nats-Sequence"),
            let subject = message.headers["Nats-Subject"]
        else { return nil }
        self.sequence = sequence
        self.subject = subject
        payload = message.payload
    }

    init?(_ stored: JetStreamAPI.GetReply.Stored) {
        sequence = stored.seq
        subject = stored.subject
        payload = ByteBuffer(bytes: stored.data ?? .init())
    }

    /// The record in it, or what is wrong with it.
    func entry(in group: LogGroup) -> Result<LogEntry, RecordProblem> {
        guard let shard = group.shard(of: subject) else { return .failure(RecordProblem("subject \(subject)")) }
        do throws(LogRecord.DecodingError) {
            let (record, byteCount, hash) = try payload.withUnsafeReadableBytes {
                bytes throws(LogRecord.DecodingError) in try LogRecord.decode(bytes)
            }
            guard byteCount == payload.readableBytes else { return .failure(RecordProblem("bytes after the record")) }
            guard record.shard == shard else {
                return .failure(RecordProblem("a record of shard \(record.shard) on the subject of \(shard)"))
            }
            return .success(LogEntry(position: LogPosition(sequence), record: record, hash: hash))
        } catch {
            return .failure(RecordProblem("\(error)", newerRecordOf: error.isOfNewerVersion ? shard : nil))
        }
    }
}

/// What is wrong with what a replica holds.
struct RecordProblem: Error, Hashable, CustomStringConvertible {
    let description: String
    /// The shard, if nothing is wrong but that a newer version wrote the record.
    let newerRecordOf: ShardID?

    init(_ description: String, newerRecordOf shard: ShardID? = nil) {
        self.description = description
        newerRecordOf = shard
    }
}
