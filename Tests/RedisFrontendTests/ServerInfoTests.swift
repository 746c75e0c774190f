import Testing

@testable import RedisFrontend

/// Clients are told whether a reply means that what it says is on disk.
@Suite("What the server says of its durability")
struct ServerInfoTests {
    @Test(arguments: [(false, "always", "durable"), (true, "everysec", "relaxed")])
    func durability(isRelaxed: Bool, appendFsync: String, name: String) async throws {
        var configuration = RedisConfiguration()
        configuration.isRelaxed = isRelaxed
        try await TestClient.connect(to: HandShards(), configuration) { client in
            try await client.send("CONFIG GET appendfsync", "CONFIG GET append*")
            let setting = "$11 appendfsync $\(appendFsync.utf8.count) \(appendFsync)"
            #expect(try await client.replies() == "*2 \(setting) *4 $10 appendonly $3 yes \(setting)")
            try await client.send("INFO")
            let info = try await client.reply()
            #expect(info.contains(" total_commands_processed:4 ") && info.contains(" total_connections_received:1 "))
            #expect(info.contains(" db0:keys="))
            #expect(info.contains(" durability:\(name) ") && info.contains(" aof_enabled:1 "))
        }
    }
}
