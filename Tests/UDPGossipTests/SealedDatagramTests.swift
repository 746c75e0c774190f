import Gossip
import NIOCore
import TestSupport
import Testing

@testable import UDPGossip

/// What protects packets on their way.
@Suite("Sealed datagrams")
struct SealedDatagramTests {
    private let keys = GossipKeyRing([.made(1), .made(2)], sendingBy: 2)!
    private let cluster = Array("games".utf8)
    private let packet: [UInt8] = [1, 2, 3]

    private func open(_ datagram: [UInt8]) -> Result<[UInt8], SealedDatagram.Problem> {
        do throws(SealedDatagram.Problem) {
            return .success(try SealedDatagram.open(datagram, with: keys, cluster: cluster))
        } catch { return .failure(error) }
    }

    @Test("What was sealed by any key of the ring opens, and costs 33 bytes")
    func roundTrip() {
        for id in UInt32(1)...2 {
            let datagram = SealedDatagram.seal(packet, with: .made(id), cluster: cluster)
            #expect(datagram.count == packet.count + SealedDatagram.overheadBytes)
            #expect(open(datagram) == .success(packet))
        }
        #expect(open(SealedDatagram.seal([], with: .made(1), cluster: cluster)) == .success([]))
        #expect(GossipSettings().packetBytesMax + SealedDatagram.overheadBytes <= SealedDatagram.bytesMax)
    }

    @Test("A golden datagram opens")
    func golden() {
        let datagram: [UInt8] = [
            1, 1, 0, 0, 0, 245, 140, 252, 180, 204, 37, 195, 136, 27, 56, 146, 61, 151, 100, 236, 153, 240, 216, 71,
            158, 24, 5,
            82, 216, 155, 137, 14, 42, 125, 56, 154,
        ]
        #expect(open(datagram) == .success(packet))
    }

    @Test("Datagrams of other keys, clusters and versions, and changed or cut ones, do not open")
    func refusals() {
        let datagram = SealedDatagram.seal(packet, with: .made(1), cluster: cluster)
        #expect(open(SealedDatagram.seal(packet, with: .made(3), cluster: cluster)) == .failure(.unknownKey))
        let impostor = GossipKey(id: 1, secret: [UInt8](repeating: 9, count: 32))!
        #expect(open(SealedDatagram.seal(packet, with: impostor, cluster: cluster)) == .failure(.notAuthentic))
        #expect(open(SealedDatagram.seal(packet, with: .made(1), cluster: [])) == .failure(.notAuthentic))
        #expect(open(Array(datagram.prefix(32))) == .failure(.truncated))
        #expect(open([2] + datagram.dropFirst()) == .failure(.unknownVersion))
        #expect(open(datagram + [UInt8](repeating: 0, count: 1400)) == .failure(.tooLong))
        for index in 5..<datagram.count {
            var changed = datagram
            changed[index] ^= 1
            #expect(open(changed) == .failure(.notAuthentic))
        }
    }

    @Test("No bytes do harm", arguments: 0..<10)
    func anyBytes(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        for _ in 0..<100 {
            let datagram = [1, 1, 0, 0, 0] + (0..<random.below(100)).map { _ in UInt8(random.below(256)) }
            if case .success = open(datagram) { Issue.record("seed \(seed)") }
        }
    }

    @Test("Keys have 32 bytes, rings at most 8 of them, with different numbers, among them that to send by")
    func rings() {
        #expect(GossipKey(id: 1, secret: [1]) == nil)
        #expect(GossipKeyRing([.made(1)], sendingBy: 2) == nil)
        #expect(GossipKeyRing([.made(1), .made(1)], sendingBy: 1) == nil)
        #expect(GossipKeyRing((1...8).map { .made($0) }, sendingBy: 8) != nil)
        #expect(GossipKeyRing((1...9).map { .made($0) }, sendingBy: 9) == nil)
    }

    @Test("Addresses of both families become endpoints and come back", arguments: ["10.1.2.3", "2001:db8::7", "::1"])
    func endpoints(host: String) throws {
        let address = try SocketAddress(ipAddress: host, port: 7946)
        let endpoint = try #require(Endpoint(address))
        #expect(endpoint.socketAddress == address)
        #expect((endpoint.ipv4 != nil) == host.contains("."))
        #expect(Endpoint(try SocketAddress(unixDomainSocketPath: "/x")) == nil)
    }
}

extension GossipKey {
    /// Made of its number.
    static func made(_ id: UInt32) -> GossipKey { GossipKey(id: id, secret: [UInt8](repeating: UInt8(id), count: 32))! }
}
