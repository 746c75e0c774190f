import HTTPTypes
import NIOCore
import Testing

@testable import HTTPGateway

@Suite struct TrustedProxiesTests {
    @Test(
        "Addresses are read and written, those of version 4 the same in both forms",
        arguments: [
            ("192.0.2.1", "192.0.2.1"), ("::ffff:192.0.2.1", "192.0.2.1"), ("::ffff:c000:201", "192.0.2.1"),
            ("2001:DB8:0::1", "2001:db8::1"), ("::", "::"), ("0.0.0.0", "0.0.0.0"),
        ])
    func addresses(text: String, written: String) { #expect(IPAddress(text)?.description == written) }

    @Test(
        "What is no address is none",
        arguments: [
            "", "1.2.3", "1.2.3.4.5", "256.1.1.1", "1.2.3.4 ", "example", "fe80::1%eth0", "[::1]", "1.2.3.4:80",
        ])
    func noAddresses(text: String) { #expect(IPAddress(text) == nil) }

    @Test(
        "A range has the addresses that begin as it does",
        arguments: [
            ("10.0.0.0/8", "10.255.1.2", true), ("10.0.0.0/8", "11.0.0.0", false), ("10.0.0.1", "10.0.0.1", true),
            ("10.0.0.1", "10.0.0.2", false), ("0.0.0.0/0", "203.0.113.9", true), ("0.0.0.0/0", "2001:db8::1", false),
            ("::/0", "203.0.113.9", true), ("2001:db8::/32", "2001:db8:ffff::1", true),
            ("2001:db8::/32", "2001:db9::1", false), ("2001:db8::/65", "2001:db8::8000:0:0:0", false),
            ("2001:db8::/65", "2001:db8::7000:0:0:0", true), ("::ffff:10.0.0.0/104", "10.9.9.9", true),
        ])
    func ranges(range: String, address: String, isIn: Bool) throws {
        #expect(try #require(IPRange(range)).contains(#require(IPAddress(address))) == isIn)
    }

    @Test(
        "What is no range is none",
        arguments: ["10.0.0.0/33", "::/129", "10.0.0.0/", "10.0.0.0/-1", "/8", "10.0.0.0/8/8"])
    func noRanges(text: String) { #expect(IPRange(text) == nil) }

    private let proxies = TrustedProxies([IPRange("10.0.0.0/8")!, IPRange("2001:db8:1::/48")!])

    private func client(_ peer: String, forwardedFor: String? = nil, forwarded: String? = nil) -> String? {
        var headers = HTTPFields()
        headers[.forwardedFor] = forwardedFor
        headers[.forwarded] = forwarded
        return proxies.client(of: IPAddress(peer), headers)?.description
    }

    @Test("Only a trusted peer is believed")
    func untrusted() {
        #expect(client("203.0.113.7", forwardedFor: "198.51.100.1") == "203.0.113.7")
        #expect(client("203.0.113.7", forwarded: "for=198.51.100.1") == "203.0.113.7")
        #expect(client("10.0.0.1", forwardedFor: "198.51.100.1") == "198.51.100.1")
        #expect(client("10.0.0.1") == "10.0.0.1")
        #expect(
            TrustedProxies().client(of: IPAddress("10.0.0.1"), [.forwardedFor: "1.2.3.4"])?.description == "10.0.0.1")
    }

    @Test(
        "The list is read from its end, to the first that is no trusted proxy",
        arguments: [
            ("1.1.1.1, 198.51.100.1", "198.51.100.1"), ("1.1.1.1, 198.51.100.1, 10.0.0.2", "198.51.100.1"),
            ("10.0.0.3,10.0.0.2", "10.0.0.3"), ("1.1.1.1, nonsense, 10.0.0.2", "10.0.0.2"), ("nonsense", "10.0.0.1"),
            ("", "10.0.0.1"), ("198.51.100.1:4711", "198.51.100.1"), ("[2001:db8::7]:80", "2001:db8::7"),
            ("2001:db8::7, 2001:db8:1::9", "2001:db8::7"), ("1.1.1.1\t, \t198.51.100.1", "198.51.100.1"),
            ("198.51.100.1,", "10.0.0.1"),
        ])
    func list(header: String, expected: String) { #expect(client("10.0.0.1", forwardedFor: header) == expected) }

    @Test(
        "Forwarded says the same in its own way",
        arguments: [
            ("for=198.51.100.1", "198.51.100.1"), ("for=1.1.1.1, For=198.51.100.1;proto=https;by=x", "198.51.100.1"),
            (#"for="[2001:db8::7]:4711""#, "2001:db8::7"), ("for=unknown", "10.0.0.1"), ("for=_hidden", "10.0.0.1"),
            ("proto=https", "10.0.0.1"), ("for=1.1.1.1;for=2.2.2.2", "10.0.0.1"),
            (#"for="198.51.100.1""#, "198.51.100.1"),
        ])
    func forwarded(header: String, expected: String) { #expect(client("10.0.0.1", forwarded: header) == expected) }

    @Test("Where both are there and differ, one was made up by the client: neither is believed")
    func both() {
        #expect(client("10.0.0.1", forwardedFor: "1.1.1.1", forwarded: "for=1.1.1.1") == "1.1.1.1")
        #expect(client("10.0.0.1", forwardedFor: "1.1.1.1", forwarded: "for=2.2.2.2") == "10.0.0.1")
    }
}
