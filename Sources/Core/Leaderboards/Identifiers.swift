/// One of the hash buckets that leaderboards fall into: the unit of ownership, logging and moving.
package struct ShardID: Hashable, Comparable, Sendable, CustomStringConvertible {
    package let number: UInt16

    package init(_ number: UInt16) { self.number = number }

    package static func < (left: ShardID, right: ShardID) -> Bool { left.number < right.number }
    package var description: String { String(number) }
}

/// The place of a record in the commit log. Later records have greater positions; nothing else may be read into it.
package struct LogPosition: Hashable, Comparable, Sendable, CustomStringConvertible {
    package let value: UInt64

    package init(_ value: UInt64) { self.value = value }

    /// Before the first record.
    package static let start = LogPosition(0)

    package static func < (left: LogPosition, right: LogPosition) -> Bool { left.value < right.value }
    package var description: String { String(value) }
}

/// A 1-based place in a ranking.
package struct Rank: Hashable, Comparable, Sendable, CustomStringConvertible {
    package let number: Int

    package init(_ number: Int) { self.number = number }
    /// The rank of the entry that has `index` entries ahead of it.
    package init(index: Int) { self.number = index + 1 }

    package static func < (left: Rank, right: Rank) -> Bool { left.number < right.number }
    package var description: String { String(number) }
}

/// Milliseconds since 1970-01-01T00:00:00Z, leap seconds not counted.
package struct Timestamp: Hashable, Comparable, Sendable, CustomStringConvertible {
    package let milliseconds: Int64

    package init(milliseconds: Int64) { self.milliseconds = milliseconds }
    package init(seconds: Int64) { self.milliseconds = seconds * 1000 }

    /// What Laurel accepts as the time of a score: years 0001 to 9999.
    package static let accepted = Timestamp(seconds: -62_135_596_800)...Timestamp(milliseconds: 253_402_300_799_999)

    package static let distantFuture = Timestamp(milliseconds: .max)

    package static func < (left: Timestamp, right: Timestamp) -> Bool { left.milliseconds < right.milliseconds }
    package func advanced(by duration: Duration) -> Timestamp {
        let (seconds, attoseconds) = duration.components
        return Timestamp(milliseconds: milliseconds + seconds * 1000 + attoseconds / 1_000_000_000_000_000)
    }
    package var description: String { CivilTime(self).iso8601 }
}
