/// Where one request goes next, given how it has fared so far.
///
/// It begins at the node that took it, goes on to the owner that this one knows of, and from there at most once more, to whom that
/// one names. Then, or if nobody knows an owner, it waits and begins anew, until its time is up. So it makes no loops, and a
/// fail-over that ends in time is not noticed.
struct Route: Sendable {
    enum Step: Hashable, Sendable {
        case node(UInt64)
        /// Then ask here again.
        case wait(Duration)
        case fail(ServiceError)
    }

    /// Of the node that took the request.
    let home: UInt64
    /// By the clock of `uptime`.
    let deadline: Duration
    /// Doing it twice is the same as doing it once.
    let isRepeatable: Bool
    private var hopCount = 0
    private var waitCount = 0
    /// How often the request has been sent to another node.
    private(set) var sendCount = 0

    static let hopCountMax = 2
    static let firstWait = Duration.milliseconds(20)
    static let longestWait = Duration.milliseconds(400)

    /// Whether the sending that comes now is beyond what each request may have.
    var isRetry: Bool { sendCount > Self.hopCountMax }

    /// - Parameter isSent: it was sent to another node already
    init(from home: UInt64, deadline: Duration, isRepeatable: Bool, isSent: Bool = false) {
        self.home = home
        self.deadline = deadline
        self.isRepeatable = isRepeatable
        if isSent { (hopCount, sendCount) = (1, 1) }
    }

    /// - Parameters:
    ///   - node: who answered, or did not; nil for this node itself
    ///   - spread: from 0 up to 1, drawn anew for each call
    mutating func step(after error: ServiceError, from node: UInt64?, at now: Duration, spread: Double) -> Step {
        switch error {
        case .refused, .overloaded, .noSpace, .corrupted: return .fail(error)
        case .outcomeUnknown:
            return isRepeatable ? wait(or: error, at: now, spread) : .fail(error)
        case .unavailable:
            // This node starts or stops: whoever asks should ask another.
            return node == nil ? .fail(error) : wait(or: error, at: now, spread)
        case .moved(let owner):
            guard let owner, owner != home, owner != node, hopCount < Self.hopCountMax, now < deadline else {
                return wait(or: .unavailable("no node owns the shard at the moment", retryAfter: 1), at: now, spread)
            }
            hopCount += 1
            sendCount += 1
            return .node(owner)
        }
    }

    static let tooMuch = ServiceError.unavailable(
        "too much is tried again: the shard's owner can't be reached", retryAfter: 1)

    /// It may not be sent to another node now: how long it waits before it begins anew.
    mutating func postpone(at now: Duration, spread: Double) throws(ServiceError) -> Duration {
        switch wait(or: Self.tooMuch, at: now, spread) {
        case .wait(let time): return time
        case .fail(let error): throw error
        case .node: preconditionFailure("a wait names no node")
        }
    }

    private mutating func wait(or error: ServiceError, at now: Duration, _ spread: Double) -> Step {
        guard now < deadline else { return .fail(error) }
        let longest = min(Self.firstWait * (1 << min(waitCount, 10)), Self.longestWait)
        waitCount += 1
        hopCount = 0
        return .wait(min(longest * (0.5 + spread / 2), deadline - now))
    }
}

/// How many requests may be sent again, so that an owner that is gone, or slow, does not get several times the load.
///
/// Each request that is sent for the first time adds a part of a token, each that is sent again takes one. It comes back unless the
/// one who was asked had work for nothing: sent on, answered too late, or overloaded. Who finds none waits for others.
struct RetryBudget: Sendable {
    /// A hand-over takes each of several hundred waiting requests a few attempts.
    static let tokenCountMax = 1000.0
    static let share = 0.2
    private(set) var tokens = tokenCountMax

    mutating func noteFirst() { tokens = min(tokens + Self.share, Self.tokenCountMax) }

    /// False if there is none left.
    mutating func takeOne() -> Bool {
        guard tokens >= 1 else { return false }
        tokens -= 1
        return true
    }

    mutating func giveBack() { tokens = min(tokens + 1, Self.tokenCountMax) }
}
