import Admission
import Glibc
import TestSupport
import Testing

@Suite("IP addresses")
struct IPAddressTests {
    /// What the C library reads.
    private func reference(_ text: String) -> IPAddress? {
        var bytes = [UInt8](repeating: 0, count: 16)
        if inet_pton(AF_INET, text, &bytes) == 1 { return IPAddress(bytes: bytes.prefix(4)) }
        if inet_pton(AF_INET6, text, &bytes) == 1 { return IPAddress(bytes: bytes) }
        return nil
    }

    private func reference(_ address: IPAddress) -> String {
        let bytes = address.isV4 ? Array(address.bytes.suffix(4)) : address.bytes
        var text = [CChar](repeating: 0, count: 64)
        _ = inet_ntop(address.isV4 ? AF_INET : AF_INET6, bytes, &text, 64)
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    @Test(
        "texts that are no address are refused",
        arguments: [
            "", "1", "1.2.3", "1.2.3.4.5", "1.2.3.256", "1.2.3.", ".1.2.3", "01.2.3.4", "1.2.3.4 ", " 1.2.3.4",
            "0x1.2.3.4",
            "1.2.3.4:80", ":", ":::", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7:8:", ":1:2:3:4:5:6:7:8",
            "1::2::3",
            "12345::", "g::", "::1.2.3", "1.2.3.4::", "::1.2.3.4:5", "fe80::1%eth0", "[::1]", "1:2:3:4:5:6:7:1.2.3.4",
            "::ffff:1.2.3.04",
            "1:2:3:4::5:6:7:8", "1.2.3.１", "0000:0000:0000:0000:0000:ffff:255.255.255.2555",
            String(repeating: ":", count: 10_000),
        ])
    func malformed(text: String) {
        #expect(IPAddress(text) == nil)
        #expect(reference(text) == nil)
    }

    @Test(
        "addresses are read in all their forms and written in one",
        arguments: [
            ("0.0.0.0", "0.0.0.0"), ("255.255.255.255", "255.255.255.255"), ("::", "::"), ("::1", "::1"),
            ("1::", "1::"),
            ("2001:DB8:0:0:1:0:0:1", "2001:db8::1:0:0:1"), ("1:0:0:2:0:0:0:3", "1:0:0:2::3"),
            ("1:0:2:3:4:5:6:7", "1:0:2:3:4:5:6:7"),
            ("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"), ("::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"),
            ("::ffff:1.2.3.4", "1.2.3.4"),
            ("::FFFF:102:304", "1.2.3.4"), ("0:0:0:0:0:ffff:1.2.3.4", "1.2.3.4"),
            ("64:ff9b::1.2.3.4", "64:ff9b::102:304"),
            ("0000:0000:0000:0000:0000:ffff:255.255.255.255", "255.255.255.255"),
        ])
    func forms(text: String, written: String) throws {
        let address = try #require(IPAddress(text))
        #expect(address == reference(text))
        #expect(address.description == written)
        #expect(IPAddress(written) == address)
    }

    @Test("random addresses are written as the C library writes them, and read back")
    func random() throws {
        var random = SplitMix64(seed: 1)
        for _ in 0..<5000 {
            // Many zeros, so that there are runs of them. A first group keeps away from `::1.2.3.4`, which C writes so.
            let groups = (0..<8).map { _ in random.chance(2) ? 0 : random.next() & 0xFFFF >> UInt64(random.below(16)) }
            let high = groups[..<4].reduce(0) { $0 << 16 | $1 } | 1 << 60
            let address =
                random.chance(3)
                ? IPAddress(v4: UInt32(truncatingIfNeeded: random.next()))
                : IPAddress(high: high, low: groups[4...].reduce(0) { $0 << 16 | $1 })
            #expect(address.description == reference(address))
            #expect(IPAddress(address.description) == address)
            #expect(IPAddress(bytes: address.bytes) == address)
        }
    }

    @Test("whatever is made of an address's characters is read, or refused, as the C library does", arguments: 0..<4)
    func madeUp(seed: Int) {
        var random = SplitMix64(seed: UInt64(seed))
        let pieces = ["1", "0", "ff", "255", "256", "1.2.3.4", "ffff", ":", ":", ":", "::", ".", "."]
        var readCount = 0
        for _ in 0..<20_000 {
            let text = (0..<1 + random.below(16)).map { _ in random.pick(pieces) }.joined()
            #expect(IPAddress(text) == reference(text), "\(text)")
            if IPAddress(text) != nil { readCount += 1 }
        }
        #expect(readCount > 100)
    }

    @Test("a client of version 4 is the same by whichever socket he comes, and of version 6 he is his /64")
    func limited() throws {
        let plain = try #require(IPAddress("192.0.2.1"))
        #expect(IPAddress("::ffff:192.0.2.1") == plain && plain.isV4 && plain.v4 == 0xC000_0201)
        #expect(plain.limited == plain)
        let first = try #require(IPAddress("2001:db8:1:2:3:4:5:6"))
        #expect(first.limited == IPAddress("2001:db8:1:2::"))
        #expect(first.limited == IPAddress("2001:db8:1:2:ffff::1")?.limited)
        #expect(first.limited != IPAddress("2001:db8:1:3::")?.limited)
        #expect(IPAddress(bytes: [1, 2, 3]) == nil)
    }
}
