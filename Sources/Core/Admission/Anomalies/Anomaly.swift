/// Something that an identity does and did not use to do. It is a reason to look, not a proof.
package struct Anomaly: Hashable, Sendable {
    package enum Kind: String, Hashable, Sendable, CaseIterable {
        case requestSurge = "request-surge"
        case errorShare = "error-share"
        case newCountry = "new-country"
        case scoreOutlier = "score-outlier"
        case topScoreShare = "top-score-share"
    }

    package var kind: Kind
    /// Requests in the interval; a share, 0 to 1; the best score. For a new country the interval's requests.
    package var observed: Double
    /// What history says it should have been, in the same unit.
    package var expected: Double
    /// How many standard deviations lie between. 0 for a new country.
    package var deviation: Double
    package var country: CountryCode?
    /// One English sentence with the numbers.
    package var explanation: String

    package init(
        kind: Kind, observed: Double, expected: Double, deviation: Double, country: CountryCode? = nil,
        explanation: String
    ) {
        self.kind = kind
        self.observed = observed
        self.expected = expected
        self.deviation = deviation
        self.country = country
        self.explanation = explanation
    }
}

/// A country as two letters of ISO 3166, or what proxies put in their place: a letter and a digit.
package struct CountryCode: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The two bytes, the first one in front.
    let bits: UInt16

    /// Nil for anything else, and for `XX` and `ZZ`, which mean unknown.
    package init?(_ text: some StringProtocol) {
        guard text.utf8.count == 2 else { return nil }
        self.init(bits: text.utf8.reduce(0) { $0 << 8 | UInt16($1.isLetter ? $1 & 0xDF : $1) })
    }

    init?(bits: UInt16) {
        let (first, second) = (UInt8(bits >> 8), UInt8(truncatingIfNeeded: bits))
        func isCapital(_ byte: UInt8) -> Bool { UInt8(ascii: "A")...UInt8(ascii: "Z") ~= byte }
        guard isCapital(first), isCapital(second) || second.isDigit else { return nil }
        let isUnknown = first == second && (first == UInt8(ascii: "X") || first == UInt8(ascii: "Z"))
        guard !isUnknown else { return nil }
        self.bits = bits
    }

    /// How many indices there are: of two letters, and of a letter and a digit.
    package static let indexCount = 26 * 36

    /// Two letters first, each in the alphabet's order.
    package var index: Int {
        let (first, second) = (Int(bits >> 8) - 65, UInt8(truncatingIfNeeded: bits))
        return second.isDigit ? 676 + first * 10 + Int(second) - 48 : first * 26 + Int(second) - 65
    }

    /// Precondition: it is the index of one.
    package init(index: Int) {
        let (first, second) =
            index < 676 ? (index / 26, index % 26 + 65) : ((index - 676) / 10, (index - 676) % 10 + 48)
        self.init(bits: UInt16(first + 65) << 8 | UInt16(second))!
    }

    package static func < (left: CountryCode, right: CountryCode) -> Bool { left.bits < right.bits }

    package var description: String {
        String(decoding: [UInt8(bits >> 8), UInt8(truncatingIfNeeded: bits)], as: UTF8.self)
    }
}
