package import CommitLogs
package import Leaderboards
internal import NATSClient
internal import NIOCore

extension StreamLog: MirroredLog {
    package func mirrorState() async throws(PromotionProblem) -> MirrorState {
        let own = try await stream(in: nil)
        guard let own, let state = own.state else { throw PromotionProblem("\(group.stream) can't be asked") }
        guard own.leader != nil else { throw PromotionProblem("\(group.stream) has no leader at the moment") }
        var found = MirrorState(name: group.stream, isMirror: own.mirroredAPI != nil, last: state.last_seq)
        found.note = PromotionNote(metadata: own.metadata)
        guard found.isMirror else { return found }
        guard let domain = options.originDomain, own.mirroredAPI == "$JS.\(domain).API" else {
            throw PromotionProblem("\(group.stream) mirrors \(own.mirroredAPI ?? ""), which the regions don't say")
        }
        if let mirror = own.mirror, let active = mirror.active, active >= 0, mirror.lag ?? 1 == 0 {
            found.completeFor = .nanoseconds(active)
        }
        found.origin = try await origin(in: domain)
        return found
    }

    /// Nil if nobody answers. One that is electing a leader is no lost one: it is asked again. And who answers is there, whatever he says.
    private func origin(in domain: String) async throws(PromotionProblem) -> MirrorState.Origin? {
        for _ in 0..<Self.originAttempts {
            guard let origin = try await stream(in: domain) else { continue }
            guard let state = origin.state, origin.leader != nil else {
                throw PromotionProblem("the origin of \(group.stream) has no leader at the moment")
            }
            return MirrorState.Origin(last: state.last_seq, isSealed: origin.isSealed)
        }
        return nil
    }

    private static let originAttempts = 3

    package func sealOrigin() async throws(PromotionProblem) {
        guard let domain = options.originDomain, var origin = try await stream(in: domain) else {
            throw PromotionProblem("the origin of \(group.stream) can't be reached")
        }
        if origin.isSealed { return }
        origin.config["sealed"] = .truth(true)
        try await update(origin.config, in: domain)
    }

    package func keep(_ note: PromotionNote) async throws(PromotionProblem) {
        guard var own = try await stream(in: nil), own.state != nil else {
            throw PromotionProblem("\(group.stream) can't be asked")
        }
        own.config["metadata"] = .object(own.metadata.merging(note.metadata) { $1 }.mapValues { .text($0) })
        try await update(own.config, in: nil)
    }

    package func takeOver() async throws(PromotionProblem) {
        guard let own = try await stream(in: nil), let state = own.state else {
            throw PromotionProblem("\(group.stream) can't be asked")
        }
        guard own.mirroredAPI != nil else { return }
        if let note = PromotionNote(metadata: own.metadata), state.last_seq < note.last {
            throw PromotionProblem(
                "\(group.stream) ends at \(state.last_seq), before \(note.last), where it ended once")
        }
        var config = own.config
        config["mirror"] = nil
        var usual = options
        usual.originDomain = nil
        let fields = StreamConfiguration(usual).fields
        for name in ["subjects", "duplicate_window"] { config[name] = fields[name] }
        try await update(config, in: nil)
    }

    package func tails() async throws(PromotionProblem) -> [ShardID: LogTail] {
        var tails: [ShardID: LogTail] = [:]
        for shard in (await reader.lastPositions() ?? [:]).keys {
            do throws(ReadError) { tails[shard] = try await tail(of: shard) } catch {
                throw PromotionProblem("shard \(shard) of \(group.stream): \(error)")
            }
        }
        return tails
    }

    // MARK: Streams

    /// A stream of the log's name; nil if nobody answers for it.
    private func stream(in domain: String?) async throws(PromotionProblem) -> PromotedStream? {
        let outcome = await replicas.main.request(
            Request(subject: Self.api(domain) + "STREAM.INFO." + group.stream, timeout: .seconds(2)))
        guard case .reply(let message) = outcome else { return nil }
        guard let found = JetStreamAPI.decode(PromotedStream.Reply.self, message.payload) else {
            throw PromotionProblem("\(group.stream): an answer that can't be read")
        }
        if let error = found.error {
            throw PromotionProblem("\(group.stream)\(domain.map { " in domain \($0)" } ?? ""): \(error.text)")
        }
        return PromotedStream(found)
    }

    private func update(_ config: [String: JSONValue], in domain: String?) async throws(PromotionProblem) {
        let outcome = await replicas.main.request(
            Request(
                subject: Self.api(domain) + "STREAM.UPDATE." + group.stream, payload: JetStreamAPI.encode(config),
                timeout: .seconds(10)))
        struct Reply: Decodable { var error: JetStreamAPI.Problem? }
        guard case .reply(let message) = outcome, let reply = JetStreamAPI.decode(Reply.self, message.payload) else {
            throw PromotionProblem("\(group.stream): no answer to a change, so it may have been made: \(outcome)")
        }
        if let error = reply.error { throw PromotionProblem("\(group.stream) can't be changed: \(error.text)") }
    }

    private static func api(_ domain: String?) -> String { domain.map { "$JS.\($0).API." } ?? "$JS.API." }
}

/// A stream as promotion needs it: its whole configuration, to be sent back with a change.
private struct PromotedStream {
    struct Reply: Decodable {
        struct Mirror: Decodable {
            /// Records that it knows to be missing.
            var lag: UInt64?
            /// Nanoseconds since it heard of its origin; -1 if it never did.
            var active: Int64?
        }
        var error: JetStreamAPI.Problem?
        var config: [String: JSONValue]?
        var state: JetStreamAPI.StreamInfo.State?
        var cluster: JetStreamAPI.StreamInfo.Cluster?
        var mirror: Mirror?
    }

    var config: [String: JSONValue]
    var state: JetStreamAPI.StreamInfo.State?
    var leader: String?
    var mirror: Reply.Mirror?

    init(_ reply: Reply) {
        config = reply.config ?? [:]
        state = reply.state
        // A single server names no cluster, and leads.
        leader = reply.cluster == nil ? "" : reply.cluster?.leader
        mirror = reply.mirror
    }

    var isSealed: Bool { config["sealed"] == .truth(true) }

    /// Nil if it is no mirror.
    var mirroredAPI: String? {
        guard case .object(let mirror)? = config["mirror"] else { return nil }
        guard case .object(let external)? = mirror["external"], case .text(let api)? = external["api"] else {
            return ""
        }
        return api
    }

    var metadata: [String: String] {
        guard case .object(let fields)? = config["metadata"] else { return [:] }
        return fields.compactMapValues { if case .text(let text) = $0 { text } else { nil } }
    }
}

// As fields of the stream's metadata, which are text:
//
//   laurel-promotion-fenced   true or false
//   laurel-promotion-last     the position of the mirror's last record
//   laurel-promotion-window   what is lost, in milliseconds; empty if that is not known
//   laurel-promotion-at       when that was, RFC 3339
extension PromotionNote {
    private static let prefix = "laurel-promotion-"

    /// Nil if there is none.
    init?(metadata: [String: String]) {
        func field(_ name: String) -> String? { metadata[Self.prefix + name] }
        guard let fenced = field("fenced").flatMap(Bool.init), let last = field("last").flatMap({ UInt64($0) }),
            let at = field("at").flatMap({ Timestamp(rfc3339: $0) })
        else { return nil }
        self.init(
            isFenced: fenced, last: last,
            lossWindow: field("window").flatMap { Int64($0) }.map { .milliseconds($0) }, at: at)
    }

    /// All of them, so that none is left of an older note.
    var metadata: [String: String] {
        let window = lossWindow.map { duration in
            let (seconds, attoseconds) = duration.components
            // Rounded up: what is lost is never more than is said.
            return String(seconds * 1000 + (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000)
        }
        let fields = ["fenced": "\(isFenced)", "last": "\(last)", "at": "\(at)", "window": window ?? ""]
        return Dictionary(uniqueKeysWithValues: fields.map { (Self.prefix + $0.key, $0.value) })
    }
}
