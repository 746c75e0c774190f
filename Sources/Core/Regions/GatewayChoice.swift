/// How far away something is, from measurements that vary: a moving average, in which each counts less than the one behind it.
package struct LatencyEstimate: Hashable, Sendable {
    /// Nil before the first measurement, and while there are no answers.
    package private(set) var latency: Duration?
    package private(set) var failureCount = 0

    package init() {}

    package mutating func measured(_ time: Duration, smoothing: Double) {
        failureCount = 0
        guard let before = latency else {
            latency = time
            return
        }
        latency = before + (time - before) * smoothing
    }

    /// A question had no answer. After `countMax` of them in a row nothing is known any more.
    package mutating func failed(countMax: Int) {
        failureCount = min(failureCount + 1, countMax)
        if failureCount >= countMax { latency = nil }
    }
}

/// Which of several gateways is used: the nearest, as long as none is so much nearer that going there is worth a change.
///
/// Two that are about equally far must not be used in turns, since each change costs connections and warms nothing.
package struct GatewayChoice: Hashable, Sendable {
    package let measuring: Measuring
    package private(set) var estimates: [LatencyEstimate]
    /// The nearest, as far as that is known.
    package private(set) var chosen: Int?

    package init(count: Int, _ measuring: Measuring) {
        self.measuring = measuring
        estimates = Array(repeating: LatencyEstimate(), count: count)
    }

    /// The same among others.
    ///
    /// - Parameter places: for each of the others, which of these it is; nil if none
    package func among(_ places: [Int?], _ measuring: Measuring) -> GatewayChoice {
        var choice = GatewayChoice(count: places.count, measuring)
        choice.estimates = places.map { $0.map { estimates[$0] } ?? LatencyEstimate() }
        choice.chosen = chosen.flatMap { places.firstIndex(of: $0) }
        choice.choose()
        return choice
    }

    package mutating func measured(_ time: Duration, of gateway: Int) {
        estimates[gateway].measured(time, smoothing: measuring.smoothing)
        choose()
    }

    package mutating func failed(_ gateway: Int) {
        estimates[gateway].failed(countMax: measuring.failureCountMax)
        choose()
    }

    private mutating func choose() {
        let nearest = estimates.indices.filter { estimates[$0].latency != nil }.min {
            estimates[$0].latency! < estimates[$1].latency!
        }
        guard let chosen, let now = estimates[chosen].latency, let nearest, nearest != chosen,
            let best = estimates[nearest].latency
        else {
            if chosen.map({ estimates[$0].latency == nil }) ?? true { chosen = nearest }
            return
        }
        if now - best >= max(now * measuring.hysteresis, measuring.hysteresisTime), best < now { self.chosen = nearest }
    }

    /// All gateways, the one to be asked first at the beginning; those of which nothing is known at the end.
    package var order: [Int] {
        estimates.indices.sorted { left, right in
            if (left == chosen) != (right == chosen) { return left == chosen }
            switch (estimates[left].latency, estimates[right].latency) {
            case (let first?, let second?) where first != second: return first < second
            case (.some, .some), (nil, nil): return left < right
            case (let first, _): return first != nil
            }
        }
    }

    /// How far away the gateway is that is asked first; nil if none has answered lately.
    package var latency: Duration? { chosen.flatMap { estimates[$0].latency } }
}
