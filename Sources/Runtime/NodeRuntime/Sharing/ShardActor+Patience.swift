// A shared log may be silent for as long as its servers are, and the append on its way is repeated all that time. Who asked is not
// kept waiting for longer than for an election in the log.
extension ShardActor {
    private static var patience: Duration { .seconds(10) }

    /// What was begun may still become durable.
    private static var noWord: ServiceError { .outcomeUnknown("the log has not answered in \(patience)") }

    /// The append on its way has had no outcome for longer than anybody is kept waiting.
    var isLogSilent: Bool {
        appendingSince.map { environment.clock.uptime() - $0 >= Self.patience } ?? false
    }

    /// What is answered to who comes while the log is silent. Nothing was begun.
    var silence: ServiceError {
        successor.map { .moved(to: $0) } ?? .unavailable("the log can't be reached", retryAfter: 1)
    }

    /// Tells those who wait for a silent log that nobody knows. The record stays on its way.
    func endPatience() {
        guard isLogSilent else { return }
        release(upTo: .max, .failure(Self.noWord))
    }
}
