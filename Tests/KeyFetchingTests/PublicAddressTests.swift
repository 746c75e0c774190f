import Admission
import NIOCore
import Tenancy
import Testing

@testable import KeyFetching

@Suite struct PublicAddressTests {
    @Test(
        "Addresses that lead to ourselves, to neighbours or nowhere are not public, in whatever form they come",
        arguments: [
            "0.0.0.0", "10.0.0.1", "100.64.0.1", "127.0.0.1", "127.255.255.255", "169.254.169.254", "172.16.0.1",
            "172.31.255.255", "192.0.0.1", "192.168.1.1", "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255",
            "::", "::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::10.0.0.1",
            "64:ff9b:1::1", "2002:7f00:1::", "2002:a9fe:a9fe::1", "2001::1", "2001:db8::1", "fc00::1", "fd00:ec2::254",
            "fe80::1", "ff02::1", "3fff::1",
        ])
    func inner(text: String) throws { #expect(!(try #require(IPAddress(text))).isPublic) }

    @Test(
        "Others are public",
        arguments: [
            "1.1.1.1", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "172.15.0.1", "172.32.0.1",
            "192.0.1.1", "198.20.0.1", "223.255.255.255", "2606:4700::1111", "2a00:1450::1", "64:ff9b::1.1.1.1",
            "2002:101:101::1",
        ])
    func outer(text: String) throws { #expect((try #require(IPAddress(text))).isPublic) }

    @Test("A host is connected to at the address that was looked at, and only if it is public")
    func resolving() async throws {
        let url = try #require(KeySetURL("https://studio.example/keys"))
        func fetcher(_ address: String) -> HTTPKeySetFetcher {
            HTTPKeySetFetcher { _, port in try SocketAddress(ipAddress: address, port: port) }
        }
        #expect(try await fetcher("1.1.1.1").publicAddress(of: url) == "1.1.1.1")
        #expect(try await fetcher("2606:4700::1111").publicAddress(of: url) == "2606:4700::1111")
        for address in ["127.0.0.1", "::ffff:10.0.0.1", "fd00:ec2::254"] {
            await #expect(throws: KeySetFetchError.addressNotPublic) {
                try await fetcher(address).publicAddress(of: url)
            }
        }
    }

    @Test(
        "Nothing is sent to a host of this machine, by whatever name",
        arguments: ["localhost", "127.0.0.1", "2130706433", "0x7f000001", "127.1"])
    func ourselves(host: String) async throws {
        let url = try #require(KeySetURL("https://\(host):8443/keys"))
        await #expect(throws: KeySetFetchError.self) {
            try await HTTPKeySetFetcher().fetch(url, byteCountMax: 1000)
        }
    }
}
