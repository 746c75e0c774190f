internal import Leaderboards
internal import NIOCore
internal import RESP
internal import Sharding

/// Runs commands in one step on the shard that has their keys, and writes their replies.
///
/// Where a key is a leaderboard with a definition, its rules decide what an entry becomes; it is never replaced, renamed or
/// deleted from here.
struct CommandRunner {
    let shard: Shard
    let project: String
    /// A random number.
    let seed: UInt64
    let replyByteCountMax: Int
    var reply: ReplyWriter
    /// The time of the record: what has expired by then is not there.
    let now: Timestamp
    /// Members that were read elsewhere, for commands whose keys lie in different places.
    var gathered: [LeaderboardKey: [ScoredMember]] = [:]

    /// - Parameter replies: what the replies are added to
    init(
        _ shard: Shard, at now: Timestamp, project: String, seed: UInt64, replies: ReplyWriter, replyByteCountMax: Int
    ) {
        self.shard = shard
        self.now = now
        self.project = project
        self.seed = seed
        self.replyByteCountMax = replyByteCountMax
        reply = replies
    }

    /// Precondition: the keys are at this shard and in memory, or gathered.
    mutating func reply(to command: SortedSetCommand, _ record: inout RecordBuilder) -> ByteBuffer {
        reply.buffer = ByteBuffer()
        run(command, &record)
        return reply.buffer
    }

    /// Adds the reply of a command, whatever becomes of it.
    mutating func run(_ command: SortedSetCommand, _ record: inout RecordBuilder) {
        do throws(CommandError) {
            try runOrThrow(command, &record)
        } catch {
            reply.error(error)
        }
    }

    /// Refuses a command where the record of the log that it would become part of is full.
    func requireRoom(in record: borrowing RecordBuilder) throws(CommandError) {
        guard !record.isFull else { throw .recordIsFull }
    }

    /// Refuses a reply of `count` entries with as many bytes of names as can be.
    func requireReplyRoom(entries count: Int) throws(CommandError) {
        guard count <= replyByteCountMax / 64 else { throw .replyTooLarge(replyByteCountMax) }
    }

    private mutating func runOrThrow(
        _ command: SortedSetCommand, _ record: inout RecordBuilder
    ) throws(CommandError) {
        try requireRoom(in: record)
        switch command {
        case .add(let add): try self.add(add, &record)
        case .increment(let key, let amount, let member): try increment(key, member, by: amount, &record)
        case .remove(let key, let members): try remove(key, members, &record)
        case .score(let key, let member): score(key, member)
        case .scores(let key, let members): scores(key, members)
        case .count(let key): reply.integer(set(key)?.count ?? 0)
        case .countByScore(let key, let range): reply.integer(set(key)?.places(range).count ?? 0)
        case .countByLex(let key, let range): reply.integer(set(key)?.places(range).count ?? 0)
        case .rank(let key, let member, let isReversed, let withScore):
            rank(key, member, isReversed: isReversed, withScore: withScore)
        case .range(let query): try range(query)
        case .storeRange(let destination, let query): try storeRange(query, in: destination, &record)
        case .removeRange(let key, let selection): try removeRange(key, selection, &record)
        case .pop(let key, let side, let count): try pop(key, side, count: count, &record)
        case .popFirst(let keys, let side, let count): try popFirst(keys, side, count: count, &record)
        case .blockingPop(let keys, let side, _): try blockingPop(keys, side, &record)
        case .blockingPopFirst(let keys, let side, let count, _): try popFirst(keys, side, count: count, &record)
        case .randomMember(let key): randomMember(key)
        case .randomMembers(let key, let count, let withScores): randomMembers(key, count, withScores: withScores)
        case .scan(let key, let cursor, let options): try scan(key, cursor, options)
        case .combine(let combination): try combine(combination)
        case .storeCombination(let destination, let combination): try store(combination, in: destination, &record)
        case .countIntersection(let combination): try countIntersection(combination)
        case .keyspace(let command): try run(command, &record)
        }
    }

    /// Refuses what would not fit into a record. `isPlain`: no rules of a leaderboard, whose outcomes take more.
    func requireRoom(forMembersOf bytes: Int, count: Int, isPlain: Bool = true) throws(CommandError) {
        let byteCountMax = shard.settings.records.commandByteCountMax
        guard bytes + count * (isPlain ? 32 : 1024) <= byteCountMax else { throw .tooMuchAtOnce(byteCountMax) }
    }

    func requireRoom(for entries: [ScoredMember]) throws(CommandError) {
        try requireRoom(forMembersOf: entries.reduce(0) { $0 + $1.member.count }, count: entries.count)
    }

    func key(_ name: Argument) -> LeaderboardKey {
        LeaderboardKey(project: project, id: String(decoding: name, as: UTF8.self))
    }

    func set(_ name: Argument) -> SortedSet? { shard.sortedSet(key(name), at: now) }

    /// All entries in ascending order, from here or from where they were gathered.
    func members(_ name: Argument) -> [ScoredMember] {
        let key = key(name)
        return gathered[key] ?? shard.sortedSet(key, at: now)?.members(0..<Int.max) ?? []
    }
}

/// A member with its score.
struct ScoredMember: Sendable, Hashable {
    var member: [UInt8]
    var score: Double
}

extension SortedSet {
    /// Entries at these places in ascending order, or the same from the last to the first.
    func members(_ places: Range<Int>, descending: Bool = false) -> [ScoredMember] {
        var members: [ScoredMember] = []
        members.reserveCapacity(places.clamped(to: 0..<count).count)
        forEach(places, descending: descending) { members.append(ScoredMember(member: Array($0), score: $1)) }
        return members
    }
}

extension CommandRunner {
    /// A double as an array element or a whole reply.
    mutating func write(_ entries: [ScoredMember], withScores: Bool, nested: Bool? = nil) {
        // The third version of the protocol has pairs where the second has a flat list.
        let areNested = withScores && (nested ?? (reply.version == .v3))
        reply.arrayHeader(withScores && !areNested ? entries.count * 2 : entries.count)
        for entry in entries {
            if areNested { reply.arrayHeader(2) }
            reply.bulk(entry.member)
            if withScores { reply.double(entry.score) }
        }
    }
}

extension CommandError {
    /// What the shard refused.
    init(_ refusal: Refusal) {
        switch refusal {
        case .unknownUser: self = .memberLength
        case .score(.type): self.init("ERR the leaderboard's column does not take such a number")
        case .score(.bounds): self.init("ERR the score is outside of the bounds of the leaderboard's column")
        case .score(.overflow): self.init("ERR the sum is beyond what the leaderboard's column can hold")
        case .score(.columnCount): self.init("ERR the leaderboard has several columns: enter scores over HTTP")
        case .planLimit(let what, let limit):
            self.init("LIMIT the project's plan has at most \(limit) \(what): delete some, or ask for a larger plan")
        case .limitReached(let what, let limit): self.init("ERR limit of \(limit) reached: \(what)")
        case .seasonClosed(let window, let season): self.init("ERR season \(season) of \(window) is closed")
        default: self.init("ERR refused: \(refusal)")
        }
    }

    static let recordIsFull = CommandError("BUSY too much changes at once, try again or send less together")
    static func replyTooLarge(_ max: Int) -> CommandError {
        CommandError("ERR the reply would have more than \(max / 64) entries, which is the most here: ask for a part")
    }
    static func tooMuchAtOnce(_ byteCountMax: Int) -> CommandError {
        CommandError("ERR one command changes at most \(byteCountMax) bytes of members here: divide it")
    }
    static let memberLength = CommandError("ERR a member has 1 to 255 bytes")
    static let notNumber = CommandError("ERR resulting score is not a number (NaN)")
    static let isLeaderboard = CommandError(
        "ERR the key is a leaderboard with a definition, which is changed and deleted over HTTP only")
    static let needsSum = CommandError("ERR only a leaderboard with the operator sum can be incremented")
}
