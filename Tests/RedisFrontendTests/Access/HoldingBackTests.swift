import AccessSupport
import ControlPlane
import NIOCore
import NIOEmbedded
import Testing

@testable import RedisFrontend

@Suite("Holding back")
struct HoldingBackTests {
    @Test("Who asks for more than its limits have is answered at once, and not read for a while")
    func held() async throws {
        let access = AccessPlace()
        try await access.addProject("p")
        try await access.addKey(1, of: "p", rate: Rate(requests: 10, seconds: 1, burst: 3))
        try await TestClient.connect(to: HandShards(), through: access) { client in
            try await client.send("ZCARD a", "ZCARD a")
            #expect(try await client.reply() == ":0 :0")
            let before = try await client.readCountAfterAsking()

            try await client.send("ZCARD a", "ZCARD a")
            #expect(try await client.reply().hasPrefix(":0 -RATELIMIT"))
            #expect(try await client.readCountAfterAsking() == before)
            await client.channel.testingEventLoop.advanceTime(by: .milliseconds(49))
            #expect(try await client.readCountAfterAsking() == before)
            await client.channel.testingEventLoop.advanceTime(by: .milliseconds(101))
            #expect(try await client.readCountAfterAsking() > before)
            #expect(client.isOpen)
        }
    }
}
