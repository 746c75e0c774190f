import Glibc

/// An address of IPv4 or IPv6, or all that begin with the same bits: `10.0.0.0/8`, `2001:db8::/32`.
enum AddressRange {
    /// What is wrong with the text; nil if nothing is.
    static func problem(with text: String) -> String? {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let bytes = bytes(of: String(parts[0])) else {
            return "An address of IPv4 or IPv6 is expected, or a range such as 10.0.0.0/8."
        }
        guard parts.count == 2 else { return nil }
        let digits = parts[1]
        guard (1...3).contains(digits.utf8.count),
            digits.utf8.allSatisfy((UInt8(ascii: "0")...UInt8(ascii: "9")).contains),
            digits.count == 1 || digits.first != "0", let bits = Int(digits), bits <= bytes.count * 8
        else { return "Behind the / stands a number of bits, 0 to \(bytes.count * 8)." }
        let isClean = (bits..<bytes.count * 8).allSatisfy { bytes[$0 / 8] & (0x80 >> UInt8($0 % 8)) == 0 }
        return isClean ? nil : "Bits behind the first \(bits) are set; a range begins with an address that has none."
    }

    private static func bytes(of text: String) -> [UInt8]? {
        // A zone names an interface of one machine, and a null byte would end the text for the C function.
        guard text.utf8.allSatisfy({ $0 != 0 && $0 != UInt8(ascii: "%") }) else { return nil }
        var four = in_addr()
        if inet_pton(AF_INET, text, &four) == 1 { return withUnsafeBytes(of: four) { Array($0) } }
        var sixteen = in6_addr()
        if inet_pton(AF_INET6, text, &sixteen) == 1 { return withUnsafeBytes(of: sixteen) { Array($0) } }
        return nil
    }
}
