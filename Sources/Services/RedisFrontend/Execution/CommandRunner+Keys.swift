internal import Leaderboards
internal import RESP
internal import Sharding

// Keys as such. What concerns all keys of a project (KEYS, SCAN, FLUSHDB, RANDOMKEY) is the session's.
extension CommandRunner {
    mutating func run(_ command: KeyspaceCommand, _ record: inout RecordBuilder) throws(CommandError) {
        switch command {
        case .delete(let names, _): try delete(names, &record)
        case .exists(let names), .touch(let names): reply.integer(names.count { set($0) != nil })
        case .type(let name): reply.simpleString(set(name) == nil ? "none" : "zset")
        case .rename(let name, let new, let onlyIfFree): try rename(name, to: new, onlyIfFree: onlyIfFree, &record)
        case .copy(let name, let target, let database, let replaces):
            if let database, database != 0 { throw .databaseOutOfRange }
            try copy(name, to: target, replacing: replaces, &record)
        case .expire(let name, let expiry, let conditions): try expire(name, expiry, when: conditions, &record)
        case .timeToLive(let name, let unit): timeToLive(name, in: unit)
        case .expireTime(let name, let unit): expireTime(name, in: unit)
        case .persist(let name): persist(name, &record)
        case .object(let query, let name): try inspect(query, name)
        case .objectHelp:
            reply.arrayHeader(1)
            reply.simpleString("OBJECT ENCODING | REFCOUNT | IDLETIME key")
        case .keys, .scan, .flush, .randomKey: preconditionFailure("the session runs these")
        }
    }

    private mutating func delete(_ names: ArgumentList, _ record: inout RecordBuilder) throws(CommandError) {
        for name in names { if let set = set(name), !set.isPlain { throw .isLeaderboard } }
        var count = 0
        for name in names {
            guard let set = set(name) else { continue }
            shard.delete(set, into: &record)
            count += 1
        }
        reply.integer(count)
    }

    private mutating func rename(
        _ name: Argument, to new: Argument, onlyIfFree: Bool, _ record: inout RecordBuilder
    ) throws(CommandError) {
        guard let set = set(name) else { throw .noSuchKey }
        guard set.isPlain else { throw .isLeaderboard }
        if onlyIfFree, self.set(new) != nil { return reply.integer(0) }
        if !name.elementsEqual(new) {
            let entries = set.members(0..<Int.max)
            try replace(new, with: entries, isMoved: true, &record)
            carryDeadline(of: set, to: new, &record)
            shard.delete(set, into: &record)
        }
        if onlyIfFree { reply.integer(1) } else { reply.simpleString("OK") }
    }

    private mutating func copy(
        _ name: Argument, to target: Argument, replacing: Bool, _ record: inout RecordBuilder
    ) throws(CommandError) {
        if name.elementsEqual(target) { throw .sameObject }
        guard let set = set(name), replacing || self.set(target) == nil else { return reply.integer(0) }
        try replace(target, with: set.members(0..<Int.max), &record)
        carryDeadline(of: set, to: target, &record)
        reply.integer(1)
    }

    private mutating func inspect(_ query: ObjectQuery, _ name: Argument) throws(CommandError) {
        guard set(name) != nil else { return reply.null() }
        switch query {
        case .encoding: reply.bulk("skiplist")
        case .refcount: reply.integer(1)
        case .idletime: reply.integer(0)
        case .freq: throw .frequencyNotTracked
        }
    }
}

extension CommandError {
    static let noSuchKey = CommandError("ERR no such key")
    static let sameObject = CommandError("ERR source and destination objects are the same")
}
