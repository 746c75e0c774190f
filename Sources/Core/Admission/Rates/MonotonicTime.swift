/// A moment of a clock that never goes back, counted from any start that the caller likes. Whoever decides about rates is
/// told the time; there is no clock in here.
package struct MonotonicTime: Hashable, Comparable, Sendable {
    /// 64 bits of nanoseconds last for 584 years.
    package let nanoseconds: UInt64

    package init(nanoseconds: UInt64) { self.nanoseconds = nanoseconds }

    package static func < (left: MonotonicTime, right: MonotonicTime) -> Bool { left.nanoseconds < right.nanoseconds }

    /// - Parameter duration: not negative
    package func advanced(by duration: Duration) -> MonotonicTime {
        MonotonicTime(nanoseconds: nanoseconds + duration.wholeNanoseconds)
    }
}

extension Duration {
    /// Fractions of a nanosecond are dropped. Traps if negative or longer than 584 years.
    var wholeNanoseconds: UInt64 {
        let (seconds, attoseconds) = components
        return UInt64(seconds) * 1_000_000_000 + UInt64(attoseconds / 1_000_000_000)
    }
}
