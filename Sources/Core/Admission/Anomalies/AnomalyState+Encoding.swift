/// Layout, version 1. Integers little-endian, doubles as their bits.
///
///     u8    version
///     u32   intervals
///     u32   requests and error shares: observations of each
///     f64   requests: mean, variance; peak
///     f64   error share: mean, variance
///     f64   scores: weight, mean, variance, share at the top, largest deviation
///     u8    incidents: surge, errors, outlier, top share; 0 none, else 1 + calm intervals
///     u8    number of countries, up to 16
///     u16   for each: two letters, the first one in the upper byte
///     u32   for each: the interval in which it was last seen
extension AnomalyState {
    private static let version: UInt8 = 1
    package static let encodedByteCountMax = 98 + 6 * countryCountMax

    package func encoded() -> [UInt8] {
        var bytes: [UInt8] = [Self.version]
        bytes.reserveCapacity(Self.encodedByteCountMax)
        func append(_ number: some FixedWidthInteger) {
            for shift in stride(from: 0, to: number.bitWidth, by: 8) {
                bytes.append(UInt8(truncatingIfNeeded: number >> shift))
            }
        }
        append(intervalCount)
        append(requests.count)
        append(errors.count)
        for number in numbers { append(number.bitPattern) }
        bytes += [surge.code, errorRise.code, outlier.code, topRise.code, UInt8(countries.count)]
        for country in countries {
            append(country.code.bits)
            append(country.lastSeen)
        }
        return bytes
    }

    private var numbers: [Double] {
        [
            requests.mean, requests.variance, peak, errors.mean, errors.variance, scores.weight, scores.mean,
            scores.variance, scores.topShare, scores.largestDeviation,
        ]
    }

    /// Nil for anything that `encoded` does not write; the caller then begins with an empty state.
    package init?(encoded bytes: some Collection<UInt8>) {
        guard bytes.count <= Self.encodedByteCountMax else { return nil }
        var reader = Reader(bytes: Array(bytes))
        guard reader.number(UInt8.self) == Self.version, let intervalCount = reader.number(UInt32.self),
            let requestCount = reader.number(UInt32.self), let errorCount = reader.number(UInt32.self)
        else { return nil }
        var numbers: [Double] = []
        for _ in 0..<10 {
            guard let bits = reader.number(UInt64.self) else { return nil }
            numbers.append(Double(bitPattern: bits))
        }
        // All but the mean of the scores are counts, shares, squares.
        guard numbers.allSatisfy(\.isFinite), numbers.indices.allSatisfy({ $0 == 6 || numbers[$0] >= 0 }),
            numbers[3] <= 1, numbers[8] <= 1, numbers[5] <= ScoreHistory.weightMax
        else { return nil }
        var incidents: [Incident] = []
        for _ in 0..<4 {
            guard let code = reader.number(UInt8.self), let incident = Incident(code: code) else { return nil }
            incidents.append(incident)
        }
        guard let count = reader.number(UInt8.self), count <= Self.countryCountMax else { return nil }
        for _ in 0..<count {
            guard let bits = reader.number(UInt16.self), let code = CountryCode(bits: bits),
                let lastSeen = reader.number(UInt32.self), lastSeen <= intervalCount,
                !countries.contains(where: { $0.code == code })
            else { return nil }
            countries.append(KnownCountry(code: code, lastSeen: lastSeen))
        }
        guard reader.isAtEnd else { return nil }
        self.intervalCount = intervalCount
        requests = Baseline(mean: numbers[0], variance: numbers[1], count: requestCount)
        peak = numbers[2]
        errors = Baseline(mean: numbers[3], variance: numbers[4], count: errorCount)
        scores = ScoreHistory(
            weight: numbers[5], mean: numbers[6], variance: numbers[7], topShare: numbers[8],
            largestDeviation: numbers[9])
        (surge, errorRise, outlier, topRise) = (incidents[0], incidents[1], incidents[2], incidents[3])
    }
}

private struct Reader {
    let bytes: [UInt8]
    var index = 0

    var isAtEnd: Bool { index == bytes.count }

    mutating func number<Number: FixedWidthInteger & UnsignedInteger>(_: Number.Type) -> Number? {
        let byteCount = Number.bitWidth / 8
        guard index + byteCount <= bytes.count else { return nil }
        var number: Number = 0
        for offset in 0..<byteCount { number |= Number(bytes[index + offset]) << Number(8 * offset) }
        index += byteCount
        return number
    }
}
