import Testing

@testable import RedisFrontend

@Suite("The map of slots")
struct ClusterMapTests {
    @Test(
        "Slots are those of Redis Cluster, by the part in braces if there is one",
        arguments: [
            ("123456789", 12739), ("foo", 12182), ("{user1000}.following", 3443), ("{user1000}.followers", 3443),
            ("foo{}{bar}", 8363), ("foo{{bar}}zap", 4015), ("", 0),
        ])
    func slots(key: String, slot: Int) { #expect(ClusterMap.slot(of: key.utf8) == slot) }

    @Test("Every slot has one node, whatever their number", arguments: [1, 2, 3, 7, 20_000])
    func division(count: Int) {
        let members = (1...count).reversed().map { ClusterMap.Member(number: UInt64($0), host: "h", port: $0) }
        let map = ClusterMap(members, me: 1)
        var next = 0
        for index in map.members.indices {
            #expect(map.slots(of: index).lowerBound == next)
            next = map.slots(of: index).upperBound
        }
        #expect(next == ClusterMap.slotCount)
        #expect(map.members.map(\.number) == (1...count).map { UInt64($0) })
    }

    @Test("A node's number becomes 40 digits")
    func ids() {
        let member = ClusterMap.Member(number: .max, host: "h", port: 1)
        #expect(member.id == String(repeating: "0", count: 24) + "ffffffffffffffff")
    }

    @Test("A node that is alone answers as a Redis that is in no cluster")
    func alone() async throws {
        try await TestClient.connect(to: HandShards()) { client in
            for command in ["CLUSTER INFO", "READONLY", "READWRITE"] {
                try await client.send(command)
                let reply = try await client.reply()
                #expect(reply == "-ERR This instance has cluster support disabled")
            }
        }
    }
}
