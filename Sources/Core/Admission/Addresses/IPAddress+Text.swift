extension IPAddress: CustomStringConvertible {
    /// The longest text of an address.
    package static let textByteCountMax = 45

    /// Reads what `inet_pton` reads, for either version: no leading zeros in version 4, since some take them for octal; no
    /// zone (`%eth0`), no port, no brackets, no spaces.
    package init?(_ text: some StringProtocol) {
        self.init(text: Array(text.utf8.prefix(Self.textByteCountMax + 1))[...])
    }

    package init?(text: ArraySlice<UInt8>) {
        guard !text.isEmpty, text.count <= Self.textByteCountMax else { return nil }
        if text.contains(UInt8(ascii: ":")) {
            guard let groups = Self.groups(text) else { return nil }
            self.init(
                high: groups[..<4].reduce(0) { $0 << 16 | UInt64($1) },
                low: groups[4...].reduce(0) { $0 << 16 | UInt64($1) })
        } else {
            guard let address = Self.v4(text) else { return nil }
            self.init(v4: address)
        }
    }

    private static func v4(_ text: ArraySlice<UInt8>) -> UInt32? {
        let parts = text.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var address: UInt32 = 0
        for part in parts {
            guard 1...3 ~= part.count, part.count == 1 || part.first != UInt8(ascii: "0") else { return nil }
            var number: UInt32 = 0
            for byte in part {
                guard byte.isDigit else { return nil }
                number = number * 10 + UInt32(byte - UInt8(ascii: "0"))
            }
            guard number <= 255 else { return nil }
            address = address << 8 | number
        }
        return address
    }

    /// The eight groups of an address of version 6.
    private static func groups(_ text: ArraySlice<UInt8>) -> [UInt16]? {
        var groups: [UInt16] = []
        /// How many groups stand before the `::`.
        var gap: Int?
        var rest = text
        if rest.starts(with: [UInt8(ascii: ":"), UInt8(ascii: ":")]) {
            gap = 0
            rest = rest.dropFirst(2)
        }
        while !rest.isEmpty {
            let part = rest.prefix { $0 != UInt8(ascii: ":") }
            if part.contains(UInt8(ascii: ".")) {
                guard part.endIndex == rest.endIndex, let last = v4(part) else { return nil }
                groups += [UInt16(last >> 16), UInt16(last & 0xFFFF)]
                rest = rest[part.endIndex...]
                break
            }
            guard let group = group(part), groups.count < 8 else { return nil }
            groups.append(group)
            rest = rest[part.endIndex...]
            guard !rest.isEmpty else { break }
            rest = rest.dropFirst()
            if rest.first == UInt8(ascii: ":") {
                guard gap == nil else { return nil }
                gap = groups.count
                rest = rest.dropFirst()
            } else if rest.isEmpty {
                return nil
            }
        }
        guard let gap else { return groups.count == 8 ? groups : nil }
        guard groups.count < 8 else { return nil }
        groups.insert(contentsOf: [UInt16](repeating: 0, count: 8 - groups.count), at: gap)
        return groups
    }

    private static func group(_ text: ArraySlice<UInt8>) -> UInt16? {
        guard 1...4 ~= text.count else { return nil }
        var number: UInt16 = 0
        for byte in text {
            guard let digit = byte.hexadecimalValue else { return nil }
            number = number << 4 | UInt16(digit)
        }
        return number
    }

    /// As RFC 5952 wants it: lower case, the first of the longest runs of zeros left out.
    package var description: String {
        if let v4 {
            return [24, 16, 8, 0].map { String((v4 >> $0) & 0xFF) }.joined(separator: ".")
        }
        let groups = (0..<8).map { UInt16(truncatingIfNeeded: ($0 < 4 ? high : low) >> UInt64(48 - $0 % 4 * 16)) }
        var longest = 0..<0
        var start = 0
        for index in 0...8 where index == 8 || groups[index] != 0 {
            if index - start > longest.count { longest = start..<index }
            start = index + 1
        }
        func text(_ groups: ArraySlice<UInt16>) -> String {
            groups.map { String($0, radix: 16) }.joined(separator: ":")
        }
        guard longest.count > 1 else { return text(groups[...]) }
        return text(groups[..<longest.lowerBound]) + "::" + text(groups[longest.upperBound...])
    }
}

extension UInt8 {
    var isDigit: Bool { UInt8(ascii: "0")...UInt8(ascii: "9") ~= self }

    var hexadecimalValue: UInt8? {
        switch self {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): self - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): self - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): self - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
