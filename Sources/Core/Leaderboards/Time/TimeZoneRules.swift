private import Foundation

/// How far a place's clocks are from UTC at any instant, and so which instant a reading of its clocks means.
///
/// A reading means *the first instant at which the clocks show it or later*. That one sentence decides the awkward cases:
/// a reading that a change of the clocks skips means the moment of the change; one that occurs twice means the earlier.
/// It also makes the mapping monotone, so that boundaries which increase on the wall never cross in time.
///
/// The rules are those of the Unicode library inside Foundation: part of the toolchain, not of the machine's files, so
/// nodes that run the same build agree. They follow the IANA database from 1970 on.
package struct TimeZoneRules: Sendable {
    /// `Europe/Oslo`, as given: aliases are not replaced.
    package let id: String
    /// Nil for UTC. Foundation's value is immutable and safe to share between threads; it does its own locking.
    private let zone: TimeZone?

    package static let utc = TimeZoneRules()

    private init() {
        id = "UTC"
        zone = nil
    }

    /// Nil unless `id` is `UTC` or one of the IANA database's `Area/City` names, spelled exactly.
    ///
    /// Abbreviations and fixed offsets (`CET`, `EST`, `GMT+0200`) are refused, though Foundation knows some: people who write
    /// them seldom mean what they say, a place without daylight saving time.
    package init?(id: String) {
        if id == "UTC" {
            self = .utc
            return
        }
        guard id.utf8.count <= Self.idByteCountMax, id.utf8.contains(UInt8(ascii: "/")), id.utf8.allSatisfy(isZoneByte),
            !id.hasPrefix("SystemV/"), id != "Etc/Unknown",
            let zone = TimeZone(identifier: id), zone.identifier == id
        else { return nil }
        self.id = id
        self.zone = zone
    }

    /// Longer than any name there is: nothing is looked up for a text that can't be one.
    package static let idByteCountMax = 64
}

extension TimeZoneRules {
    /// How many seconds the clocks are ahead of UTC: 3600 in Oslo in winter, negative west of Greenwich.
    package func offsetSeconds(at instant: Timestamp) -> Int {
        guard let zone else { return 0 }
        // Clocks change at whole seconds; cutting here keeps the conversion to Double exact.
        let second = flooredQuotient(instant.milliseconds, 1000)
        return zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(second)))
    }

    /// What the clocks show.
    package func local(at instant: Timestamp) -> CivilTime {
        CivilTime(instant.shifted(bySeconds: offsetSeconds(at: instant)))
    }

    /// The first instant at which the clocks show `local` or later.
    package func timestamp(ofLocal local: CivilTime) -> Timestamp {
        let reading = local.asUTC
        guard zone != nil else { return reading }
        // No offset exceeds 16 hours, so a day to either side brackets the answer, and no place has ever changed its
        // clocks twice in so short a time.
        let before = reading.shifted(bySeconds: -86_400)
        let after = reading.shifted(bySeconds: 86_400)
        // The offset before a change comes first: where both fit, it gives the earlier instant.
        for offset in [offsetSeconds(at: before), offsetSeconds(at: after)] {
            let candidate = reading.shifted(bySeconds: -offset)
            if offsetSeconds(at: candidate) == offset { return candidate }
        }
        return change(skipping: reading, between: before, and: after)
    }

    /// Bisects for the moment at which the clocks jump over a reading.
    private func change(skipping reading: Timestamp, between before: Timestamp, and after: Timestamp) -> Timestamp {
        var early = flooredQuotient(before.milliseconds, 1000)
        var late = flooredQuotient(after.milliseconds, 1000)
        while late - early > 1 {
            let middle = early + (late - early) / 2
            let instant = Timestamp(seconds: middle)
            if instant.shifted(bySeconds: offsetSeconds(at: instant)) < reading {
                early = middle
            } else {
                late = middle
            }
        }
        return Timestamp(seconds: late)
    }
}

private func isZoneByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "+"),
        UInt8(ascii: "/"):
        true
    default: false
    }
}

/// Two rules are the same if their names are.
extension TimeZoneRules: Hashable, CustomStringConvertible {
    package static func == (left: TimeZoneRules, right: TimeZoneRules) -> Bool { left.id == right.id }
    package func hash(into hasher: inout Hasher) { hasher.combine(id) }
    package var description: String { id }
}

extension Timestamp {
    fileprivate func shifted(bySeconds seconds: Int) -> Timestamp {
        Timestamp(milliseconds: milliseconds + Int64(seconds) * 1000)
    }
}
