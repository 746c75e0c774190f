import Admission
import HTTPTypes
import NIOCore
import Testing

@testable import HTTPGateway

@Suite struct TrustedProxiesTests {
    private let proxies = TrustedProxies([try! AddressRange("10.0.0.0/8"), try! AddressRange("2001:db8:1::/48")])

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
