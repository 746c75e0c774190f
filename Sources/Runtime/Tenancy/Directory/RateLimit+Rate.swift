internal import Admission
internal import ControlPlane

extension Rate {
    /// The rate as a limit. Beyond what can be counted, a million a second and bursts of a million or of 31 days, it is
    /// cut down to that; nil if it is no rate at all.
    var limit: RateLimit? {
        guard isValid else { return nil }
        let requests = min(requests, seconds * 1_000_000)
        let inMonth = max(1, Int64(31 * 86_400) * Int64(requests) / Int64(seconds) - 1)
        let burst = min(Int64(burst), Int64(RateLimit.burstAccepted.upperBound), inMonth)
        return try? RateLimit(requests: requests, per: .seconds(seconds), burst: Int(burst))
    }

    /// The slower of both, with the smaller burst.
    func lowered(to other: Rate?) -> Rate {
        guard let other else { return self }
        let isSlower = other.requests * seconds < requests * other.seconds
        var rate = isSlower ? other : self
        rate.burst = min(burst, other.burst)
        return rate
    }
}
