internal import Leaderboards
internal import RESP
internal import Sharding

// Deadlines of keys: EXPIRE, PEXPIRE, EXPIREAT, PEXPIREAT, TTL, PTTL, EXPIRETIME, PEXPIRETIME, PERSIST.
//
// Times from now are counted from the time of the record, which every command in it has.
extension CommandRunner {
    mutating func expire(
        _ name: Argument, _ expiry: Expiry, when conditions: ExpireConditions, _ record: inout RecordBuilder
    ) throws(CommandError) {
        let deadline = Timestamp(milliseconds: try expiry.deadline(now: now.milliseconds))
        guard let set = set(name) else { return reply.integer(0) }
        guard set.isPlain else { throw .isLeaderboard }
        guard conditions.allow(deadline, insteadOf: set.deadline) else { return reply.integer(0) }
        if deadline <= now {
            shard.delete(set, into: &record)
        } else {
            shard.setDeadline(deadline, of: set, into: &record)
        }
        reply.integer(1)
    }

    mutating func timeToLive(_ name: Argument, in unit: TimeUnit) {
        guard let set = set(name) else { return reply.integer(-2) }
        guard let deadline = set.deadline else { return reply.integer(-1) }
        reply.integer(unit.count(of: deadline.milliseconds - now.milliseconds))
    }

    mutating func expireTime(_ name: Argument, in unit: TimeUnit) {
        guard let set = set(name) else { return reply.integer(-2) }
        guard let deadline = set.deadline else { return reply.integer(-1) }
        reply.integer(unit.count(of: deadline.milliseconds))
    }

    mutating func persist(_ name: Argument, _ record: inout RecordBuilder) {
        guard let set = set(name), set.deadline != nil else { return reply.integer(0) }
        shard.setDeadline(nil, of: set, into: &record)
        reply.integer(1)
    }

    /// What was made of a set lives as long as the set.
    func carryDeadline(of set: SortedSet, to name: Argument, _ record: inout RecordBuilder) {
        guard let deadline = set.deadline, let copy = self.set(name) else { return }
        shard.setDeadline(deadline, of: copy, into: &record)
    }
}

extension ExpireConditions {
    fileprivate func allow(_ deadline: Timestamp, insteadOf old: Timestamp?) -> Bool {
        if contains(.hasNone), old != nil { return false }
        if contains(.hasOne), old == nil { return false }
        if contains(.isLater), deadline <= old ?? .distantFuture { return false }
        if contains(.isEarlier), let old, deadline >= old { return false }
        return true
    }
}

extension TimeUnit {
    /// Seconds are rounded to the nearest, as in Redis.
    fileprivate func count(of milliseconds: Int64) -> Int {
        switch self {
        case .milliseconds: Int(milliseconds)
        // Rounded without the sum that the last half second of all time would overflow.
        case .seconds: Int(milliseconds / 1000 + (milliseconds % 1000 >= 500 ? 1 : 0))
        }
    }
}
