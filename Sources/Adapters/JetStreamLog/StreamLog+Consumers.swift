package import CommitLogs
internal import NATSClient

/// The stream's durable consumers. JetStream does not ask them when records are purged: who cuts the log does.
///
/// A mirror of this stream is none: it reads by what is not listed here, and only the mirror's own servers know how far it is.
extension StreamLog {
    package func consumers() async throws(ReadError) -> [LogConsumer] {
        do throws(LogReader.Trouble) { return try await listConsumers() } catch { throw .failed(error.reason) }
    }

    func listConsumers() async throws(LogReader.Trouble) -> [LogConsumer] {
        for _ in 0..<Self.listingAttempts {
            var list = ConsumerList(of: group)
            var step = ConsumerList.Step.ask(offset: 0)
            while case .ask(let offset) = step { step = list.take(try await page(from: offset)) }
            switch step {
            case .complete(let consumers): return consumers
            case .tooMany: throw LogReader.Trouble(reason: "more than \(ConsumerList.countMax) consumers")
            case .again, .ask: break
            }
        }
        throw LogReader.Trouble(reason: "consumers came and went while they were listed")
    }

    private static let listingAttempts = 3
    /// The servers themselves wait for 4 s for what consumers say.
    private static let listingTimeout: Duration = .seconds(6)

    private func page(from offset: Int) async throws(LogReader.Trouble) -> ConsumerPage {
        let outcome = await replicas.main.request(
            Request(
                subject: JetStreamAPI.consumers + group.stream, payload: JetStreamAPI.encode(["offset": offset]),
                timeout: Self.listingTimeout))
        guard case .reply(let message) = outcome else { throw LogReader.Trouble(outcome) }
        guard let page = JetStreamAPI.decode(ConsumerPage.self, message.payload) else {
            throw LogReader.Trouble(reason: "a list of consumers that can't be read")
        }
        if let error = page.error { throw LogReader.Trouble(reason: error.text) }
        guard page.consumers != nil else { throw LogReader.Trouble(reason: "an answer without consumers") }
        return page
    }

    package func removeConsumer(_ name: String) async throws(AppendError) -> Bool {
        // A name is a token of a subject: another one would ask for something else.
        guard !name.isEmpty, !name.utf8.contains(where: { $0 <= 0x20 || $0 == 0x7F || ".*>/\\".utf8.contains($0) })
        else { return false }
        let outcome = await replicas.main.request(
            Request(
                subject: "\(JetStreamAPI.deleteConsumer)\(group.stream).\(name)", timeout: Self.listingTimeout))
        struct Reply: Decodable {
            var error: JetStreamAPI.Problem?
            var success: Bool?
        }
        if case .reply(let message) = outcome, let reply = JetStreamAPI.decode(Reply.self, message.payload) {
            if reply.success == true { return true }
            if reply.error?.err_code == JetStreamAPI.Problem.consumerNotFound { return false }
            throw .failed(reply.error?.text ?? "an answer without success")
        }
        // The servers that ran it may be gone, and nobody is left to say that it was removed.
        let left: [LogConsumer]
        do throws(LogReader.Trouble) { left = try await listConsumers() } catch {
            throw .failed("whether consumer \(name) is removed is not known: \(error.reason)")
        }
        guard !left.contains(where: { $0.name == name }) else {
            throw .failed("consumer \(name) is there still: \(LogReader.Trouble(outcome).reason)")
        }
        return true
    }
}
