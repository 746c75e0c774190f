internal import CommitLogs
internal import Leaderboards

/// A part of the list of a stream's consumers, as JetStream writes it.
struct ConsumerPage: Decodable {
    struct Configuration: Decodable {
        var name: String?
        /// Who has none is forgotten when it is gone for a while.
        var durable_name: String?
        var filter_subject: String?
        var filter_subjects: [String]?
    }
    struct Sequences: Decodable { var stream_seq: UInt64? }
    struct Consumer: Decodable {
        var name: String?
        var config: Configuration?
        var ack_floor: Sequences?
        /// To be delivered.
        var num_pending: UInt64?
        /// Delivered.
        var num_ack_pending: UInt64?
    }

    var error: JetStreamAPI.Problem?
    var limit: Int?
    var consumers: [Consumer]?
    /// Those that did not answer in time. They may stand among the others, without what they would have said.
    var missing: [String]?
    /// Those that can't be run at the moment, and why.
    var offline: [String: String]?
}

extension ConsumerPage.Consumer {
    fileprivate var ownName: String? {
        [name, config?.name, config?.durable_name].compactMap { $0 }.first { !$0.isEmpty }
    }

    fileprivate func shards(in group: LogGroup) -> Set<ShardID>? {
        let filters = ([config?.filter_subject] + (config?.filter_subjects ?? [])).compactMap { $0 }.filter {
            !$0.isEmpty
        }
        let shards = filters.map { group.shard(of: $0) }
        // One that may stand for several is taken for all.
        guard !filters.isEmpty, !shards.contains(nil) else { return nil }
        return Set(shards.compactMap { $0 })
    }
}

/// The pages of that list, put together.
///
/// Each page but the first begins with the last name of the one before: if it does not, consumers came or went meanwhile, one may have
/// been skipped, and the list is asked for anew. How many there are of all is not used: servers have said how many are on the page.
struct ConsumerList {
    private let group: LogGroup
    private var offset = 0
    private var lastName: String?
    private var durables: [String: LogConsumer] = [:]

    enum Step: Equatable {
        case ask(offset: Int)
        case complete([LogConsumer])
        /// From the beginning.
        case again
        case tooMany
    }

    static let countMax = 4096
    /// JetStream's own.
    private static let pageCount = 256

    init(of group: LogGroup) { self.group = group }

    mutating func take(_ page: ConsumerPage) -> Step {
        let unanswered = Set(page.missing ?? []).union((page.offline ?? [:]).keys)
        var names = unanswered
        var ephemerals: Set<String> = []
        for found in page.consumers ?? [] {
            guard let name = found.ownName else {
                // One of those that did not answer, whose name stands there.
                if unanswered.isEmpty { return .again }
                continue
            }
            names.insert(name)
            // Without a configuration it may be a durable one.
            if let config = found.config, config.durable_name?.isEmpty ?? true {
                ephemerals.insert(name)
                continue
            }
            durables[name] = consumer(name, found, hasAnswered: !unanswered.contains(name))
        }
        for name in unanswered.subtracting(ephemerals) where durables[name] == nil {
            durables[name] = LogConsumer(name, floor: nil)
        }
        let sorted = names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        if let lastName, sorted.first != lastName { return .again }
        guard sorted.count >= page.limit ?? Self.pageCount, sorted.count > 1 else {
            return .complete(durables.values.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) })
        }
        lastName = sorted.last
        offset += sorted.count - 1
        return offset < Self.countMax ? .ask(offset: offset) : .tooMany
    }

    private func consumer(_ name: String, _ found: ConsumerPage.Consumer, hasAnswered: Bool) -> LogConsumer {
        var consumer = LogConsumer(name, shards: found.shards(in: group), floor: nil)
        if hasAnswered, let sequence = found.ack_floor?.stream_seq {
            consumer.floor = LogPosition(sequence &+ 1)
            if let pending = found.num_pending, let acknowledging = found.num_ack_pending {
                consumer.unacknowledgedCount = pending &+ acknowledging
            }
        }
        return consumer
    }
}
