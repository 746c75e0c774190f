/// A running mean and variance that forget: each observation counts a little less with every one that follows (Welford's
/// update with a weight for the newest that stops falling).
struct Baseline: Hashable, Sendable {
    var mean = 0.0
    var variance = 0.0
    /// Observations so far.
    var count: UInt32 = 0

    /// - Parameters:
    ///   - memory: how many observations back the mean reaches; while there are fewer, all count alike
    ///   - isUnusual: counts an eighth
    mutating func learn(_ value: Double, memory: Int, isUnusual: Bool) {
        count = count == .max ? .max : count + 1
        let weight = max(1 / Double(count), 1 / Double(memory)) / (isUnusual ? 8 : 1)
        let difference = value - mean
        let step = weight * difference
        mean += step
        variance = (1 - weight) * (variance + difference * step)
    }
}

/// Whether something unusual is under way. It is reported when it begins, and not again until it was over for a while.
struct Incident: Hashable, Sendable {
    private(set) var isOpen = false
    private(set) var calmCount: UInt8 = 0

    init() {}

    /// - Returns: whether to report it
    /// - Parameters:
    ///   - isOver: the bound was exceeded in this interval
    ///   - isCalm: all was well, by a lower bound, so that what moves around the bound is one incident
    mutating func observe(isOver: Bool, isCalm: Bool, calmIntervals: Int) -> Bool {
        if isOver {
            let isNew = !isOpen
            isOpen = true
            calmCount = 0
            return isNew
        }
        guard isOpen else { return false }
        calmCount = isCalm ? calmCount + 1 : 0
        if calmCount >= calmIntervals { self = Incident() }
        return false
    }

    /// 0 if there is none, else one more than the number of calm intervals.
    var code: UInt8 { isOpen ? calmCount + 1 : 0 }

    init?(code: UInt8) {
        guard code <= AnomalySettings.calmIntervalsAccepted.upperBound else { return nil }
        isOpen = code > 0
        calmCount = isOpen ? code - 1 : 0
    }
}
