internal import CommitLogs
internal import Leaderboards
internal import Sharding

struct AppendRequest {
    let record: EncodedRecord
    let expected: LogPosition?
    let completion: AppendCompletion
}

/// A decided append whose caller is to be told, outside the lock.
struct DecidedAppend {
    let completion: AppendCompletion
    let result: Result<LogPosition, AppendError>
    func announce() { completion(result) }
}

/// Decides which appends go into the log and in which order: the log's state, without its files.
///
/// An append is checked against its shard's last record and from then on holds the shard until it is decided, so a
/// second one of the same shard waits to be checked against the outcome of the first. Records collect in `filling`
/// while the writer has the group before; what finds it full waits in line.
struct AppendQueue {
    enum Phase: Equatable {
        case open
        /// Takes nothing more; what was taken is still written.
        case closing
        case closed
    }

    private(set) var phase = Phase.open
    /// Why the log accepts nothing any more.
    private(set) var failure: String?
    private(set) var tails: ShardTails
    private(set) var filling = GroupBuffer()
    private(set) var segments: SegmentIndex
    /// One is being written and one is being announced while a third fills.
    private var spares = [GroupBuffer(), GroupBuffer()]
    /// Checked and holding their shard, but there was no room for them.
    private var waitingForRoom: [AppendRequest] = []
    /// Not checked: an append of the same shard is not decided.
    private var waitingForShard: [ShardID: [AppendRequest]] = [:]
    private var isHeld = [Bool](repeating: false, count: 1 << 16)
    private let recordByteCountMax: Int
    private let groupBodyByteCountMax: Int

    init(tails: ShardTails, segments: SegmentIndex, options: SegmentedLogOptions) {
        self.tails = tails
        self.segments = segments
        recordByteCountMax = options.recordByteCountMax
        groupBodyByteCountMax = options.groupBodyByteCountMax
    }

    // MARK: Appending

    /// Takes a request, or answers why not.
    mutating func enqueue(_ request: AppendRequest) -> AppendError? {
        guard phase == .open else { return .closed }
        if let failure { return .failed(failure) }
        let shard = request.record.shard
        if isHeld[Int(shard.number)] {
            waitingForShard[shard, default: []].append(request)
            return nil
        }
        return admit(request)
    }

    private mutating func admit(_ request: AppendRequest) -> AppendError? {
        let shard = request.record.shard
        let tail = tails[shard]
        guard request.expected == tail?.position else { return .conflict(last: tail?.position) }
        if let problem = problem(of: request.record, following: tail) { return .invalid(problem) }
        isHeld[Int(shard.number)] = true
        if waitingForRoom.isEmpty, hasRoom(for: request.record) {
            place(request)
        } else {
            waitingForRoom.append(request)
        }
        return nil
    }

    private func problem(of record: EncodedRecord, following tail: ShardTail?) -> String? {
        let count = record.bytes.count
        if count > recordByteCountMax {
            return "a record of \(count) bytes does not fit into a segment: at most \(recordByteCountMax)"
        }
        let (isWhole, link) = unsafe record.bytes.withUnsafeBytes { bytes in
            unsafe ((try? LogRecord.validate(bytes)) == count, bytes.count >= 64 ? RecordLink(bytes) : nil)
        }
        // What a later opening would refuse must not get in: one bad record would keep the whole log shut.
        guard isWhole, let link, link.shard == record.shard, link.number == record.number else {
            return "the bytes are not the record they are said to be"
        }
        return link.problem(following: tail)
    }

    private func hasRoom(for record: EncodedRecord) -> Bool {
        filling.isEmpty || filling.bodyByteCount + record.bytes.count <= groupBodyByteCountMax
    }

    private mutating func place(_ request: AppendRequest) {
        let link = unsafe request.record.bytes.withUnsafeBytes { unsafe RecordLink($0) }
        filling.add(request.record, link: link, completion: request.completion)
    }

    // MARK: The writer's side

    /// The group to write next, if there is one.
    mutating func takeGroup() -> GroupBuffer? {
        guard !filling.isEmpty, let empty = spares.popLast() else { return nil }
        let group = filling
        filling = empty
        var placed = 0
        while placed < waitingForRoom.count, hasRoom(for: waitingForRoom[placed].record) {
            place(waitingForRoom[placed])
            placed += 1
        }
        waitingForRoom.removeFirst(placed)
        return group
    }

    /// The group is on disk. Answers the appends that had waited for its shards and were refused now.
    mutating func complete(_ group: GroupBuffer, at position: UInt64) -> [DecidedAppend] {
        segments.extend(from: position, to: position + UInt64(group.byteCount))
        for append in group.appends {
            tails[append.shard] = ShardTail(
                position: LogPosition(position + UInt64(append.offset)), number: append.number, epoch: append.epoch,
                hash: append.hash)
        }
        return release(group)
    }

    /// Nothing of the group was written. Answers like `complete`.
    mutating func abandon(_ group: GroupBuffer) -> [DecidedAppend] { release(group) }

    /// The group's callers were told: the buffer may fill again.
    mutating func recycle(_ group: GroupBuffer) {
        group.removeAll()
        spares.append(group)
    }

    /// The log accepts nothing any more. Answers everything that waited; none of it was written.
    mutating func fail(_ reason: String) -> [DecidedAppend] {
        guard failure == nil else { return [] }
        failure = reason
        var waiting = filling.appends.map(\.completion) + waitingForRoom.map(\.completion)
        for shard in waitingForShard.keys.sorted() { waiting += waitingForShard[shard]!.map(\.completion) }
        filling.removeAll()
        waitingForRoom = []
        waitingForShard = [:]
        return waiting.map { DecidedAppend(completion: $0, result: .failure(.failed(reason))) }
    }

    mutating func beginClosing() { if phase == .open { phase = .closing } }
    mutating func finishClosing() { phase = .closed }

    mutating func beginSegment(_ header: SegmentHeader) { segments.begin(header) }
    mutating func removeSegments(below position: UInt64) -> [SegmentIndex.Segment] {
        segments.removeSegments(below: min(position, tails.oldestPosition?.value ?? 0))
    }

    private mutating func release(_ group: GroupBuffer) -> [DecidedAppend] {
        for append in group.appends { isHeld[Int(append.shard.number)] = false }
        guard !waitingForShard.isEmpty else { return [] }
        var refused: [DecidedAppend] = []
        for append in group.appends {
            guard var requests = waitingForShard.removeValue(forKey: append.shard) else { continue }
            while !requests.isEmpty, !isHeld[Int(append.shard.number)] {
                let request = requests.removeFirst()
                if let error = admit(request) {
                    refused.append(DecidedAppend(completion: request.completion, result: .failure(error)))
                }
            }
            if !requests.isEmpty { waitingForShard[append.shard] = requests }
        }
        return refused
    }
}
