internal import Leaderboards
package import Sharding

/// Scores for one or several shards:
///
///   run     project
///   u8      1 and the upload's name as a run, or 0
///   run     the texts
///   varint  submissions, then for each:
///             leaderboard, user, metadata, attributes, request key: varint place in the texts, varint length
///             the score
///             u8 1 and i64 milliseconds, or 0: when it was reached
///             varint line
package struct SubmissionRequest: PeerMessage {
    package var project: String
    package var upload: String?
    package var batch: SubmissionBatch

    package init(project: String, upload: String?, batch: SubmissionBatch) {
        self.project = project
        self.upload = upload
        self.batch = batch
    }

    private static let texts: [any WritableKeyPath<Submission, Submission.Slice> & Sendable] = [
        \.leaderboard, \.user, \.metadata, \.attributes, \.requestKey,
    ]

    package func write(to writer: inout ByteWriter) {
        writer.writeRun(project)
        writer.writeOptional(upload)
        writer.writeRun(batch.bytes)
        writer.writeVarint(UInt64(batch.count))
        for submission in batch.submissions {
            for text in Self.texts {
                writer.writeVarint(UInt64(submission[keyPath: text].offset))
                writer.writeVarint(UInt64(submission[keyPath: text].count))
            }
            submission.score.write(to: &writer)
            writer.writeOptional(submission.at)
            writer.writeVarint(submission.line)
        }
    }

    package init(from reader: inout ByteReader) throws(ByteReader.Problem) {
        project = try reader.readString()
        upload = try reader.readOptionalString()
        batch = SubmissionBatch(bytes: try reader.readArray())
        for _ in 0..<(try reader.readCount(atMost: 1 << 24)) {
            var submission = Submission()
            for text in Self.texts { submission[keyPath: text] = try Self.readSlice(&reader, of: batch.bytes.count) }
            submission.score = try Score(from: &reader)
            submission.at = try reader.readOptionalTime()
            submission.line = try reader.readVarint()
            guard batch.isWellFormed(submission) else { throw .invalid("submission") }
            batch.submissions.append(submission)
        }
    }

    private static func readSlice(
        _ reader: inout ByteReader, of byteCount: Int
    ) throws(ByteReader.Problem) -> Submission.Slice {
        let offset = try reader.readCount(atMost: byteCount)
        return Submission.Slice(offset: offset, count: try reader.readCount(atMost: byteCount - offset))
    }
}

extension SubmissionBatch {
    /// What gateways see to before they hand a submission over.
    fileprivate func isWellFormed(_ submission: Submission) -> Bool {
        guard 1...LeaderboardDefinition.userByteCountMax ~= Int(submission.user.count),
            submission.metadata.count <= LeaderboardDefinition.metadataByteCountMax
        else { return false }
        var rest = text(submission.attributes)
        var count = 0
        while let length = rest.popFirst() {
            guard rest.count >= length else { return false }
            rest = rest.dropFirst(Int(length))
            count += 1
        }
        return count % 2 == 0
    }

    /// Some of the submissions, with their texts and no others.
    func picking(_ indices: [Int]) -> SubmissionBatch {
        var part = SubmissionBatch()
        part.submissions.reserveCapacity(indices.count)
        for index in indices {
            var submission = submissions[index]
            for text in SubmissionRequest.allTexts where !submission[keyPath: text].isEmpty {
                submission[keyPath: text] = part.append(self.text(submission[keyPath: text]))
            }
            part.submissions.append(submission)
        }
        return part
    }
}

extension SubmissionRequest {
    fileprivate static var allTexts: [any WritableKeyPath<Submission, Submission.Slice> & Sendable] { texts }
}
