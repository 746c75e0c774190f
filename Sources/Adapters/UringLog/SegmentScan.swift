internal import Leaderboards
internal import Sharding

/// What one segment holds, found out by reading all of it. Segments are scanned independently and joined afterwards.
struct SegmentScan {
    /// A shard's run of records within the segment.
    struct ShardRun {
        let first: RecordLink
        let firstOffset: Int
        var tail: ShardTail
    }

    let header: SegmentHeader
    private(set) var runs: [ShardRun?] = []
    private(set) var landmarks: [UInt64] = []
    private(set) var records = 0
    private(set) var byteCount = 0
    /// Where the last valid group ends, and where the one that holds records begins.
    private(set) var endOffset = SegmentHeader.byteCount
    private(set) var lastGroupOffset: Int?
    /// The last group says that the log was closed.
    private(set) var isClosed = false
    private(set) var tornByteCount = 0
    private(set) var damages: [LogDamage] = []

    /// Scans from the start to `limit`, where the next segment begins; to the end of what is valid if there is none.
    /// Stops at the first damage, or with `continuesAfterDamage` goes on behind it.
    init(
        _ file: any LogFile, _ header: SegmentHeader, limit: UInt64?, guards: TestingGuards,
        continuesAfterDamage: Bool
    ) throws(SystemError) {
        self.header = header
        let reader = SegmentReader(file, header, isVerified: guards.verifies)
        var offset = SegmentHeader.byteCount
        while damages.isEmpty || continuesAfterDamage {
            if header.position(at: offset) == limit { break }
            if let group = try reader.group(at: offset), group.header.end <= limit ?? .max {
                if group.header.kind == .end, limit == nil {
                    isClosed = true
                    if let later = try evidence(reader, from: offset + group.header.byteCount, against: offset) {
                        damage(at: offset, "a group follows at byte \(later) where the log was closed")
                    }
                    break
                }
                if group.header.kind == .end {
                    damage(
                        at: offset, "the log was closed here, but the next segment begins only at position \(limit!)")
                }
                add(group, guards: guards)
                offset += group.header.byteCount
                endOffset = offset
            } else if let limit {
                damage(at: offset, "no valid group, but the next segment begins only at position \(limit)")
                guard let next = try evidence(reader, from: offset, against: offset) else { break }
                offset = next
            } else if let next = try evidence(reader, from: offset, against: offset) {
                damage(at: offset, "no valid group, but a later one at byte \(next) proves that this had been synced")
                offset = next
            } else {
                tornByteCount = try extentOfTornTail(reader, at: offset)
                break
            }
        }
    }

    /// The first group at or after `offset` that could only be written after a sync of what stands at `missing`.
    private func evidence(
        _ reader: SegmentReader, from offset: Int, against missing: Int
    ) throws(SystemError) -> Int? {
        var offset = offset
        while let found = try reader.firstGroupHeader(from: offset) {
            if found.header.durableEnd > header.position(at: missing) { return found.offset }
            offset = found.offset + 8
        }
        return nil
    }

    private func extentOfTornTail(_ reader: SegmentReader, at offset: Int) throws(SystemError) -> Int {
        if let torn = try reader.groupHeader(at: offset) { return torn.byteCount }
        // The rest of a recycled file is what it held before.
        return header.isRecycled ? 0 : try reader.endOfContent(from: offset) - offset
    }

    private mutating func add(_ group: SegmentReader.Group, guards: TestingGuards) {
        lastGroupOffset = group.offset
        byteCount += group.header.byteCount
        let position = group.header.position
        if position >= (landmarks.last ?? header.firstPosition) + SegmentIndex.landmarkDistance {
            landmarks.append(position)
        }
        var count = 0
        let problem = unsafe group.forEachRecord { recordOffset, record in
            count += 1
            return unsafe add(record, at: recordOffset, guards: guards)
        }
        if let problem { damage(at: problem.offset, problem.text) }
        if count != group.header.recordCount, problem == nil {
            damage(at: group.offset, "\(count) records in a group of \(group.header.recordCount)")
        }
        records += count
    }

    /// Answers what is wrong with the record.
    private mutating func add(_ record: UnsafeRawBufferPointer, at offset: Int, guards: TestingGuards) -> String? {
        let link = unsafe RecordLink(record)
        let shard = Int(link.shard.number)
        if shard >= runs.count { runs.append(contentsOf: repeatElement(nil, count: shard + 1 - runs.count)) }
        let tail = unsafe ShardTail(
            position: LogPosition(header.position(at: offset)), number: link.number, epoch: link.epoch,
            hash: link.previousHash.extended(by: record))
        guard let previous = runs[shard]?.tail else {
            runs[shard] = ShardRun(first: link, firstOffset: offset, tail: tail)
            return nil
        }
        runs[shard]!.tail = tail
        return guards.verifies ? link.problem(following: previous) : nil
    }

    private mutating func damage(at offset: Int, _ problem: String) {
        damages.append(
            LogDamage(
                file: SegmentHeader.fileName(header.number), offset: offset,
                position: LogPosition(header.position(at: offset)), problem: problem))
    }
}

extension SegmentReader.Group {
    /// Calls `body` with each record and its offset in the file, until it answers a problem.
    func forEachRecord(
        _ visit: (Int, UnsafeRawBufferPointer) -> String?
    ) -> (offset: Int, text: String)? {
        var start = 0
        while unsafe start < body.count {
            let rest = unsafe UnsafeRawBufferPointer(rebasing: body[start...])
            let recordOffset = offset + GroupHeader.byteCount + start
            do throws(LogRecord.DecodingError) {
                let count = try unsafe isVerified ? LogRecord.validate(rest) : Int(rest.halfWord(at: 0))
                let record = unsafe UnsafeRawBufferPointer(rebasing: rest[..<count])
                if let problem = unsafe visit(recordOffset, record) { return (recordOffset, problem) }
                start += count
            } catch {
                return (recordOffset, "no valid record: \(error)")
            }
        }
        return nil
    }
}
