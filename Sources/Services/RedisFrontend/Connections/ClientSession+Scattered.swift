internal import Leaderboards
internal import NIOCore
internal import NodeRuntime
internal import RESP
internal import Sharding

// Commands whose keys lie in different places, and those about all keys of a project. Each key changes in one step; several
// do not change at once. Names with the same {tag} lie together.
extension ClientSession {
    mutating func runScattered(_ command: PreparedCommand, _ project: String) async {
        switch command.command {
        case .keyspace(.delete(let names, let isLazy)):
            await addUp(
                names.map { (name: $0, command: .delete(keys: Arguments([$0])[0...], isLazy: isLazy)) }, command, "del")
        case .keyspace(.exists(let names)), .keyspace(.touch(let names)):
            await addUp(names.map { (name: $0, command: .exists(keys: Arguments([$0])[0...])) }, command, "exists")
        case .combine, .countIntersection, .storeCombination:
            await gather(command, project)
        default:
            answer { $0.error(.scattered) }
        }
    }

    private mutating func addUp(
        _ parts: [(name: Argument, command: KeyspaceCommand)], _ whole: PreparedCommand, _ name: String
    ) async {
        var sum = 0
        for (part, key) in zip(parts, whole.keys) {
            let command = PreparedCommand(
                .keyspace(part.command), Arguments([Array(name.utf8)[...], part.name]), keys: [key],
                isWrite: whole.isWrite)
            let reply = await run([command], at: context.service.place(of: key), key.project)[0]
            guard let count = reply.integerReply else { return add(reply) }
            sum += count
        }
        answer { $0.integer(sum) }
    }

    /// Reads every source where it is, then combines them, at the destination's place if there is one.
    private mutating func gather(_ command: PreparedCommand, _ project: String) async {
        var gathered: [LeaderboardKey: [ScoredMember]] = [:]
        do throws(ServiceError) {
            for key in command.keys.dropFirst(command.destinationCount) where gathered[key] == nil {
                gathered[key] = try await context.service.perform(
                    at: context.service.place(of: key), loading: [key], changing: false
                ) { shard, record, _ in shard.sortedSet(key, at: record.time)?.members(0..<Int.max) ?? [] }
            }
            let (sources, session) = (gathered, self)
            let target = command.keys[0]
            add(
                try await context.service.perform(
                    at: context.service.place(of: target), loading: [target], changing: command.isWrite
                ) { shard, record, seed in
                    var runner = session.makeRunner(on: shard, at: record.time, project: project, seed: seed)
                    runner.gathered = sources
                    return runner.reply(to: command.command, &record)
                })
        } catch {
            answer { $0.error(error.isRouted ? .onSeveralNodes : CommandError(error)) }
        }
    }

    /// Adds the reply of one command.
    mutating func add(_ reply: ByteBuffer) {
        if reply.isErrorReply { errorCount += 1 }
        replies.writeImmutableBuffer(reply)
    }

    // MARK: All keys

    mutating func runOnAllKeys(_ command: KeyspaceCommand, _ project: String) async {
        do throws(ServiceError) {
            let keys = try await context.service.keys(of: project).sorted()
            switch command {
            case .keys(let pattern):
                let found = keys.filter { pattern.matches(Array($0.id.utf8)[...]) }
                answer { writer in
                    writer.arrayHeader(found.count)
                    for key in found { writer.bulk(key.id) }
                }
            case .scan(let cursor, let options): scan(keys, cursor, options)
            case .randomKey:
                let key = keys.randomElement()
                answer { if let key { $0.bulk(key.id) } else { $0.null() } }
            case .flush: try await deletePlainSets(among: keys)
            default: preconditionFailure("not of all keys")
            }
        } catch {
            answer { $0.error(CommandError(error)) }
        }
    }

    /// The cursor is a number of keys, in the order of their hashes: a key that was there all along is seen.
    private mutating func scan(_ keys: [LeaderboardKey], _ cursor: UInt64, _ options: ScanOptions) {
        let ordered = keys.map { (hash: $0.scanHash, key: $0) }.sorted { ($0.hash, $0.key) < ($1.hash, $1.key) }
        let rest = ordered.drop { $0.hash < cursor }
        var seen = Array(rest.prefix(options.count))
        // Keys of one hash are not torn apart: the cursor stands before all of them or behind.
        while let last = seen.last, seen.count < rest.count, rest[rest.startIndex + seen.count].hash == last.hash {
            seen.append(rest[rest.startIndex + seen.count])
        }
        let next = seen.count < rest.count ? rest[rest.startIndex + seen.count].hash : 0
        let isWanted = options.type.map { $0.says("zset") } ?? true
        let found = seen.map(\.key).filter { key in
            isWanted && (options.pattern?.matches(Array(key.id.utf8)[...]) ?? true)
        }
        answer { writer in
            writer.arrayHeader(2)
            writer.bulk(String(next))
            writer.arrayHeader(found.count)
            for key in found { writer.bulk(key.id) }
        }
    }

    private mutating func deletePlainSets(among keys: [LeaderboardKey]) async throws(ServiceError) {
        for (place, keys) in Dictionary(grouping: keys, by: context.service.place(of:)) {
            do throws(ServiceError) {
                try await context.service.perform(at: place, loading: keys, changing: true) { shard, record, _ in
                    for key in keys {
                        if let set = shard.sortedSet(key, at: record.time), set.isPlain {
                            shard.delete(set, into: &record)
                        }
                    }
                }
            } catch {
                try await deletePlainSets(among: keys, at: place, after: error)
            }
        }
        answer { $0.simpleString("OK") }
    }
}

extension ClientSession {
    /// On the node that owns them: DEL deletes plain sets, and refuses to delete leaderboards with a definition.
    private func deletePlainSets(
        among keys: [LeaderboardKey], at place: ShardPlace, after error: ServiceError
    ) async throws(ServiceError) {
        guard error.isRouted, let forwarder = context.forwarder else { throw error }
        var rest = keys.map { key in
            let words = Arguments([Array("del".utf8)[...], Array(key.id.utf8)[...]])
            return PreparedCommand(
                .keyspace(.delete(keys: words[1...], isLazy: false)), words, keys: [key], isWrite: true)
        }[...]
        var error: ServiceError? = error
        while !rest.isEmpty {
            let replies = try await forwarder.forward(
                rest, at: place, project: project ?? "", version: version, after: error)
            rest = rest.dropFirst(replies.count)
            error = nil
        }
    }
}

extension LeaderboardKey {
    /// Never 0, which ends a scan. 53 bits, which every client can keep.
    fileprivate var scanHash: UInt64 {
        let hash = id.utf8.fnv1a
        return (hash ^ hash >> 32) & (1 << 53 - 1) | 1
    }
}

extension ByteBuffer {
    /// It begins with an error.
    var isErrorReply: Bool { readableBytesView.first == UInt8(ascii: "-") }

    /// The number of a reply that is one.
    fileprivate var integerReply: Int? {
        guard readableBytesView.first == UInt8(ascii: ":") else { return nil }
        return Int(String(decoding: readableBytesView.dropFirst().dropLast(2), as: UTF8.self))
    }
}

extension CommandError {
    static let scattered = CommandError(
        "CROSSSLOT the keys of this command lie in different places: give their names one {tag}")
    static let onSeveralNodes = CommandError(
        "CROSSSLOT the keys of this command lie on different nodes: give their names one {tag}")
}
