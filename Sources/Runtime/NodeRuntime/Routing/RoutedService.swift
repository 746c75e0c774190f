internal import Synchronization

/// A node and the others, as if they were one: what this node does not own is asked of who does.
///
/// This node follows the log, so it knows who owns what. A shard that it does not own says *moved* without doing anything, or is known to
/// before it is asked; then the owner is asked over a link. What becomes of a request after that is decided by its `Route`.
package final class RoutedService: Sendable {
    package let node: Node
    let links: any PeerLinks
    private let directory: any PeerDirectory
    private let limits: RoutingLimits
    /// Nil if there is one region only.
    package let regions: RegionRouting?
    /// What this node has of other regions, by their names.
    let mirrors: [String: Node]
    private let state = Mutex(State())

    private struct State {
        var budget = RetryBudget()
        var waitingCount = 0
    }

    package init(
        _ node: Node, links: any PeerLinks, directory: any PeerDirectory, limits: RoutingLimits = RoutingLimits(),
        regions: RegionRouting? = nil, mirrors: [String: Node] = [:]
    ) {
        self.regions = regions
        self.mirrors = mirrors
        self.directory = directory
        self.node = node
        self.links = links
        self.limits = limits
    }

    /// This node's number.
    package var me: UInt64 { node.configuration.node }
    var clock: any NodeClock { node.environment.clock }
    var shardCount: Int { node.configuration.shardCount }

    func makeRoute(isRepeatable: Bool, isSent: Bool = false) -> Route {
        Route(from: me, deadline: clock.uptime() + limits.timeMax, isRepeatable: isRepeatable, isSent: isSent)
    }

    var askedWithin: Duration { limits.timeMax }

    var spread: Double { Double(clock.randomNumber() >> 11) / Double(1 << 53) }

    /// Carries something out here or where it belongs.
    ///
    /// - Parameters:
    ///   - isRepeatable: doing it twice is the same as doing it once
    ///   - place: where it belongs, if who is known to own that need not be asked for here
    ///   - first: what was said already, if somebody was asked
    ///   - owner: who said so; nil for this node
    ///   - there: asks a node; the time is what is left
    package func route<Value: Sendable>(
        isRepeatable: Bool, at place: ShardPlace? = nil, after first: ServiceError? = nil, from owner: UInt64? = nil,
        here: () async throws(ServiceError) -> Value,
        there: (UInt64, Duration) async throws(ServiceError) -> Value
    ) async throws(ServiceError) -> Value {
        var failure = first ?? place.flatMap { self.owner(at: $0) }.map { .moved(to: $0) }
        if failure == nil {
            do throws(ServiceError) { return try await here() } catch { failure = error }
        }
        var route = makeRoute(isRepeatable: isRepeatable, isSent: owner != nil)
        var asked = owner
        while true {
            let pause: Duration
            switch route.step(after: failure!, from: asked, at: clock.uptime(), spread: spread) {
            case .fail(let error): throw error
            case .node(let owner) where mayBeSent(route):
                asked = owner
                do throws(ServiceError) {
                    let value = try await there(owner, max(route.deadline - clock.uptime(), .milliseconds(1)))
                    giveBack(route)
                    return value
                } catch {
                    if !error.isBurden { giveBack(route) }
                    failure = error
                }
                continue
            // Others are sent again at the moment. It begins anew after them.
            case .node: pause = try route.postpone(at: clock.uptime(), spread: spread)
            case .wait(let time): pause = time
            }
            try await wait(pause)
            asked = nil
            do throws(ServiceError) { return try await here() } catch { failure = error }
        }
    }

    /// Throws if what is to be sent again can't be.
    func spend(_ route: Route) throws(ServiceError) {
        guard mayBeSent(route) else { throw Route.tooMuch }
    }

    private func mayBeSent(_ route: Route) -> Bool {
        state.withLock { state in
            if route.isRetry { return state.budget.takeOne() }
            if route.sendCount == 1 { state.budget.noteFirst() }
            return true
        }
    }

    /// For what was answered, or no load for anybody.
    private func giveBack(_ route: Route) {
        if route.isRetry { state.withLock { $0.budget.giveBack() } }
    }

    func wait(_ time: Duration) async throws(ServiceError) {
        let isAdmitted = state.withLock { state in
            guard state.waitingCount < limits.waitingCountMax else { return false }
            state.waitingCount += 1
            return true
        }
        guard isAdmitted else { throw .overloaded(retryAfter: 1) }
        defer { state.withLock { $0.waitingCount -= 1 } }
        do { try await clock.sleep(for: time) } catch {
            throw .unavailable("the request was given up", retryAfter: 1)
        }
    }

    /// Where the nodes take Redis clients, of those of which that is known.
    package var redisEndpoints: [(node: UInt64, endpoint: PeerAddress.Endpoint)] {
        directory.nodes().compactMap { node in
            directory.address(of: node)?.redis.map { (node: node, endpoint: $0) }
        }
    }

    /// Lets time pass.
    package func pause(_ time: Duration) async { try? await clock.sleep(for: time) }

    /// Asks another node.
    package func ask<Request: PeerMessage, Value: PeerMessage>(
        _ node: UInt64, _ operation: PeerOperation, _ request: Request, within time: Duration
    ) async throws(ServiceError) -> Value {
        let bytes = try await links.call(operation, request.encoded, to: node, within: time)
        return try Self.value(of: bytes)
    }

    /// Asks the owner of a place without a task: the first attempt of a request, whose next ones `route` makes. False if that can't be
    /// done here.
    package func begin(
        _ operation: PeerOperation, _ request: some PeerMessage, to owner: UInt64, _ answered: @escaping PeerAnswered
    ) -> Bool {
        let isBegun = links.begin(operation, request.encoded, to: owner, within: limits.timeMax, answered)
        if isBegun { state.withLock { $0.budget.noteFirst() } }
        return isBegun
    }

    /// Which node owns what lies at a place, if it is another one of this region, and that is known.
    package func owner(at place: ShardPlace) -> UInt64? {
        if let regions, regions.problem != nil || region(at: place) != nil { return nil }
        return node.owner(at: place)
    }

    package static func value<Value: PeerMessage>(of bytes: [UInt8]) throws(ServiceError) -> Value {
        let answer: PeerAnswer<Value>
        do { answer = try PeerAnswer<Value>.decode(bytes) } catch {
            throw .outcomeUnknown("the answer of another node can't be read: \(error)")
        }
        return try answer.result.get()
    }
}

package struct RoutingLimits: Sendable {
    /// How long a request is kept that nobody can carry out at the moment.
    package var timeMax: Duration = .seconds(5)
    /// How many may be kept at once; more are answered that too much is waiting.
    package var waitingCountMax = 4096

    package init() {}
}

extension ServiceError {
    /// Whoever was asked has had work for nothing.
    fileprivate var isBurden: Bool {
        switch self {
        case .moved, .outcomeUnknown, .overloaded: true
        case .unavailable, .refused, .noSpace, .corrupted: false
        }
    }
}
