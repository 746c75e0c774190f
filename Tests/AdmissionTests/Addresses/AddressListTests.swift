import Admission
import TestSupport
import Testing

@Suite("Address lists")
struct AddressListTests {
    private func range(_ text: String) -> AddressRange { try! AddressRange(text) }
    private func address(_ text: String) -> IPAddress { IPAddress(text)! }

    @Test(
        "a text that is no range is refused with its reason",
        arguments: [
            ("", AddressRangeProblem.address), ("10.0.0", .address), ("/8", .address), ("10.0.0.0/33", .prefixLength),
            ("::/129", .prefixLength), ("10.0.0.0/", .prefixLength), ("10.0.0.0/08", .prefixLength),
            ("10.0.0.0/+8", .prefixLength),
            ("10.0.0.0/8/8", .prefixLength), ("10.1.0.0/8", .bitsBeyondPrefix), ("2001:db8::1/64", .bitsBeyondPrefix),
            ("::ffff:10.0.0.0/8", .bitsBeyondPrefix), ("::ffff:10.0.0.0/129", .prefixLength),
            ("10.0.0.0/9999999999999999999", .prefixLength),
        ])
    func malformed(text: String, problem: AddressRangeProblem) {
        #expect(throws: problem) { try AddressRange(text) }
        #expect(!problem.description.isEmpty)
    }

    @Test(
        "a range has its first and last address and nothing outside",
        arguments: [
            ("10.0.0.0/8", "10.0.0.0", "10.255.255.255", ["9.255.255.255", "11.0.0.0", "::a00:1"]),
            ("192.0.2.7", "192.0.2.7", "192.0.2.7", ["192.0.2.6", "192.0.2.8"]),
            ("0.0.0.0/0", "0.0.0.0", "255.255.255.255", ["::", "::1", "::1:0:0:0"]),
            ("::/0", "::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", ["10.0.0.1", "0.0.0.0"]),
            ("2001:db8::/33", "2001:db8::", "2001:db8:7fff:ffff:ffff:ffff:ffff:ffff", ["2001:db8:8000::"]),
            ("2001:db8::/65", "2001:db8::", "2001:db8::7fff:ffff:ffff:ffff", ["2001:db8:0:0:8000::"]),
            ("::ffff:10.0.0.0/104", "10.0.0.0", "10.255.255.255", ["11.0.0.0"]),
        ])
    func edges(text: String, first: String, last: String, outside: [String]) throws {
        let range = range(text)
        #expect(range.first == address(first) && range.last == address(last))
        #expect(range.contains(range.first) && range.contains(range.last))
        for other in outside { #expect(!range.contains(address(other)), "\(other)") }
        #expect(try AddressRange(range.description) == range)
        let list = try AddressList(allow: [range])
        #expect(list.verdict(for: range.last) == .admitted)
        for other in outside { #expect(list.verdict(for: address(other)) == .notAllowed, "\(other)") }
    }

    @Test("without lists everybody may come; an allow list shuts all others out; the deny list wins")
    func rules() throws {
        #expect(AddressList.everybody.verdict(for: address("203.0.113.9")) == .admitted)
        let list = try AddressList(
            allow: [range("10.0.0.0/8"), range("2001:db8::/32")],
            deny: [range("10.1.0.0/16"), range("198.51.100.0/24")])
        #expect(list.verdict(for: address("10.0.0.1")) == .admitted)
        #expect(list.verdict(for: address("::ffff:10.0.0.1")) == .admitted)
        #expect(list.verdict(for: address("10.1.2.3")) == .denied)
        #expect(list.verdict(for: address("198.51.100.1")) == .denied)
        #expect(list.verdict(for: address("203.0.113.9")) == .notAllowed)
        #expect(list.verdict(for: address("2001:db8::1")) == .admitted)
        let denying = try AddressList(deny: [range("2001:db8::/64")])
        #expect(denying.verdict(for: address("2001:db8::1")) == .denied)
        #expect(denying.verdict(for: address("2001:db8:0:1::1")) == .admitted)
        #expect(denying.verdict(for: address("203.0.113.9")) == .admitted)
    }

    @Test("a list of 10,000 ranges answers as a look at each one does; one more is refused")
    func most() throws {
        var random = SplitMix64(seed: 3)
        func someRange() throws -> AddressRange {
            // Crowded, so that ranges lie in and beside each other.
            if random.chance(2) {
                let length = 16 + random.below(17)
                let bits =
                    (0x0A00_0000 | UInt32(truncatingIfNeeded: random.next()) & 0x00FF_FFFF) & ~(UInt32.max >> length)
                return try AddressRange(IPAddress(v4: bits), prefixLength: length)
            }
            let length = 50 + random.below(15)
            let high = (0x2001_0DB8_0000_0000 | random.next() & 0xFFFF_FFFF) & ~(UInt64.max >> UInt64(length))
            return try AddressRange(IPAddress(high: high, low: 0), prefixLength: length)
        }
        let ranges = try (0..<AddressList.rangeCountMax).map { _ in try someRange() }
        let small = Array(ranges.prefix(200))
        let list = try AddressList(allow: small)
        var admittedCount = 0
        for _ in 0..<3000 {
            let near = random.pick(small)
            let address = random.pick([
                near.first, near.last, IPAddress(high: near.first.high, low: near.first.low &- 1),
                IPAddress(high: near.last.high, low: near.last.low &+ 1), try someRange().first,
            ])
            let isAdmitted = small.contains { $0.contains(address) }
            #expect(list.verdict(for: address) == (isAdmitted ? .admitted : .notAllowed), "\(address)")
            if isAdmitted { admittedCount += 1 }
        }
        #expect(500...2900 ~= admittedCount)
        let full = try AddressList(allow: ranges, deny: ranges)
        #expect(full.verdict(for: ranges[9999].first) == .denied)
        #expect(throws: AddressListProblem.tooManyRanges) { try AddressList(allow: ranges + [ranges[0]]) }
        #expect(throws: AddressListProblem.tooManyRanges) { try AddressList(deny: ranges + [ranges[0]]) }
    }
}
