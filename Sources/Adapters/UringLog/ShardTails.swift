internal import CommitLogs
internal import Leaderboards
internal import Sharding

/// The last record of a shard: what the next one must follow.
struct ShardTail: Hashable {
    var position: LogPosition
    var number: UInt64
    var epoch: UInt64
    var hash: ChainHash
}

extension ShardTail {
    /// The first record goes after `.start`, and follows this.
    init(_ foundation: LogFoundation) {
        self.init(position: .start, number: foundation.number, epoch: foundation.epoch, hash: foundation.hash)
    }
}

/// The last record of every shard, by shard number.
struct ShardTails: Equatable {
    private var tails: [ShardTail?] = []

    subscript(shard: ShardID) -> ShardTail? {
        get { Int(shard.number) < tails.count ? tails[Int(shard.number)] : nil }
        set {
            let index = Int(shard.number)
            if index >= tails.count {
                tails.append(contentsOf: repeatElement(nil, count: index + 1 - tails.count))
            }
            tails[index] = newValue
        }
    }

    /// Ascending by shard.
    var all: [(shard: ShardID, tail: ShardTail)] {
        tails.indices.compactMap { index in tails[index].map { (ShardID(UInt16(index)), $0) } }
    }

    /// The oldest of the last records. Nothing from there on may be given up.
    var oldestPosition: LogPosition? {
        var oldest: LogPosition?
        for case let tail? in tails where oldest.map({ tail.position < $0 }) ?? true { oldest = tail.position }
        return oldest
    }
}

/// The part of a record that ties it to the one before.
struct RecordLink {
    var shard: ShardID
    var number: UInt64
    var epoch: UInt64
    var previousHash: ChainHash

    /// Reads the link from a record in the layout of `LogRecord+Codec`.
    init(_ record: UnsafeRawBufferPointer) {
        shard = unsafe ShardID(UInt16(truncatingIfNeeded: record.halfWord(at: 8) >> 16))
        epoch = unsafe record.word(at: 16)
        number = unsafe record.word(at: 40)
        previousHash = unsafe ChainHash(low: record.word(at: 48), high: record.word(at: 56))
    }

    /// Why the record can't follow the shard's last one; nil if it can. Without a last one it must be the first.
    func problem(following tail: ShardTail?) -> String? {
        let expected = (tail?.number ?? 0) + 1
        guard number == expected else { return "record \(number) of shard \(shard) where \(expected) was due" }
        guard previousHash == tail?.hash ?? .zero else {
            return "record \(number) of shard \(shard) does not continue the hash chain"
        }
        guard epoch >= tail?.epoch ?? 0 else {
            return "record \(number) of shard \(shard) has epoch \(epoch) after epoch \(tail?.epoch ?? 0)"
        }
        return nil
    }
}
