internal import Foundation
internal import Logging
internal import NATSClient
internal import NIOCore

/// A durable consumer of a stream that pulls, as those run that write rows or call others. Knows nothing of Laurel.
package final class PullConsumer {
    package struct Delivery: Sendable {
        package var bytes: [UInt8]
        /// The message's sequence in the stream.
        package var sequence: UInt64
        /// 1 for the first time.
        package var attempt: Int
        fileprivate var acknowledgement: String
    }

    package struct Configuration: Sendable {
        /// Nil: of one that is forgotten when it is gone.
        package var durable: String?
        /// None: all.
        package var filters: [String] = []
        package var replicas = 3
        /// What is not acknowledged by then is delivered once more.
        package var patience: Duration = .seconds(1)
        package var startsAtEnd = false

        package init(durable: String?) { self.durable = durable }
    }

    private let connection: NATSConnection
    private let stream: String
    private let name: String
    private let inbox: String
    private var deliveries: NATSConnection.Subscription.Iterator
    private var pullCount = 0

    private init(_ connection: NATSConnection, stream: String, name: String) {
        (self.connection, self.stream, self.name) = (connection, stream, name)
        inbox = "_INBOX.\(UUID().uuidString)"
        // All servers know of it before anything can be sent to it.
        deliveries = connection.subscribe(inbox + ".*").makeAsyncIterator()
    }

    /// Whoever holds it is there; the consumer itself stays, if it is durable.
    package static func with<Value>(
        _ servers: JetStreamCluster, stream: String, _ configuration: Configuration,
        _ body: (PullConsumer) async throws -> Value
    ) async throws -> Value {
        var options = ClientOptions(servers: servers.addresses)
        options.authentication = JetStreamCluster.user
        let connection = NATSConnection(options, logger: Logger(label: "consumer") { _ in SwiftLogNoOpLogHandler() })
        _ = await connection.ready()
        let result: Result<Value, any Error>
        do {
            let name = configuration.durable ?? "passer-by"
            let consumer = PullConsumer(connection, stream: stream, name: name)
            try await consumer.create(configuration)
            result = .success(try await body(consumer))
        } catch {
            result = .failure(error)
        }
        await connection.close()
        return try result.get()
    }

    private func create(_ configuration: Configuration) async throws {
        var fields: [String: Any] = [
            "name": name, "ack_policy": "explicit", "max_ack_pending": 64, "num_replicas": configuration.replicas,
            "ack_wait": Int(configuration.patience / .nanoseconds(1)),
            "deliver_policy": configuration.startsAtEnd ? "new" : "all",
        ]
        if let durable = configuration.durable { fields["durable_name"] = durable }
        if !configuration.filters.isEmpty { fields["filter_subjects"] = configuration.filters }
        let payload = try JSONSerialization.data(withJSONObject: ["stream_name": stream, "config": fields])
        struct Reply: Decodable {
            struct Problem: Decodable { var description: String? }
            var error: Problem?
            var name: String?
        }
        // One that is there already, with the same configuration, is no error.
        _ = try await eventually("consumer \(name)") {
            let outcome = await connection.request(
                Request(subject: "$JS.API.CONSUMER.CREATE.\(stream).\(name)", payload: ByteBuffer(bytes: payload)))
            guard case .reply(let message) = outcome else { return nil as Bool? }
            let reply = try JSONDecoder().decode(Reply.self, from: Data(message.payload.readableBytesView))
            if let error = reply.error { throw SupportError(error.description ?? "no consumer") }
            return true
        }
    }

    /// Messages that are there for it, so many at most, or come within a moment; none if there is none.
    package func pull(_ count: Int) async throws -> [Delivery] {
        pullCount += 1
        let payload = try JSONSerialization.data(withJSONObject: ["batch": count, "expires": 200_000_000])
        // Messages come with their own subjects, which no request would know; the end comes with this one.
        let end = "\(inbox).\(pullCount)"
        let outcome = await connection.request(
            Request(
                subject: "$JS.API.CONSUMER.MSG.NEXT.\(stream).\(name)", payload: ByteBuffer(bytes: payload),
                replies: .elsewhere(end)))
        guard case .sent = outcome else { throw SupportError("\(outcome)") }
        // A request may be lost while a leader is elected.
        let timer = connection.eventLoop.scheduleTask(in: .seconds(3)) { [connection] in
            connection.send(Request(subject: end, replies: .none), as: connection.makeRequestID()) { _ in }
        }
        defer { timer.cancel() }
        var messages: [Message] = []
        while messages.count < count, let message = await deliveries.next() {
            if message.subject == end { break }
            if !message.subject.hasPrefix(inbox) { messages.append(message) }
        }
        return messages.compactMap { message in
            guard let reply = message.replyTo else { return nil }
            // $JS.ACK.<stream>.<consumer>.<attempt>.<stream sequence>.<consumer sequence>.<time>.<pending>, in newer servers with
            // domain and account behind ACK.
            let parts = reply.split(separator: ".")
            let first = parts.count > 9 ? 6 : 4
            guard parts.count > first + 1, let attempt = Int(parts[first]), let sequence = UInt64(parts[first + 1])
            else { return nil }
            return Delivery(
                bytes: Array(message.payload.readableBytesView), sequence: sequence, attempt: attempt,
                acknowledgement: reply)
        }
    }

    /// Returns when the servers have it.
    package func acknowledge(_ delivery: Delivery) async throws {
        let outcome = await connection.request(
            Request(subject: delivery.acknowledgement, payload: ByteBuffer(string: "+ACK")))
        guard case .reply = outcome else { throw SupportError("not acknowledged: \(outcome)") }
    }
}
